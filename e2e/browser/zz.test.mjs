// A thousand customers and ten thousand rows of usage: long tables stay quick, and what is chosen in them is kept.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { exported } from "./csv.mjs";
import { as, browser, faults, heading, open, settled, signIn, start } from "./demo.mjs";

const CUSTOMERS = 1000;
const METRICS = 10;
// Names that a spreadsheet would take for formulas.
const FORMULAS = ["=1+1", "+1 617", "-Minus", "@once"];

const code = (customer) => `M${String(customer).padStart(4, "0")}`;
const name = (customer) => `${FORMULAS[customer] ?? "Many"} ${code(customer)}`;
const quantity = (customer, metric) => ((customer * 37 + metric * 11) % 997) + 1;

let demo;
let chromium;
// How many rows there are, by the page.
let rows;
before(async () => {
  chromium = await browser();
  demo = await start();
  const api = await as(demo);
  const count = async (path) => {
    let counted = 0;
    for (let cursor = ""; cursor !== undefined; ) {
      const page = await api("GET", `${path}?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      counted += page.items.length;
      cursor = page.next_cursor ?? undefined;
    }
    return counted;
  };
  const [usage, customers] = [await count("/msp/usage"), await count("/msp/customers")];
  const all = [...Array(CUSTOMERS).keys()];
  for (const one of all) await api("POST", "/msp/customers", { company_name: name(one), code: code(one) });
  for (let metric = 0; metric < METRICS; metric += 1) {
    await api("POST", "/msp/metrics", { key: `m${metric}`, name: `Metric ${metric}`, unit: "GB" });
    const events = all.map((one) => ({
      specversion: "1.0", id: `${metric}-${one}`, source: "urn:many", type: `m${metric}`, subject: code(one),
      data: { quantity: String(quantity(one, metric)) },
    }));
    const { accepted } = await api("POST", "/ingest/events", events, "application/cloudevents-batch+json");
    assert.equal(accepted, CUSTOMERS);
  }
  rows = { "/usage": usage + CUSTOMERS * METRICS, "/customers": customers + CUSTOMERS };
});
after(async () => {
  await chromium?.close();
  await demo?.stop();
});

const ROWS = ".grid tr.row";
const cell = (page, at) => page.locator(ROWS).first().locator("th, td").nth(at).innerText();

// What the page itself did without a pause, by Chromium's own record, in milliseconds of the processor: a machine that
// is busy with something else does not count. Longest first.
async function tasks(page, work) {
  await chromium.startTracing(page, { categories: ["toplevel","devtools.timeline","disabled-by-default-devtools.timeline","v8","blink","cc"] });
  await work();
  const { traceEvents: events } = JSON.parse(await chromium.stopTracing());
  const pages = events.filter((one) => one.name === "thread_name" && one.args.name === "CrRendererMain").map((one) => `${one.pid} ${one.tid}`);
  const timed = events.filter((one) => one.ph === "X" && one.name.endsWith("RunTask") && one.tdur !== undefined);
  const run = timed.filter((one) => pages.includes(`${one.pid} ${one.tid}`));
  assert.ok(run.length > 100, "the record has the tasks of the page");
  const longest = run.toSorted((a, b) => b.tdur - a.tdur).slice(0, 4);
  for (const task of longest) {
    const inside = events.filter((e) => e.pid === task.pid && e.tid === task.tid && e.ph === "X" && e.ts >= task.ts && e.ts + (e.dur ?? 0) <= task.ts + task.dur && e !== task);
    const by = {};
    for (const e of inside) { const k = e.name; by[k] ??= [0, 0]; by[k][0] += (e.tdur ?? e.dur ?? 0) / 1000; by[k][1] += 1; }
    console.log("TASK", task.tdur / 1000, Object.entries(by).filter(([, v]) => v[0] > 1.5).toSorted((a, b) => b[1][0] - a[1][0]).slice(0, 16).map(([k, v]) => `${k} ${v[0].toFixed(1)}/${v[1]}`).join(", "));
  }
  return run.map((one) => one.tdur / 1000).toSorted((one, other) => other - one);
}

// Scrolls through all rows of the long table of a page. There are as many as wanted, few of them on the page at a time,
// and the page is never busy for long.
async function scrollThrough(page, wanted) {
  await page.locator(ROWS).first().waitFor();
  await settled(page);
  const table = page.locator(".grid table");
  // The heads are a row, too.
  const total = wanted + 1;
  assert.equal(await table.getAttribute("aria-rowcount"), String(total));
  await page.evaluate((rows) => {
    window.most = 0;
    const count = () => (window.most = Math.max(window.most, document.querySelectorAll(rows).length));
    new MutationObserver(count).observe(document.querySelector(".grid tbody"), { childList: true });
  }, ROWS);
  await page.mouse.move(700, 500);
  const all = await tasks(page, async () => {
    for (let last = 0, deadline = Date.now() + 120_000; last < total; ) {
      assert.ok(Date.now() < deadline, `scrolled to row ${last} of ${total}`);
      await page.mouse.wheel(0, 3000);
      last = Number(await page.locator(ROWS).last().getAttribute("aria-rowindex"));
    }
  });
  const longest = all[0];
  const most = await page.evaluate(() => window.most);
  assert.ok(most > 20 && most <= 80, `${most} rows on the page`);
  console.log("LONGEST", longest, all.slice(0,6)); assert.ok(longest <= 500, `busy for ${longest} ms`);
}

for (const path of ["/customers","/customers"]) {
  test(`all rows are scrolled through, and few of them are on the page: ${path}`, async () => {
    const { page, context, complaints } = await open(chromium, { viewport: { width: 1440, height: 900 } });
    await signIn(page, demo.url + path);
    await scrollThrough(page, rows[path]);
    assert.deepEqual(faults(complaints), []);
    await context.close();
  });
}

