// Compares the requests that Retainer can send to GitHub with GitHub's published OpenAPI
// description: the path matches one of its templates with this method; the body has only members of
// its schema, and all required ones; each status that we handle is documented.
//
// Usage, from this folder:
//   npm ci
//   RETAINER_REQUEST_SHAPES=shapes.jsonl PATH/TO/forge_test --gtest_filter='RequestShapesTest.*'
//   node check.mjs shapes.jsonl
//
// The file has one JSON object per line: {forge, method, path, status, keys}. Only those of
// `github` are checked (GitLab's are compared with a table in request_shapes_test.cc). Exit codes:
// 0 all pass, 1 some fail (each is named), 2 wrong usage or an unreadable file.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

// Statuses that GitHub sends although its description lacks them, each with the reason to handle
// it.
const undocumented = new Map([
  ["DELETE /repos/{owner}/{repo}/issues/comments/{comment_id} 404",
   "a comment that somebody deleted before us counts as deleted"],
  ["POST /repos/{owner}/{repo}/issues/{issue_number}/assignees 422",
   "logins that cannot be assigned are passed over"],
]);

function fail(message) {
  console.error(message);
  process.exit(2);
}

const file = process.argv[2];
if (!file) fail("usage: node check.mjs SHAPES.jsonl");

let description;
let shapes;
try {
  const require = createRequire(import.meta.url);
  description = JSON.parse(
    readFileSync(require.resolve("@octokit/openapi/generated/api.github.com.json"), "utf8"));
} catch (error) {
  fail(`GitHub's description cannot be read: run npm ci in this folder first (${error.code})`);
}
try {
  shapes = readFileSync(file, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
} catch (error) {
  fail(`${file} cannot be read: ${error.message}`);
}
shapes = shapes.filter((shape) => shape.forge === "github");
if (shapes.length === 0) fail(`${file} holds no request to GitHub`);

function resolve(node) {
  while (node && node.$ref) {
    node = node.$ref.slice(2).split("/").reduce((at, key) => at[key], description);
  }
  return node;
}

// The matching template; the one with the most literal segments wins.
function templateOf(path, method) {
  const have = path.split("/");
  let best = null;
  for (const [template, item] of Object.entries(description.paths)) {
    const want = template.split("/");
    if (want.length !== have.length || !item[method]) continue;
    let literal = 0;
    const fits = want.every((segment, i) => {
      if (segment.startsWith("{")) return have[i] !== "";
      literal += 1;
      return segment === have[i];
    });
    if (fits && (!best || literal > best.literal)) best = { template, item, literal };
  }
  return best;
}

// All object schemas that a body may have.
function alternatives(schema) {
  schema = resolve(schema);
  if (!schema) return [];
  const list = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])];
  const inner = list.flatMap(alternatives);
  // `anyOf` beside `properties` only says which members must come together.
  if (schema.properties) return [schema];
  return inner;
}

function bodyTrouble(operation, keys) {
  const body = resolve(operation.requestBody);
  if (!body) return keys.length > 0 ? "takes no body" : null;
  if (keys.length === 0) return body.required ? "needs a body" : null;
  const schemas = alternatives(body.content?.["application/json"]?.schema);
  const troubles = schemas.map((schema) => {
    const unknown = keys.filter((key) => !(key in schema.properties));
    const missing = (schema.required ?? []).filter((key) => !keys.includes(key));
    if (unknown.length > 0) return `knows no member ${unknown.join(", ")}`;
    if (missing.length > 0) return `needs the member ${missing.join(", ")}`;
    return null;
  });
  if (troubles.length === 0) return "takes no object";
  return troubles.includes(null) ? null : troubles[0];
}

const troubles = [];
const used = new Set();
for (const { method, path, status, keys } of shapes) {
  const found = templateOf(path, method.toLowerCase());
  if (!found) {
    troubles.push(`${method} ${path}: GitHub documents no such call`);
    continue;
  }
  const operation = found.item[method.toLowerCase()];
  const trouble = bodyTrouble(operation, keys);
  if (trouble) troubles.push(`${method} ${found.template}: ${trouble}`);
  if (operation.responses[String(status)]) continue;
  const key = `${method} ${found.template} ${status}`;
  if (undocumented.has(key)) {
    used.add(key);
  } else {
    troubles.push(`${key}: GitHub documents only ${Object.keys(operation.responses).join(", ")}`);
  }
}
for (const key of undocumented.keys()) {
  if (!used.has(key)) troubles.push(`${key}: is allowed here, but nothing sends it any more`);
}

for (const trouble of troubles) console.error(trouble);
console.log(`${shapes.length} requests to GitHub, ${troubles.length} in trouble`);
process.exit(troubles.length === 0 ? 0 : 1);
