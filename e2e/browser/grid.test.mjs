// Long tables: order, filters, columns, selection, saved views and export, all of it in the address.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { browser, open, settled, signIn, start } from "./demo.mjs";

const MANY = 300;

let demo;
let chromium;
let token;
before(async () => {
  // One after the other: what has been started is stopped, whatever fails.
  chromium = await browser();
  demo = await start();
  token = (await call("POST", "/auth/sign-in", { email: "admin@northwind.example", password: "bailiwick-demo" })).access_token;
  await call("POST", "/msp/metrics", { key: "pings", name: "Pings", unit: "one" });
  for (let number = 0; number < MANY; number += 1) {
    const code = `M${String(number).padStart(4, "0")}`;
    await call("POST", "/msp/customers", { company_name: `Many ${code}`, code, external_ref: number === 7 ? "=1+1" : undefined });
  }
  const event = (number) => ({
    specversion: "1.0", id: String(number), source: "test", type: "pings",
    subject: `M${String(number).padStart(4, "0")}`, data: { quantity: String(((number * 37) % 997) + 1) },
  });
  await call("POST", "/ingest/events", Array.from({ length: MANY }, (_, number) => event(number)), "application/cloudevents-batch+json");
});
after(async () => {
  await chromium?.close();
  await demo?.stop();
});

// What the server says, asked with a token of its own.
async function call(method, path, body, type = "application/json") {
  const headers = { "content-type": type, ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(`${demo.url}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.json();
}

const codes = (page) => page.locator("tbody tr.row .who-cell .code").allTextContents();
const header = (page, name) => page.getByRole("columnheader", { name });
const query = (page) => Object.fromEntries(new URL(page.url()).searchParams);
const inside = (page) => page.getByRole("dialog");
const press = (where, name) => where.getByRole("button", { name, exact: true }).click();
const box = (page, name) => page.getByRole("checkbox", { name, exact: true });

async function customers(rest = "?q=many", options = {}) {
  const it = await open(chromium, { viewport: { width: 1440, height: 900 }, ...options });
  await signIn(it.page, `${demo.url}/customers${rest}`);
  await it.page.locator("tbody tr.row").first().waitFor();
  await settled(it.page);
  return it;
}

test("few of many rows are on the page, wherever it is scrolled to", async () => {
  const { page, context } = await customers();
  assert.equal(await page.getByRole("table").getAttribute("aria-rowcount"), String(MANY + 1));
  const rows = () => page.locator("tbody tr.row").count();
  assert.ok((await rows()) <= 80);
  await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
  await page.locator(`tr[aria-rowindex="${MANY + 1}"] .row-link`).waitFor();
  assert.ok((await rows()) <= 80);
  assert.equal(await page.locator(`tr[aria-rowindex="${MANY + 1}"] .who-cell .code`).textContent(), "M0299");
  await context.close();
});

test("a heading orders, the address says how, and a reload shows the same", async () => {
  const { page, context } = await customers();
  assert.equal(await header(page, /^Customer$/).getAttribute("aria-sort"), "ascending");
  await header(page, /^Customer$/).getByRole("button").click();
  await page.locator("tbody tr.row .code", { hasText: "M0299" }).waitFor();
  assert.equal(await header(page, /^Customer$/).getAttribute("aria-sort"), "descending");
  assert.equal(query(page).sort, "-name");
  await page.reload();
  await page.locator("tbody tr.row").first().waitFor();
  assert.equal((await codes(page))[0], "M0299");
  await header(page, /Customer since/).getByRole("button").click();
  await page.waitForURL(/sort=-created/);
  await header(page, /Status/).getByRole("button").focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/sort=status/);
  await settled(page);
  const { items } = await call("GET", "/msp/customers?q=many&sort=status&limit=10");
  assert.deepEqual((await codes(page)).slice(0, 10), items.map((one) => one.code));
  // What is no order is none.
  await page.goto(`${demo.url}/customers?q=many&sort=nonsense`);
  await page.locator("tbody tr.row").first().waitFor();
  assert.equal((await codes(page))[0], "M0000");
  await context.close();
});

test("columns are chosen and moved, and stand in the address", async () => {
  const { page, context } = await customers();
  const heads = async () => (await page.locator("thead th:not(.tick)").allTextContents()).map((text) => text.trim());
  assert.deepEqual(await heads(), ["Customer", "Status", "Contact", "Customer since"]);
  await press(page, "Columns");
  await box(page, "Contact").uncheck();
  await box(page, "Phone").check();
  await page.getByRole("button", { name: "Move Phone up" }).click();
  assert.deepEqual(await heads(), ["Customer", "Status", "Phone", "Customer since"]);
  assert.equal(query(page).columns, "status,phone,created");
  assert.match(await page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? ""), /Phone/);
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), "Columns");
  await page.reload();
  await page.locator("tbody tr.row").first().waitFor();
  assert.deepEqual(await heads(), ["Customer", "Status", "Phone", "Customer since"]);
  await press(page, "Columns");
  await press(page, "Default columns");
  assert.equal(query(page).columns, undefined);
  await context.close();
});

test("going back restores filter, order, selection and where it was scrolled to", async () => {
  const { page, context } = await customers("?q=many&sort=-name");
  await box(page, "Select Many M0298").check();
  await page.evaluate(() => window.scrollTo(0, 9000));
  const link = page.getByRole("link", { name: "Many M0140", exact: true });
  await link.waitFor();
  await settled(page);
  const before = await page.evaluate(() => window.scrollY);
  await link.click();
  await page.getByRole("heading", { level: 1, name: "Many M0140" }).waitFor();
  await page.goBack();
  await link.waitFor();
  await page.waitForFunction((before) => Math.abs(window.scrollY - before) < 60, before);
  assert.deepEqual(query(page), { q: "many", sort: "-name", selected: "M0298" });
  await page.getByText("One selected").waitFor();
  await page.evaluate(() => window.scrollTo(0, 0));
  await box(page, "Select Many M0298").waitFor();
  assert.equal(await box(page, "Select Many M0298").isChecked(), true);
  await context.close();
});

test("all that match are suspended, what fails is named and tried again", async () => {
  const { page, context } = await customers("?q=many m000");
  await box(page, "Select all 10").check();
  await page.getByText("10 selected").waitFor();
  await box(page, "Select Many M0009").uncheck();
  await page.getByText("9 selected").waitFor();
  assert.equal(query(page).selected, "all,-M0009");
  // One is done already, another one is refused by the server.
  await call("POST", "/msp/customers/M0001/suspend", {});
  await page.locator("tr.row", { hasText: "M0001" }).getByText("Suspended").waitFor();
  await page.route("**/customers/M0004/suspend", (route) =>
    route.fulfill({ status: 409, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", title: "Conflict", status: 409, code: "wrong_state", detail: "No, not this one." }) }),
  );
  await press(page, "Suspend…");
  await inside(page).getByRole("heading", { name: "Suspend 8 customers?" }).waitFor();
  await inside(page).getByText(/One of those you have selected is suspended or closed already/).waitFor();
  await inside(page).getByLabel("Reason").fill("moved away");
  await press(inside(page), "Suspend");
  await inside(page).getByText("7 done, 1 failed, 0 not tried.").waitFor();
  assert.equal(await inside(page).getByRole("listitem").textContent(), "Many M0004 No, not this one.");
  await page.unroute("**/customers/M0004/suspend");
  await press(inside(page), "Try again");
  await page.getByText("8 customers are suspended.").waitFor();
  await inside(page).waitFor({ state: "detached" }).catch(() => {});
  assert.equal(query(page).selected, undefined);
  const { items } = await call("GET", "/msp/customers?q=many m000");
  assert.deepEqual(items.map((one) => one.status), [...Array(9).fill("suspended"), "active"]);
  assert.equal(items[4].suspended_reason, "moved away");
  await page.locator("tr.row", { hasText: "M0008" }).getByText("Suspended").waitFor();
  await context.close();
});

test("a run over many can be stopped, and goes on", async () => {
  const { page, context } = await customers("?q=many m01");
  await box(page, "Select all 100").check();
  await page.route("**/suspend", async (route) => {
    await new Promise((done) => setTimeout(done, 60));
    await route.continue();
  });
  await press(page, "Suspend…");
  await inside(page).getByRole("heading", { name: "Suspend 100 customers?" }).waitFor();
  await press(inside(page), "Suspend");
  await inside(page).getByText(/^[3-9] of 100$/).waitFor();
  await press(inside(page), "Stop");
  await inside(page).getByText(/ done, 0 failed, \d+ not tried/).waitFor();
  const { total } = await call("GET", "/msp/customers?q=many m01&status=suspended");
  assert.ok(total > 2 && total < 50, `${total} are suspended`);
  await page.unroute("**/suspend");
  await inside(page).getByRole("button", { name: /^Go on with the other/ }).click();
  await page.getByText("100 customers are suspended.").waitFor({ timeout: 60_000 });
  assert.equal((await call("GET", "/msp/customers?q=many m01&status=suspended")).total, 100);
  await context.close();
});

test("who may not change customers cannot choose them", async () => {
  const { page, context } = await open(chromium);
  await signIn(page, `${demo.url}/customers`, "billing@northwind.example");
  await page.locator("tbody tr.row").first().waitFor();
  assert.equal(await page.locator("table input[type=checkbox]").count(), 0);
  await context.close();
});

test("a view is saved, changed, renamed, deleted and brought back", async () => {
  const { page, context } = await customers("?q=many&sort=-created&columns=status,code");
  const menu = page.locator(".tools .menu > button");
  const choose = async (name) => {
    await menu.click();
    await page.getByRole("menuitem", { name, exact: true }).click();
  };
  await choose("Save as a new view…");
  await press(inside(page), "Save");
  await inside(page).getByText("This is needed.").waitFor();
  await inside(page).getByLabel("Name").fill("Newest many");
  await press(inside(page), "Save");
  await page.getByText("“Newest many” is saved.").waitFor();
  assert.equal(query(page).view, "Newest many");
  assert.equal((await menu.textContent()).trim(), "Newest many");
  await choose("Default view");
  await page.waitForURL(/\/customers$/);
  assert.equal((await menu.textContent()).trim(), "Views");
  await choose("Newest many");
  await page.waitForURL(/sort=-created/);
  assert.deepEqual(query(page), { q: "many", sort: "-created", columns: "status,code", view: "Newest many" });
  await page.getByRole("searchbox").fill("many m02");
  await page.waitForURL(/m02/);
  await menu.getByText("changed").waitFor();
  await page.reload();
  await menu.getByText("changed").waitFor();
  await choose("Save changes to “Newest many”");
  await menu.getByText("changed").waitFor({ state: "detached" });
  await choose("Rename “Newest many”…");
  await inside(page).getByLabel("Name").fill("Two hundreds");
  await press(inside(page), "Save");
  await page.waitForURL(/view=Two/);
  await choose("Delete “Two hundreds”");
  await page.getByText("“Two hundreds” is deleted.").waitFor();
  assert.equal(query(page).view, undefined);
  await press(page, "Undo");
  await choose("Two hundreds");
  await page.waitForURL(/view=Two/);
  assert.equal(query(page).q, "many m02");
  await context.close();
});

test("an export is all that is filtered, and no cell is a formula", async () => {
  const { page, context } = await customers("?q=many&sort=-name");
  const [file] = await Promise.all([page.waitForEvent("download"), press(page, "Export CSV")]);
  assert.match(file.suggestedFilename(), /^customers-\d{4}-\d\d-\d\d\.csv$/);
  const lines = (await readFile(await file.path(), "utf8")).replace(/^\u{feff}/u, "").trimEnd().split("\r\n");
  assert.equal(lines.length, MANY + 1);
  assert.match(lines[0], /^Customer,Code,Status,/);
  assert.match(lines[1], /^Many M0299,M0299,/);
  assert.match(lines[MANY - 7], /,'=1\+1,/);
  await context.close();
});

test("usage is ordered, filtered and exported in the same way", async () => {
  const { page, context } = await open(chromium);
  await signIn(page, `${demo.url}/usage?metric=pings`);
  await page.locator("tbody tr.row").first().waitFor();
  assert.equal(await page.getByRole("table").last().getAttribute("aria-rowcount"), String(MANY + 1));
  await header(page, /Quantity/).getByRole("button").click();
  await page.waitForURL(/sort=-quantity/);
  await settled(page);
  const { items } = await call("GET", "/msp/usage?metric=pings&sort=-quantity&limit=5");
  assert.deepEqual((await codes(page)).slice(0, 5), items.map((one) => one.customer_code));
  await page.getByRole("searchbox").fill("m002");
  await page.waitForURL(/q=m002/);
  await page.getByText("10 in all").waitFor();
  const [file] = await Promise.all([page.waitForEvent("download"), press(page, "Export CSV")]);
  const lines = (await readFile(await file.path(), "utf8")).trimEnd().split("\r\n");
  assert.equal(lines.length, 11);
  assert.deepEqual(query(page), { metric: "pings", sort: "-quantity", q: "m002" });
  await context.close();
});

test("a page that could not be read is asked for again", async () => {
  const { page, context } = await customers();
  await page.route("**/customers?*cursor=*", (route) => route.abort());
  await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
  await page.getByRole("button", { name: "Try again" }).waitFor();
  await page.unroute("**/customers?*cursor=*");
  await press(page, "Try again");
  await page.locator(`tr[aria-rowindex="${MANY + 1}"] .row-link`).waitFor();
  await context.close();
});

for (const colorScheme of ["light", "dark"]) {
  for (const [name, width, height] of [["desk", 1440, 900], ["phone", 390, 844], ["narrow", 320, 640]]) {
    test(`grids are accessible and fit: ${colorScheme}, ${name}`, async () => {
      const { page, context, complaints } = await customers("?q=many&selected=M0250,M0251", { colorScheme, viewport: { width, height }, reducedMotion: "reduce" });
      const check = async (what) => {
        await settled(page);
        await page.evaluate(axe.source);
        const { violations } = await page.evaluate(() =>
          globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }),
        );
        assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" | ")}`), [], what);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(overflow <= 0, `${what} is ${overflow} px too wide`);
      };
      await check("customers");
      await press(page, "Columns");
      await check("columns");
      await page.keyboard.press("Escape");
      await press(page, "Suspend…");
      await inside(page).getByRole("button", { name: "Suspend", exact: true }).waitFor();
      await check("the question");
      await page.keyboard.press("Escape");
      await page.locator(".tools .menu > button").click();
      await check("views");
      for (const path of ["/customers?columns=status,phone,external,machines,storage,updated,created", "/usage?sort=-quantity"]) {
        await page.goto(demo.url + path);
        await page.locator("tbody tr.row").first().waitFor();
        await check(path);
      }
      assert.deepEqual(complaints.filter((text) => !/40[14]/.test(text)), []);
      await context.close();
    });
  }
}
