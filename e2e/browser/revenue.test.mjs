// How the business grows, as people at an MSP read it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspect, nothing } from "./accessible.mjs";
import { as, browser, faults, heading, open, settled, signIn, start } from "./demo.mjs";

let demo;
let chromium;
let api;
before(async () => {
  chromium = await browser();
  demo = await start();
  api = await as(demo);
});
after(async () => {
  await chromium?.close();
  await demo?.stop();
});

const written = (digits) => ({ amount_minor: minor }) =>
  new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", maximumFractionDigits: digits }).format(minor / 100);
const [money, whole] = [written(2), written(0)];
const signed = (amount) => (amount.amount_minor === 0 ? "–" : (amount.amount_minor > 0 ? "+" : "") + money(amount));
const month = (text) => new Date(`${text}-01T00:00:00Z`).toLocaleDateString("en-US", { month: "long", year: "numeric", timeZone: "UTC" });
const KINDS = ["new", "returned", "expansion", "contraction", "churned", "unbilled"];

test("revenue is that of the server, and moves by what customers did", async () => {
  const { months, plans } = await api("GET", "/msp/revenue");
  const last = months.at(-1);
  assert.ok(last.recurring.amount_minor > 0 && plans.length > 1, "the demo has been billed");
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/revenue`);
  await heading(page, "Revenue");
  await settled(page);
  await page.getByText(`What was billed in USD up to ${month(last.period)}, by the ledger`).waitFor();
  const figures = page.getByRole("region", { name: month(last.period) });
  for (const figure of [whole(last.recurring), last.customers.toLocaleString("en-US"), whole(last.per_customer)]) {
    await figures.getByText(figure, { exact: true }).waitFor();
  }
  const rows = await page
    .getByRole("table", { name: "How it moved" })
    .locator("tbody tr")
    .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.innerText.trim().split("\n")[0])));
  const moved = (of, kind) => of.movements.find((one) => one.movement === kind);
  const change = (of) => ({ amount_minor: of.movements.reduce((sum, { amount }) => sum + amount.amount_minor, 0) });
  assert.deepEqual(
    rows,
    months.toReversed().map((of) => [
      month(of.period),
      ...KINDS.filter((kind) => months.some((of) => moved(of, kind))).map((kind) => (moved(of, kind) ? signed(moved(of, kind).amount) : "–")),
      signed(change(of)),
      money(of.recurring),
    ]),
  );
  // The bars can be read as a table, which adds up.
  await page.getByRole("button", { name: "View as table" }).first().click();
  const bars = await page.getByRole("table", { name: "Revenue by month" }).locator("tbody tr").first().locator("td").last().innerText();
  assert.equal(bars, whole(last.revenue));
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("further back is an address, and everything can be read by everybody", async () => {
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/revenue`);
  await settled(page);
  await page.getByRole("link", { name: "24 months" }).click();
  await page.waitForURL(/months=24/);
  await settled(page);
  assert.equal(await page.getByRole("table", { name: "How it moved" }).locator("tbody tr").count(), 24);
  await page.reload();
  await settled(page);
  assert.equal(await page.getByRole("table", { name: "How it moved" }).locator("tbody tr").count(), 24);
  const found = {};
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    await inspect(page, `/revenue at ${width}`, found);
  }
  nothing(found);
  assert.deepEqual(faults(complaints), []);
  await context.close();
});
