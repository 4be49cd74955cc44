// Base fees for a year, as people at an MSP meet them: made, shown, on the invoice when they are due, and credited where they are not
// used.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspect } from "./accessible.mjs";
import { as, browser, faults, heading, open, signIn, start, subscriptionOf } from "./demo.mjs";

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
  await api("POST", "/msp/customers/YEARLY/subscriptions", { plan: "YEARLY-DESK", starts_on: day(since) });
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

test("what was charged in advance and is not used is credited when a subscription ends", async () => {
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/plans/new`);
  await heading(page, "New plan");
  await page.getByLabel("Name", { exact: true }).fill("Year ahead");
  await page.locator("#base_fee-amount_minor").fill("1200");
  await page.getByLabel("The base fee is charged").selectOption("year");
  await page.getByLabel("Its periods begin").selectOption("anniversary");
  await page.getByLabel("Charged", { exact: true }).selectOption("advance");
  await page.getByRole("button", { name: "Remove component 1" }).click();
  await inspect(page, "a plan with a fee in advance");
  await page.getByRole("button", { name: "Make the plan" }).click();
  await heading(page, "Year ahead");
  await page.getByText("in advance, before the period begins").waitFor();
  assert.equal((await api("GET", "/msp/plans/YEAR-AHEAD")).fee_timing, "advance");

  // The first year is on the invoice of the month in which it begins.
  const day = (date) => date.toISOString().slice(0, 10);
  const now = new Date();
  const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1));
  const end = new Date(Date.UTC(now.getUTCFullYear() + 1, now.getUTCMonth() - 1, 1));
  await api("POST", "/msp/customers", { code: "AHEAD", company_name: "Ahead Industries" });
  await api("POST", "/msp/customers/AHEAD/subscriptions", { plan: "YEAR-AHEAD", starts_on: day(first) });
  // Whoever does not want to wait for the end of the month can invoice at once.
  await page.goto(`${demo.url}/customers/AHEAD?tab=subscription`);
  await page.getByRole("link", { name: "Invoice it now…" }).click();
  await heading(page, "New invoice");
  assert.equal(await page.getByLabel("Period", { exact: true }).inputValue(), day(now).slice(0, 7));
  const draft = await api("POST", "/msp/invoices", { customer: "AHEAD", period: day(first).slice(0, 7) });
  assert.deepEqual(
    draft.lines.map((line) => [line.amount.amount_minor, line.service_start, line.service_end]),
    [[120_000, day(first), day(end)]],
  );
  await api("POST", `/msp/invoices/${draft.id}/finalize`);

  await page.goto(`${demo.url}/customers/AHEAD?tab=subscription`);
  await page.getByRole("button", { name: "Cancel subscription…" }).click();
  const dialog = page.getByRole("dialog");
  const credited = dialog.getByText(/that was charged in advance and is not used is credited on/);
  await credited.waitFor();
  const credit = dialog.getByLabel("Credit what was charged in advance and is not used");
  assert.equal(await credit.isChecked(), true);
  await inspect(page, "the end of a subscription that is paid ahead");
  const told = await credited.textContent();
  const { id } = await subscriptionOf(api, "AHEAD");
  const preview = await api("POST", `/msp/subscriptions/${id}/cancel/preview`, {});
  assert.ok(told.includes((preview.credited.amount_minor / 100).toLocaleString("en-US", { minimumFractionDigits: 2 })), told);
  await credit.uncheck();
  await credited.waitFor({ state: "detached" });
  await credit.check();
  await credited.waitFor();
  await dialog.getByRole("button", { name: "Cancel subscription", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  const ended = await subscriptionOf(api, "AHEAD");
  assert.deepEqual([ended.ends_on, ended.credit_unused], [preview.effective_on, true]);
  assert.deepEqual(faults(complaints), []);
  await context.close();
});
