// Verifies signed notices with the published Standard Webhooks library. It must accept them as they
// are, and refuse them after a change of one byte of the body, the id or the time.
//
// Usage, from this folder:
//   npm ci
//   RETAINER_SIGNED=DIR PATH/TO/sinks_test --gtest_filter='SignedMessageTest.*'
//   node check.mjs DIR
//
// DIR has one request per file. Exit codes: 0 all pass, 1 some fail (each is named), 2 wrong usage.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";

const dir = process.argv[2];
if (!dir) {
  console.error("usage: node check.mjs DIR");
  process.exit(2);
}

const wrong = [];

function refuses(webhook, body, headers) {
  try {
    webhook.verify(body, headers);
    return false;
  } catch {
    return true;
  }
}

const names = readdirSync(dir).sort();
if (names.length < 2) wrong.push(`only ${names.length} requests were written`);
for (const name of names) {
  const { secret, headers, body } = JSON.parse(readFileSync(join(dir, name), "utf8"));
  const webhook = new Webhook(secret);
  try {
    const payload = webhook.verify(body, headers);
    if (payload.version !== 1 || payload.type !== "notice.breach") {
      wrong.push(`${name}: reads as ${JSON.stringify(payload)}`);
    }
  } catch (error) {
    wrong.push(`${name}: ${error.message}`);
  }
  if (!refuses(webhook, body.replace("acme", "acmf"), headers)) wrong.push(`${name}: another body`);
  if (!refuses(webhook, body, { ...headers, "webhook-id": headers["webhook-id"] + "x" })) {
    wrong.push(`${name}: another id`);
  }
  const later = String(Number(headers["webhook-timestamp"]) + 1);
  if (!refuses(webhook, body, { ...headers, "webhook-timestamp": later })) {
    wrong.push(`${name}: another time`);
  }
  const other = new Webhook(Buffer.from("another key of thirty-two bytes!").toString("base64"));
  if (!refuses(other, body, headers)) wrong.push(`${name}: another secret`);
}
for (const what of wrong) console.error(what);
if (wrong.length > 0) process.exit(1);
console.log(`${names.length} signed notices read`);
