// What the account has at Stripe, and how it reaches the bank.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect, nothing } from "./accessible.mjs";
import { as, at, browser, faults, heading, open, signIn, start, stripe } from "./demo.mjs";

const now = new Date();
const MONTH = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)).toISOString().slice(0, 7);

let demo;
let chromium;
let api;
let account;
before(async () => {
  chromium = await browser();
  demo = await start();
  api = await as(demo);
  const base_fee = { amount_minor: 9000, currency: "USD" };
  await api("POST", "/msp/plans", { code: "NINETY", name: "Ninety", base_fee });
  ({ account } = await api("GET", "/msp/payment-setup"));
});
after(async () => {
  await chromium?.close();
  await demo?.stop();
});

async function until(what, found) {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(200)) {
    const it = await found();
    if (it) return it;
  }
  assert.fail(`${what} did not come`);
}

/** A customer that pays $90.00 for last month on Stripe's page. */
async function paid(code) {
  await api("POST", "/msp/customers", { code, company_name: `${code} Ltd`, contact_email: `owner@${code.toLowerCase()}.example` });
  await api("POST", `/msp/customers/${code}/subscriptions`, { plan: "NINETY", starts_on: `${MONTH}-01` });
  const { id } = await api("POST", "/msp/invoices", { customer: code, period: MONTH });
  const { number } = await api("POST", `/msp/invoices/${id}/finalize`);
  const { url } = await api("POST", `/msp/invoices/${id}/pay-link`);
  await stripe(demo, `checkout/${url.match(/cs_\w+/)[0]}/pay`);
  await until("the payment", async () => (await api("GET", `/msp/invoices/${id}`)).status === "paid");
  return { id, number };
}

const card = (page, name) => page.locator(".card", { has: page.getByRole("heading", { name, exact: true }) });

test("money goes from the balance to the bank, and every cent of it is explained", async () => {
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/ledger?tab=payouts`);
  await heading(page, "Ledger");
  await page.getByText("No payouts yet").waitFor();
  const { id, number } = await paid("BANKED");
  await page.reload();
  // $90.00, less $2.91 for Stripe and one percent for the platform.
  const balance = card(page, "Balance at Stripe");
  await balance.locator(".kpi", { hasText: "Pending in USD" }).getByText("$86.19").waitFor();
  nothing(await inspect(page, "a balance without payouts"));

  const payout = await stripe(demo, `accounts/${account}/pay_out`);
  assert.equal(payout.amount, 8619);
  await stripe(demo, `payouts/${payout.id}/move`, { to: "in_transit" });
  await until("the payout", async () => (await api("GET", "/msp/payments/payouts")).items[0]?.status === "in_transit");
  await page.getByRole("button", { name: "Ask Stripe now" }).click();
  await balance.locator(".kpi", { hasText: "Pending in USD" }).getByText("$0.00").waitFor();
  await page.reload();
  const list = card(page, "Payouts");
  await list.getByText("On its way").waitFor();
  // It shows without a reload.
  await stripe(demo, `payouts/${payout.id}/move`, { to: "paid" });
  await list.getByText("Paid out").waitFor();
  await list.getByText("$86.19").waitFor();
  nothing(await inspect(page, "a payout"));

  await list.locator("a.row-link").click();
  await page.waitForURL(/payout=pyo_/);
  const drawer = page.getByRole("dialog");
  await drawer.getByRole("heading", { name: "Payout of $86.19" }).waitFor();
  await drawer.getByText(payout.id).waitFor();
  const parts = drawer.getByRole("table", { name: "What it is made of" });
  await parts.getByText("1, of $90.00 in all").waitFor();
  await parts.getByText("fees: Stripe $2.91, platform $0.90").waitFor();
  await parts.getByText("$3.81", { exact: true }).waitFor();
  nothing(await inspect(page, "what is in a payout"));
  await drawer.getByRole("link", { name: number }).click();
  await page.waitForURL(`${demo.url}/invoices/${id}`);
  await page.goBack();
  await drawer.getByRole("button", { name: "Close" }).click();
  await page.waitForURL((url) => !url.searchParams.has("payout"));
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("a payout that comes back is to be decided, until another arrives", async () => {
  await paid("BOUNCED");
  const payout = await stripe(demo, `accounts/${account}/pay_out`);
  await stripe(demo, `payouts/${payout.id}/move`, { to: "paid" });
  await stripe(demo, `payouts/${payout.id}/move`, { to: "failed", failure_code: "account_closed" });
  const known = async () => (await api("GET", "/msp/payments/payouts?status=failed")).items[0]?.reference === payout.id;
  await until("the failure", known);
  const { page, context, complaints } = await open(chromium);
  await signIn(page, demo.url);
  const row = page.locator(".queue li", { hasText: "A payout did not reach your bank" });
  await row.getByText("The bank account has been closed").waitFor();
  await row.getByRole("link", { name: "Show payout" }).click();
  const drawer = page.getByRole("dialog");
  await drawer.getByText("The bank did not take it.").waitFor();
  await drawer.getByText("The bank account has been closed").waitFor();
  nothing(await inspect(page, "a payout that failed"));
  await page.goto(`${demo.url}/ledger?tab=payouts&status=failed`);
  await card(page, "Payouts").locator("tbody tr").first().waitFor();
  assert.equal(await card(page, "Payouts").locator("tbody tr").count(), 1);
  await page.getByLabel("State").selectOption({ label: "Cancelled" });
  await page.getByText("No payout is like this").waitFor();
  await page.locator("form.filters").getByRole("link", { name: "Clear filters" }).click();

  const next = await stripe(demo, `accounts/${account}/pay_out`);
  assert.equal(next.amount, payout.amount);
  await stripe(demo, `payouts/${next.id}/move`, { to: "paid" });
  const decided = async () => !(await api("GET", "/msp/portfolio")).attention.some((one) => one.kind === "payout_failed");
  await until("the end of it", decided);
  const { items: [latest] } = await api("GET", "/msp/payments/payouts");
  await page.goto(`${demo.url}/ledger?tab=payouts&payout=${latest.id}`);
  await drawer.getByText("Payout that came back").first().waitFor();
  await drawer.getByRole("link", { name: "The earlier payout" }).click();
  await drawer.getByText("The bank did not take it.").waitFor();
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("without an account there is nothing to see, and a way to one", async () => {
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${at(demo, "harbor")}/ledger?tab=payouts`, "admin@harbor.example");
  await page.getByText("No payment account yet").waitFor();
  nothing(await inspect(page, "payouts without an account"));
  await page.getByRole("link", { name: "Payment account" }).click();
  await heading(page, "Payments");
  assert.deepEqual(faults(complaints), []);
  await context.close();
});
