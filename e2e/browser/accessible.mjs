// What a page has to be for everybody, measured as it stands: axe's rules, sizes of targets, rings of the focus, no
// scrolling sideways. Each measure answers what is wrong, in words.

import assert from "node:assert/strict";
import axe from "axe-core";
import { measures } from "./measures.mjs";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
const NARROW = { width: 320, height: 640 };

// The most stops of the Tab key that are looked at on one page: a long list repeats itself.
const STOPS = 90;

async function violations(page) {
  const found = await page.evaluate((rules) => globalThis.axe.run(document, { runOnly: rules, resultTypes: ["violations"] }), RULES);
  return found.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")} ${node.html.slice(0, 100)}`));
}

const tooWide = (page) => page.evaluate(() => window.measures.tooWide());
const tooSmall = (page, least) => page.evaluate((least) => window.measures.tooSmall(least), least);

// Points at a row whose status is read on another ground then, or at nothing.
async function point(page) {
  const row = page.locator("tr.to:has(.st.ok)").first();
  const covered = await page.locator("dialog:modal").count();
  if (covered || !(await row.count())) await page.mouse.move(0, 0);
  else await row.hover();
}

// Walks over the page with the Tab key.
async function lost(page) {
  await page.evaluate(() => window.measures.beginWalk());
  const found = [];
  for (let stop = 0; stop < STOPS; stop += 1) {
    await page.keyboard.press("Tab");
    const { end, wrong } = await page.evaluate(() => window.measures.lookAtFocus());
    if (end) break;
    found.push(...wrong);
  }
  await page.evaluate(() => window.measures.endWalk());
  return found;
}

// All of it, wide and small, light and dark; the page is as wide as before afterwards. What is wrong stands together with
// where it is: `{ "phone: …": ["/customers", …] }`.
export async function inspect(page, where, found = {}) {
  const note = (how, wrong) => {
    for (const text of new Set(wrong)) (found[`${how}: ${text}`] ??= []).push(where);
  };
  if (!(await page.evaluate(() => "measures" in window))) {
    await page.evaluate(axe.source);
    await page.evaluate(measures);
  }
  const before = page.viewportSize();
  for (const [name, size, least] of [["desk", DESK, 24], ["phone", PHONE, 44]]) {
    await page.setViewportSize(size);
    await point(page);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      note(`${name}, ${colorScheme}`, await violations(page));
    }
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await page.mouse.move(0, 0);
    note(name, [...(await tooWide(page)), ...(await tooSmall(page, least)), ...(await lost(page))]);
  }
  await page.setViewportSize(NARROW);
  note("narrow", await tooWide(page));
  await page.setViewportSize(before);
  return found;
}

// Nothing was found, or it is told line by line.
export function nothing(found) {
  const lines = Object.entries(found).map(([what, where]) => `${what} (${where.join(", ")})`);
  assert.ok(lines.length === 0, `${lines.length} faults\n${lines.join("\n")}`);
}
