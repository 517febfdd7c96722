// What every page must satisfy, at 360 and 1440 pixels, in light and dark.
import { strict as assert } from "node:assert";

const shots = process.env.RETAINER_SHOTS;
const sizes = { narrow: 360, wide: 1440 };
let shot = 0;

// The page at both widths, in light and dark: nothing is wider than the window, text can be read.
export async function look(page, name) {
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
