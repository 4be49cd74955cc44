// A base fee for a year, as people at an MSP meet it: made, shown, and on the invoice when it is due.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspect } from "./accessible.mjs";
import { as, browser, faults, heading, open, signIn, start } from "./demo.mjs";

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

const wrong = (page, id) => page.locator(`#${id}-wrong .wrong`);

test("a yearly fee is shown by its year, and by the month where plans are compared", async () => {
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/plans/new`);
  await heading(page, "New plan");
  await page.getByLabel("Name", { exact: true }).fill("Yearly desk");
  await page.locator("#base_fee-amount_minor").fill("1200");
  await page.getByText("per month").first().waitFor();
  await page.getByLabel("The base fee is charged").selectOption("year");
  await page.getByText("per year").first().waitFor();
  const begins = page.getByLabel("Its periods begin");
  assert.deepEqual(await begins.locator("option").allTextContents(), [
    "on 1 January", "on the day the subscription began to be charged",
  ]);
  await begins.selectOption("anniversary");
  await page.getByRole("button", { name: "Remove component 1" }).click();

  // By the month: a twelfth, whatever is used.
  await page.getByText("The base fee of $1,200.00 per year is shown by the month.").waitFor();
  const fee = page.locator(".preview tbody tr").first();
  assert.deepEqual(await fee.locator("td").allTextContents(), Array(4).fill("$100.00"));

  // What is of a month does not go with it, and says so at its field.
  await page.locator("#minimum").fill("50");
  await page.getByRole("button", { name: "Make the plan" }).click();
  await wrong(page, "minimum").getByText(/does not go with/i).waitFor();
  await page.locator("#minimum").fill("");
  await inspect(page, "a plan with a yearly fee");
  await page.getByRole("button", { name: "Make the plan" }).click();
  await heading(page, "Yearly desk");
  await page.getByText("per year").first().waitFor();
  await page.getByText("on the day the subscription began to be charged").waitFor();
  const plan = await api("GET", "/msp/plans/YEARLY-DESK");
  assert.deepEqual([plan.fee_interval, plan.fee_anchor], ["year", "anniversary"]);

  // Edited, it stays what it is.
  await page.getByRole("link", { name: "Edit" }).click();
  await heading(page, "Edit Yearly desk");
  assert.equal(await page.getByLabel("The base fee is charged").inputValue(), "year");
  assert.equal(await page.getByLabel("Its periods begin").inputValue(), "anniversary");

  // A customer whose year ended in the month before.
  const now = new Date();
  const day = (date) => date.toISOString().slice(0, 10);
  const since = new Date(Date.UTC(now.getUTCFullYear() - 1, now.getUTCMonth() - 1, 10));
  const until = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 10));
  await api("POST", "/msp/customers", { code: "YEARLY", company_name: "Yearly Industries" });
  await api("POST", "/msp/customers/YEARLY/subscription", { plan: "YEARLY-DESK", starts_on: day(since) });
  await page.goto(`${demo.url}/customers/YEARLY?tab=subscription`);
  await page.getByText("per year").first().waitFor();
  const invoice = await api("POST", "/msp/invoices", { customer: "YEARLY", period: day(until).slice(0, 7) });
  assert.deepEqual(
    invoice.lines.map((line) => [line.amount.amount_minor, line.fee_start, line.fee_end]),
    [[120_000, day(since), day(until)]],
  );
  await page.goto(`${demo.url}/invoices/${invoice.id}`);
  await page.getByText("Base fee, Yearly desk").first().waitFor();
  assert.deepEqual(faults(complaints), []);
  await context.close();
});
