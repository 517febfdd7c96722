// Goes through joining in Chromium. Arguments: the link, who signs in, a link that does not work.
// Fails on anything that the browser reports: a blocked style, a script, a form that is refused.
import { chromium } from "playwright-core";
import { strict as assert } from "node:assert";
import { look } from "./look.mjs";

const [link, login, dead] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});

try {
  const context = await browser.newContext();
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => {
    const refused = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !refused) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));

  const gone = await page.goto(dead);
  assert.equal(gone.status(), 404);
  await look(page, "dead");

  const first = await page.goto(link);
  assert.equal(first.status(), 200);
  assert.match(await page.textContent("h1"), /^Become a contact of /);
  await look(page, "invitation");
  await page.getByRole("link", { name: "Sign in with github" }).click();
  await page.getByRole("button", { name: `Continue as ${login}` }).click();
  await page.waitForURL(link);
  await look(page, "confirm");
  const cookies = await context.cookies(link);
  const session = cookies.find((cookie) => cookie.name === "retainer");
  assert(session?.httpOnly && session.sameSite === "Lax", "the session's cookie");
  await page.getByRole("button", { name: `Become a contact as github:${login}` }).click();
  await page.waitForURL(/\/joined$/);
  await look(page, "joined");
  await page.getByRole("button", { name: "Sign out" }).click();
  assert.match(await page.textContent("h1"), /signed out/);
  assert.equal((await page.goto(new URL("/joined", link).href)).status(), 403);
  assert.deepEqual(complaints, []);
  await context.close();
  console.log("joined in a browser");
} finally {
  await browser.close();
}
