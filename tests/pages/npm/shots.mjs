// Takes the two screenshots of the README: the desk and a customer's page, in light. Arguments: an
// admin link of a demo that runs, the login of a contact at the sandbox, and the folder to put them.
import { chromium } from "playwright-core";
import { strict as assert } from "node:assert";

const [link, contact, folder] = process.argv.slice(2);
const origin = new URL(link).origin;
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const window = { colorScheme: "light", viewport: { width: 1100, height: 760 } };

try {
  const desk = await (await browser.newContext(window)).newPage();
  await desk.goto(link);
  assert.equal(new URL(desk.url()).pathname, "/desk");
  await desk.screenshot({ path: `${folder}/desk.png` });

  const own = await (await browser.newContext(window)).newPage();
  await own.goto(`${origin}/my`);
  await own.getByRole("link", { name: "Sign in with github" }).click();
  await own.getByRole("button", { name: `Continue as ${contact}` }).click();
  await own.waitForURL(`${origin}/my`);
  await own.screenshot({ path: `${folder}/my.png` });
} finally {
  await browser.close();
}
