// Every part of the kit in all its states: how it looks, what it says, and what the keyboard does. The pictures go to
// BAILIWICK_TEST_SCREENS, where that names a directory.

import assert from "node:assert/strict";
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { browser, open } from "./demo.mjs";
import { serve } from "./files.mjs";

let gallery;
let chromium;
let screens;
before(async () => {
  screens = process.env.BAILIWICK_TEST_SCREENS ?? (await mkdtemp(join(tmpdir(), "bailiwick-gallery-")));
  await mkdir(screens, { recursive: true });
  chromium = await browser();
  gallery = await serve("gallery");
});
after(async () => {
  await chromium?.close();
  await gallery?.stop();
});

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

// A development build also warns of untracked reads.
const real = (complaints) => complaints.filter((text) => !/reactive tracking context/.test(text));

async function accessible(page, what) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate((runOnly) => globalThis.axe.run(document, { runOnly }), TAGS);
  assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" | ")}`), [], what);
}

async function at(query, options = {}) {
  const opened = await open(chromium, { viewport: { width: 1440, height: 900 }, reducedMotion: "reduce", ...options });
  await opened.page.goto(`${gallery.url}/${query}`);
  await opened.page.getByRole("heading", { level: 1, name: "Gallery" }).waitFor();
  return opened;
}

for (const theme of ["light", "dark"]) {
  for (const brand of ["northwind", "harbor"]) {
    for (const [width, height] of [[1440, 900], [390, 844]]) {
      test(`every component: ${theme}, ${brand}, ${width} px`, async () => {
        const { page, context, complaints } = await at(`?theme=${theme}&brand=${brand}`, { viewport: { width, height } });
        const sections = await page.locator(".g-section").all();
        assert.ok(sections.length >= 40, `${sections.length} sections`);
        await accessible(page, "the whole page");
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(overflow <= 0, `${overflow} px too wide`);
        // What sticks to the window would stand in the pictures.
        await page.evaluate(() => document.querySelector(".g-top").remove());
        for (const section of sections) {
          const id = (await section.getAttribute("id")).replace("at-", "");
          await section.screenshot({ path: join(screens, `${id}-${theme}-${brand}-${width}.png`) });
        }
        assert.deepEqual(real(complaints), []);
        await context.close();
      });
    }
  }
}

test("a component stands alone, and the switches keep it so", async () => {
  const { page, context, complaints } = await at("?only=grid");
  assert.deepEqual(await page.locator(".g-section h2").first().textContent(), "Grid");
  assert.equal(await page.locator(".g-section").count(), 1);
  await page.getByRole("link", { name: "Dark" }).click();
  await page.waitForURL(/theme=dark.*only=grid/);
  await page.locator("html[data-theme=dark]").waitFor();
  // Of five thousand rows, those in sight are there.
  const rows = page.locator("tr.row");
  await rows.first().waitFor();
  assert.ok((await rows.count()) < 100);
  await page.getByText("5,000 in all").waitFor();
  await page.getByRole("link", { name: "All components" }).click();
  await page.locator("#combobox").waitFor();
  assert.deepEqual(real(complaints), []);
  await context.close();
});

const focused = (page) => page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent?.trim());

test("combobox: typed, marked, taken, left, emptied", async () => {
  const { page, context, complaints } = await at("?only=combobox");
  const input = page.locator("input#combobox");
  const options = page.locator("#combobox-list [role=option]");
  const marked = async () => {
    const id = await input.getAttribute("aria-activedescendant");
    return id && page.locator(`[id="${id}"]`).textContent();
  };
  await input.focus();
  assert.equal(await input.getAttribute("aria-expanded"), "false");
  await page.keyboard.press("ArrowDown");
  assert.equal(await input.getAttribute("aria-expanded"), "true");
  assert.match(await marked(), /Acme Corp/);
  await page.keyboard.press("ArrowUp");
  assert.match(await marked(), /Allgemeine/, "round to the last");
  await page.keyboard.press("Escape");
  assert.equal(await input.getAttribute("aria-expanded"), "false");

  await page.keyboard.type("acme la");
  assert.equal(await options.count(), 1);
  assert.match(await marked(), /Acme Labs/, "what fits is marked while one types");
  await accessible(page, "open");
  await page.keyboard.press("Enter");
  assert.equal(await input.inputValue(), "Acme Labs (ACME-2)");
  assert.equal(await input.getAttribute("aria-expanded"), "false");

  // All of them again, although one is chosen; a part of a name is none.
  await page.keyboard.press("Alt+ArrowDown");
  assert.equal(await options.count(), 11);
  assert.equal(await marked(), null);
  await page.keyboard.press("Escape");
  await input.fill("glob");
  await page.keyboard.press("Tab");
  assert.equal(await input.inputValue(), "Acme Labs (ACME-2)");
  // A whole name is one.
  await input.fill("globex");
  await page.keyboard.press("Tab");
  assert.equal(await input.inputValue(), "Globex (GLOBEX)");
  await page.locator(".combobox", { has: input }).getByRole("button", { name: "Empty the field Customer" }).click();
  assert.equal(await input.inputValue(), "");
  assert.equal(await focused(page), "combobox");
  // With the mouse.
  await input.click();
  await options.filter({ hasText: "Cedar Law" }).click();
  assert.equal(await input.inputValue(), "Cedar Law (CEDAR)");

  const free = page.locator("#combobox-free");
  await free.fill("NEW-ONE");
  await page.keyboard.press("Tab");
  assert.equal(await free.inputValue(), "NEW-ONE");
  await page.locator("#combobox-none").fill("x");
  await page.locator("#combobox-none-list + [role=status]").getByText("Nothing found").waitFor();
  await page.locator("#combobox-loading").fill("x");
  await page.locator("#combobox-loading-list + [role=status]").getByText("Loading").waitFor();
  assert.deepEqual(real(complaints), []);
  await context.close();
});

test("tabs and links take the focus one by one, and lead", async () => {
  const { page, context } = await at("?only=tabs");
  const tabs = page.getByRole("navigation", { name: "Parts of the customer" }).getByRole("link");
  await tabs.first().focus();
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Usage");
  assert.equal(await tabs.nth(1).getAttribute("aria-current"), "page");
  // The current one of many is in sight.
  const many = page.getByRole("navigation", { name: "Parts of the plan" });
  assert.ok(await many.evaluate((nav) => {
    const [outer, inner] = [nav, nav.querySelector("[aria-current]")].map((it) => it.getBoundingClientRect());
    return inner.left >= outer.left - 1 && inner.right <= outer.right + 1;
  }));
  await context.close();
});

test("menu: arrows move, Escape gives the focus back", async () => {
  const { page, context } = await at("?only=menu");
  const button = page.getByRole("button", { name: "Actions" });
  await button.focus();
  await page.keyboard.press("Enter");
  const items = page.getByRole("menuitem");
  await items.first().waitFor();
  await page.waitForFunction(() => document.activeElement?.role === "menuitem");
  assert.equal(await focused(page), "Edit");
  await page.keyboard.press("ArrowUp");
  assert.equal(await focused(page), "Delete");
  await page.keyboard.press("Home");
  await accessible(page, "open");
  await page.keyboard.press("Escape");
  await items.first().waitFor({ state: "detached" });
  assert.equal(await focused(page), "Actions");
  await context.close();
});

for (const [only, opener, inside] of [["dialog", "Rename", "dialog-name"], ["confirm", "Delete", "confirm"], ["drawer", "Details", ""]]) {
  test(`${only}: keeps the focus inside, closes on Escape, gives the focus back`, async () => {
    const { page, context, complaints } = await at(`?only=${only}`);
    await page.getByRole("button", { name: opener, exact: true }).focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    await page.waitForFunction(() => document.activeElement?.closest("dialog"));
    if (inside) assert.equal(await focused(page), inside);
    await accessible(page, "open");
    // The browser's own bar is part of the round; the page behind is not.
    for (let step = 0; step < 8; step++) {
      await page.keyboard.press("Tab");
      assert.ok(await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest("dialog")));
    }
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    assert.equal(await focused(page), opener);
    assert.deepEqual(real(complaints), []);
    await context.close();
  });
}

test("a grave deed has to be typed first; one that fails says why", async () => {
  const { page, context } = await at("?only=confirm");
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  const dialog = page.getByRole("dialog");
  const go = dialog.getByRole("button", { name: "Delete it" });
  assert.equal(await go.getAttribute("aria-disabled"), "true");
  await dialog.getByLabel("Type ACME to go on").fill("ACME");
  await go.click();
  await dialog.waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "Revoke", exact: true }).click();
  await dialog.getByRole("button", { name: "Revoke it" }).click();
  await dialog.getByText("The key is in use.").waitFor();
  await context.close();
});

test("tooltip: comes with focus and pointer, stays under the pointer, goes with Escape", async () => {
  const { page, context } = await at("?only=tooltip");
  const [button, tip] = [page.getByRole("button", { name: "Run invoices" }), page.locator("#tip-short")];
  assert.equal(await tip.isVisible(), false);
  await page.keyboard.press("Tab");
  while ((await focused(page)) !== "Run invoices") await page.keyboard.press("Tab");
  await tip.waitFor();
  assert.equal(await button.getAttribute("aria-describedby"), "tip-short");
  await accessible(page, "open");
  await page.keyboard.press("Escape");
  await tip.waitFor({ state: "hidden" });
  assert.equal(await focused(page), "Run invoices");
  await button.evaluate((it) => it.blur());
  await button.hover();
  await tip.waitFor();
  await tip.hover();
  await page.waitForTimeout(400);
  assert.ok(await tip.isVisible(), "it can be pointed at");
  await page.keyboard.press("Escape");
  await tip.waitFor({ state: "hidden" });
  await context.close();
});

test("toast: what was done is taken back; it waits for whoever is in it", async () => {
  const { page, context } = await at("?only=toast");
  await page.clock.install();
  const state = page.locator("#toast-state");
  const toast = page.locator(".toast");
  await page.getByRole("button", { name: "Remove" }).click();
  assert.equal(await state.textContent(), "removed");
  await page.clock.runFor(5_500);
  const undo = page.getByRole("button", { name: "Undo" });
  await undo.focus();
  await page.clock.runFor(30_000);
  assert.equal(await toast.count(), 1, "not while it has the focus");
  await page.keyboard.press("Enter");
  assert.equal(await state.textContent(), "there");
  assert.equal(await toast.count(), 0);

  await page.getByRole("button", { name: "Save" }).click();
  await toast.waitFor();
  await toast.hover();
  await page.clock.runFor(30_000);
  assert.equal(await toast.count(), 1, "not while it is pointed at");
  await page.mouse.move(0, 0);
  await page.clock.runFor(4_000);
  await toast.waitFor({ state: "detached" });
  await context.close();
});

for (const only of ["area-chart", "stacked-bars", "donut"]) {
  test(`${only}: each value is read with the arrow keys, and as a table`, async () => {
    const { page, context, complaints } = await at(`?only=${only}`);
    const card = page.locator(".card").first();
    const picture = card.getByRole("group");
    await picture.focus();
    const readout = card.locator(".readout");
    const read = [];
    await page.keyboard.press("Home");
    for (let step = 0; step < 3; step++) {
      read.push(await readout.textContent());
      await page.keyboard.press("ArrowRight");
    }
    assert.equal(new Set(read).size, 3, read.join(" | "));
    const image = card.getByRole("img");
    assert.ok(await image.getAttribute("aria-label"));
    assert.deepEqual(await image.locator("> title, > desc").evaluateAll((all) => all.map((it) => it.textContent !== "")), [true, true]);
    await card.getByRole("button", { name: "View as table" }).click();
    assert.ok((await card.getByRole("row").count()) > 3);
    await accessible(page, "as a table");
    await card.getByRole("button", { name: "View as chart" }).click();
    await picture.waitFor();
    assert.deepEqual(real(complaints), []);
    await context.close();
  });
}

test("a form tells what is missing, and moves there", async () => {
  const { page, context } = await at("?only=form");
  await page.getByRole("button", { name: "Take on" }).click();
  await page.waitForFunction(() => document.activeElement?.id === "form-name");
  assert.equal(await page.locator("#form-name").getAttribute("aria-invalid"), "true");
  await page.getByText("This is needed.").first().waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("This code is taken.").waitFor();
  await accessible(page, "wrong");
  await context.close();
});
