// Renders status comments like the forges, with two CommonMark libraries, with line breaks kept
// (GitHub) and folded (GitLab). The fold and its table must be complete, no tag is used that a
// forge strips, no text of people becomes active, and the comment stays short.
//
// Usage, from this folder:
//   npm ci
//   RETAINER_BODIES=DIR PATH/TO/templates_test --gtest_filter='BodiesTest.*'
//   node check.mjs DIR
//
// DIR has one comment per file, NAME.md. Exit codes: 0 all pass, 1 some fail (each is named), 2
// wrong usage.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import MarkdownIt from "markdown-it";
import { Marked } from "marked";

const renderers = {
  "markdown-it": new MarkdownIt({ html: true, linkify: true }),
  "markdown-it, breaks": new MarkdownIt({ html: true, linkify: true, breaks: true }),
};
const markeds = {
  "marked": new Marked({ gfm: true }),
  "marked, breaks": new Marked({ gfm: true, breaks: true }),
};

// Both forges keep all of these.
const kept = new Set(["a", "br", "code", "details", "li", "p", "strong", "summary", "table", "tbody",
                      "td", "th", "thead", "tr", "ul"]);
const mostLines = 12;

const count = (text, pattern) => (text.match(pattern) ?? []).length;

function problems(name, body, html) {
  const found = [];
  const expect = (holds, what) => holds || found.push(what);
  for (const [, tag] of html.matchAll(/<\/?([a-z][a-z0-9-]*)/gi)) {
    expect(kept.has(tag.toLowerCase()), `<${tag}> is stripped`);
  }
  const folds = count(body, /<details>/g);
  for (const tag of ["details", "summary", "table"]) {
    expect(count(html, new RegExp(`<${tag}>`, "g")) === folds, `${folds} folds, not as many <${tag}>`);
    expect(count(html, new RegExp(`</${tag}>`, "g")) === folds, `<${tag}> is not closed`);
  }
  if (folds) {
    expect(/<\/summary>\s*<table>[^]*<\/table>\s*<\/details>/.test(html), "the table is not in the fold");
    const columns = count(html, /<th>/g);
    for (const [row] of html.matchAll(/<tr>[^]*?<\/tr>/g)) {
      expect(count(row, /<t[hd]>/g) === columns, `a row without ${columns} cells`);
    }
    expect(!/<th>\s*<\/th>/.test(html), "a column without a name");
  }
  expect(/<!-- [^>]+ -->\s*(<\/p>)?\s*$/.test(html), "the marker is not at the end");
  const links = [...html.matchAll(/<a href="([^"]*)"/g)].map(([, href]) => href);
  const own = name.startsWith("waiting") ? ["https://example.org/a/b/issues/12#issuecomment-17"] : [];
  expect(JSON.stringify(links) === JSON.stringify(own), `links: ${links}`);
  // Outside code there are only our own plain words.
  const words = html.replace(/<!--[^]*?-->/g, "").replace(/<code>[^]*?<\/code>/g, "").replace(/<[^>]*>/g, "");
  for (const sign of ["@", "#", "!", "|", "`", "*", "_", "~", "http", "www.", "&"]) {
    expect(!words.includes(sign), `${sign} outside code: ${words}`);
  }
  const lines = count(html, /<\/p>|<br\s*\/?>|<\/li>|<\/summary>|<\/tr>/g);
  expect(lines <= mostLines, `${lines} lines when unfolded`);
  return found;
}

const folder = process.argv[2];
if (!folder) {
  console.error("usage: node check.mjs DIR");
  process.exit(2);
}
const files = readdirSync(folder).filter((file) => file.endsWith(".md")).sort();
let failed = 0;
for (const file of files) {
  const body = readFileSync(join(folder, file), "utf8");
  const rendered = Object.entries(renderers).map(([by, md]) => [by, md.render(body)]);
  rendered.push(...Object.entries(markeds).map(([by, md]) => [by, md.parse(body)]));
  for (const [by, html] of rendered) {
    for (const problem of problems(file, body, html)) {
      console.error(`${file}, ${by}: ${problem}`);
      failed += 1;
    }
  }
}
if (files.length === 0) {
  console.error(`${folder} has no comments`);
  process.exit(2);
}
console.log(`${files.length} comments, each read by ${Object.keys({ ...renderers, ...markeds }).length} renderers: ${failed} problems`);
process.exit(failed ? 1 : 0);
