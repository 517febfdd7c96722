// Goes through joining in Chromium. Arguments: the link, who signs in, a link that does not work.
// Fails on anything that the browser reports: a blocked style, a script, a form that is refused.
import { chromium } from "playwright-core";
import { strict as assert } from "node:assert";

const [link, login, dead] = process.argv.slice(2);
const shots = process.env.RETAINER_SHOTS;
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});

const sizes = { narrow: 360, wide: 1440 };
let shot = 0;

// The page at both widths, in light and dark: nothing is wider than the window, text can be read.
async function look(page, name) {
  shot += 1;
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const [label, width] of Object.entries(sizes)) {
      await page.setViewportSize({ width, height: 800 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert(wide <= width, `${name} is ${wide} wide in a window of ${width}`);
      for (const [what, ratio] of await page.evaluate(contrasts)) {
        assert(ratio >= 4.5, `${name}, ${scheme}: the contrast of "${what}" is ${ratio}`);
      }
      if (shots) {
        await page.screenshot({ path: `${shots}/${shot}-${name}-${scheme}-${label}.png`, fullPage: true });
      }
    }
  }
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("button, a.button")]
      .map((e) => [e.textContent, e.getBoundingClientRect().height])
      .filter(([, height]) => height < 40),
  );
  assert.deepEqual(small, [], `${name}: too small to tap`);
}

// Runs in the page: the contrast (WCAG) of every element that has text of its own.
function contrasts() {
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = channels(color).slice(0, 3).map((c) => {
      const s = c / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if ((channels(color)[3] ?? 1) > 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  return [...document.body.querySelectorAll("*")]
    .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
    .map((e) => {
      const a = luminance(getComputedStyle(e).color);
      const b = luminance(background(e));
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      return [e.textContent.trim().slice(0, 30), Math.round(ratio * 100) / 100];
    });
}

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
