// Goes through the desk and a customer's pages in Chromium: without script, in light and dark, at
// 360 and 1440 pixels, with the keyboard alone, and with axe-core. Arguments: an admin link, and the
// login of a private customer's contact at the sandbox.
import { chromium } from "playwright-core";
import axe from "axe-core";
import { strict as assert } from "node:assert";
import { look } from "./look.mjs";

const [link, contact] = process.argv.slice(2);
const origin = new URL(link).origin;
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const complaints = [];

function listen(page) {
  page.on("console", (message) => {
    const refused = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !refused) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
}

// The same visitor with scripts and without our content security policy, for axe-core alone.
async function audit(context, url, name) {
  const other = await browser.newContext({
    bypassCSP: true,
    storageState: await context.storageState(),
  });
  const page = await other.newPage();
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [360, 1440]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      await page.goto(url);
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(() =>
        window.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }),
      );
      const found = violations.map(
        (one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`,
      );
      assert.deepEqual(found, [], `${name}, ${colorScheme}, ${width}`);
    }
  }
  await other.close();
}

async function visit(context, page, path, name) {
  const answer = await page.goto(new URL(path, origin).href);
  assert.equal(answer.status(), 200, path);
  await look(page, name);
  await audit(context, page.url(), name);
}

// Tabs to an element. Every stop on the way can be seen to have the focus.
async function tabTo(page, selector) {
  for (let i = 0; i < 200; i += 1) {
    await page.keyboard.press("Tab");
    const [there, outline] = await page.evaluate((wanted) => {
      const element = document.activeElement;
      return [element?.matches(wanted) ?? false, getComputedStyle(element).outlineStyle];
    }, selector);
    assert.notEqual(outline, "none", `the focus cannot be seen before ${selector}`);
    if (there) return;
  }
  assert.fail(`the keyboard does not reach ${selector}`);
}

try {
  // ---- Those who answer
  const desk = await browser.newContext({ javaScriptEnabled: false });
  const page = await desk.newPage();
  listen(page);
  await page.goto(link);
  assert.equal(new URL(page.url()).pathname, "/desk");
  assert.equal((await (await browser.newContext()).newPage().then((p) => p.goto(link))).status(), 404);
  await visit(desk, page, "/desk", "desk");
  const tickets = await page.$$eval("table.lines th[scope=row] a", (links) =>
    links.map((one) => one.getAttribute("href")),
  );
  assert(tickets.length > 0, "the desk has tickets");
  for (const list of ["late", "today", "risk", "asked", "waiting", "community"]) {
    assert.equal((await page.goto(`${origin}/desk?list=${list}`)).status(), 200);
    await look(page, `desk-${list}`);
  }
  const csv = await page.request.get(`${origin}/desk/tickets.csv`);
  assert.match(csv.headers()["content-type"], /^text\/csv/);
  let acted = "";
  for (const [number, address] of tickets.slice(0, 4).entries()) {
    await visit(desk, page, address, `ticket-${number}`);
    if (acted === "" && (await page.$("select[name=priority]"))) acted = address;
  }
  await visit(desk, page, "/desk/customers", "customers");
  const customers = await page.$$eval("table.lines th[scope=row] a", (links) =>
    links.map((one) => one.getAttribute("href")),
  );
  for (const [number, address] of customers.slice(0, 2).entries()) {
    await visit(desk, page, address, `customer-${number}`);
  }
  await page.getByRole("button", { name: "Make a link to join" }).click();
  assert.match(await page.textContent("p.note"), /\/join\//);
  await look(page, "invited");
  await page.goto(new URL(customers[1], origin).href);
  await page.getByRole("button", { name: /^Withdraw the link/ }).first().click();
  await page.waitForURL(/done=1$/);
  await visit(desk, page, "/desk/system", "system");

  // The keyboard alone: a priority, and that we wait.
  assert.notEqual(acted, "", "a ticket that a customer claims");
  await page.setViewportSize({ width: 1440, height: 800 });
  await page.goto(new URL(acted, origin).href);
  await tabTo(page, "select[name=priority]");
  await page.keyboard.press("Home");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL(/done=1$/);
  assert.match(await page.textContent("[role=status]"), /It is done/);
  await look(page, "acted");
  for (const name of ["There is a workaround", "We wait for the customer", "We wait no more"]) {
    const button = page.getByRole("button", { name });
    if ((await button.count()) === 0) continue;
    await button.click();
    await page.waitForURL(/done=1$/);
  }
  await page.getByRole("button", { name: "Sign out" }).click();
  assert.match(await page.textContent("h1"), /signed out/);
  assert.equal((await page.goto(`${origin}/desk`)).status(), 403);
  await look(page, "sign-in");
  await desk.close();

  // ---- A private customer
  const my = await browser.newContext({ javaScriptEnabled: false });
  const own = await my.newPage();
  listen(own);
  await own.goto(`${origin}/my`);
  await own.getByRole("link", { name: "Sign in with github" }).click();
  await own.getByRole("button", { name: `Continue as ${contact}` }).click();
  await own.waitForURL(`${origin}/my`);
  await visit(my, own, "/my", "my");
  const mine = await own.$$eval("table.lines th[scope=row] a", (links) =>
    links.map((one) => one.getAttribute("href")),
  );
  assert(mine.length > 0, "the customer has tickets");
  await visit(my, own, mine[0], "my-ticket");
  assert.equal((await own.goto(`${origin}/desk`)).status(), 403);
  await own.setViewportSize({ width: 1440, height: 800 });
  await own.goto(new URL(mine[0], origin).href);
  if (await own.$("select[name=priority]")) {
    await tabTo(own, "select[name=priority]");
    await own.keyboard.press("Home");
    await own.keyboard.press("Tab");
    await own.keyboard.press("Enter");
    await own.waitForURL(/done=1$/);
    await own.getByRole("button", { name: "Escalate" }).click();
    await own.waitForURL(/done=1$/);
    assert.match(await own.textContent("main"), /escalated/);
    await look(own, "my-acted");
  }
  assert.deepEqual(complaints, []);
  console.log("went through the desk in a browser");
} finally {
  await browser.close();
}
