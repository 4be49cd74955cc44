// Money that comes by bank transfer, that goes back, and that a bank takes back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect, nothing } from "./accessible.mjs";
import { accept, as, at, browser, faults, heading, open, signIn, start } from "./demo.mjs";

const now = new Date();
const MONTH = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)).toISOString().slice(0, 7);

let demo;
let chromium;
let api;
let northwind;
before(async () => {
  chromium = await browser();
  demo = await start();
  api = await as(demo);
  northwind = at(demo, "northwind");
  const base_fee = { amount_minor: 9000, currency: "USD" };
  await api("POST", "/msp/plans", { code: "NINETY", name: "Ninety", base_fee });
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

/** A customer that is billed $90.00 for last month. */
async function customer(code) {
  const email = `owner@${code.toLowerCase()}.example`;
  await api("POST", "/msp/customers", { code, company_name: `${code} Ltd`, contact_email: email });
  await api("POST", `/msp/customers/${code}/subscriptions`, { plan: "NINETY", starts_on: `${MONTH}-01` });
  return email;
}

async function issue(code) {
  const { id } = await api("POST", "/msp/invoices", { customer: code, period: MONTH });
  await api("POST", `/msp/invoices/${id}/finalize`);
  return id;
}

/** The customer saves this card, and the invoice is charged to it. */
async function paidBy(code, card) {
  const email = await customer(code);
  await api("POST", `/msp/customers/${code}/invitations`, { email, role: "customer_owner" });
  await accept(demo, email, "Olga Owner");
  const portal = await open(chromium);
  await signIn(portal.page, `${northwind}/payment-methods`, email);
  await portal.page.getByRole("button", { name: "Add a payment method" }).click();
  await portal.page.locator("input[name=card]").fill(card);
  await portal.page.getByRole("button", { name: "Save card" }).click();
  await portal.page.getByText("The payment method has been saved.").waitFor({ timeout: 20_000 });
  await portal.context.close();
  const id = await issue(code);
  await until("the payment", async () => (await api("GET", `/msp/invoices/${id}`)).status === "paid");
  return id;
}

const toast = (page, text) => page.locator(".toast").getByText(text).first().waitFor();
const card = (page) => page.locator(".card", { has: page.getByRole("heading", { name: "Payments", exact: true }) });

test("a bank transfer is recorded, and what was too much goes back by hand", async () => {
  await customer("WIRED");
  const id = await issue("WIRED");
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/invoices/${id}`);
  await card(page).getByText("No payment yet").waitFor();
  await page.getByRole("button", { name: "Record payment…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Record payment" }).click();
  await dialog.locator("#reference-wrong p").waitFor();
  await dialog.getByLabel("Reference").fill("SEPA 4711");
  await dialog.getByLabel("Amount").fill("100");
  nothing(await inspect(page, "recording a payment"));
  // What happens meanwhile does not shut the question.
  await api("POST", `/msp/invoices/${id}/send`);
  await sleep(1500);
  assert.equal(await dialog.getByLabel("Reference").inputValue(), "SEPA 4711");
  await dialog.getByRole("button", { name: "Record payment" }).click();
  await toast(page, "$100.00 is recorded as paid on");
  await card(page).getByText("SEPA 4711").waitFor();
  await page.getByText("Paid", { exact: true }).first().waitFor();

  await card(page).getByRole("button", { name: /^Refund…/ }).click();
  await dialog.getByText("This payment came by bank transfer.").waitFor();
  assert.equal(await dialog.getByLabel("Amount").inputValue(), "10");
  await dialog.getByLabel("Reason").fill("Paid too much");
  await dialog.getByLabel("Amount").fill("10.01");
  await dialog.getByRole("button", { name: "Refund", exact: true }).click();
  await dialog.locator("#amount-wrong").getByText("At most $10.00").waitFor();
  await dialog.getByLabel("Amount").fill("10");
  nothing(await inspect(page, "a refund"));
  await dialog.getByRole("button", { name: "Refund", exact: true }).click();
  await toast(page, "$10.00 is recorded as paid back.");
  await card(page).getByText("Paid back").waitFor();
  await card(page).getByText("-$10.00").waitFor();
  await page.waitForFunction(() => !document.querySelector(".toast"), null, { timeout: 20_000 });
  nothing(await inspect(page, "a payment and its refund"));
  // Nothing is left to go back.
  await card(page).getByRole("button", { name: /^Refund…/ }).click();
  await dialog.getByText("has no credit").waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("a credit note on a paid invoice goes back to the card at once", async () => {
  const id = await paidBy("CARDED", "4242 4242 4242 4242");
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/invoices/${id}`);
  await card(page).getByText("Received").waitFor();
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Credit note…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason").fill("Half a month was down");
  await dialog.getByLabel("What to credit").selectOption({ label: "By line" });
  await dialog.getByLabel("Ninety").fill("45");
  await dialog.getByLabel("Pay $45.00 back").check();
  nothing(await inspect(page, "a credit note that goes back"));
  await dialog.getByRole("button", { name: "Issue credit note" }).click();
  await toast(page, "and $45.00 is on its way back.");
  await card(page).getByText("Paid back").waitFor({ timeout: 20_000 });
  const [refund] = (await api("GET", `/msp/refunds?invoice=${id}`)).items;
  assert.deepEqual([refund.status, refund.amount.amount_minor, refund.reason], ["succeeded", 4500, "Half a month was down"]);
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("a dispute is on the home page, with until when, and on the invoice", async () => {
  const id = await paidBy("DISPUTED", "4000 0000 0000 0259");
  await until("the dispute", async () => (await api("GET", `/msp/disputes?invoice=${id}`)).items[0]);
  const { page, context, complaints } = await open(chromium, { viewport: { width: 390, height: 844 } });
  await signIn(page, `${demo.url}/`);
  await page.getByText(/The payment of .* is disputed/).waitFor();
  nothing(await inspect(page, "a dispute to be answered"));
  await page.getByRole("link", { name: "Show payment" }).click();
  await heading(page, (await api("GET", `/msp/invoices/${id}`)).number);
  await card(page).getByText("Needs an answer").waitFor();
  await card(page).getByText("Stripe keeps $15.00 for it").waitFor();
  const answer = card(page).getByRole("link", { name: "Answer it at Stripe" });
  assert.match(await answer.getAttribute("href"), /^https:\/\/dashboard\.stripe\.com\/disputes\/dp_/);
  assert.equal(await card(page).getByRole("button", { name: /^Refund…/ }).count(), 0);
  nothing(await inspect(page, "a disputed payment, on a phone"));
  assert.deepEqual(faults(complaints), []);
  await context.close();
});
