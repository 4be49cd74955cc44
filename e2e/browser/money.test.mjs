// From a plan to money: built, subscribed to, used, looked at before it is issued, paid by a saved card, checked by who pays.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect, nothing } from "./accessible.mjs";
import { accept, as, at, browser, faults, heading, open, signIn, start } from "./demo.mjs";

const OWNER = "olga@ledgerline.example";
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
});
after(async () => {
  await chromium?.close();
  await demo?.stop();
});

const money = (amount) => new Intl.NumberFormat("en-US", { style: "currency", currency: amount.currency }).format(amount.amount_minor / 100);

async function until(what, found) {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(200)) {
    const it = await found();
    if (it) return it;
  }
  assert.fail(`${what} did not come`);
}

test("a plan is built, and its customer pays by a saved card and checks the invoice", async () => {
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/plans/new`);
  await heading(page, "New plan");
  await page.getByLabel("Name", { exact: true }).fill("Ledger line");
  await page.locator("#base_fee-amount_minor").fill("19.99");
  await page.locator("#components-0-metric").selectOption("machines.backup");
  await page.locator("#components-0-price-unit_price").fill("12.345");
  await page.locator("#components-0-price-included").fill("5");
  await page.getByRole("button", { name: "Make the plan" }).click();
  await heading(page, "Ledger line");

  await api("POST", "/msp/customers", { code: "LEDGERLINE", company_name: "Ledgerline", contact_email: OWNER });
  await page.goto(`${demo.url}/customers/LEDGERLINE?tab=subscription`);
  await page.locator(".radio-card", { hasText: "Ledger line" }).click();
  await page.locator("#starts_on").fill(`${MONTH}-01`);
  await page.getByRole("button", { name: "Start subscription" }).click();
  await page.getByRole("button", { name: "Cancel subscription…" }).waitFor();
  const event = { specversion: "1.0", id: "1", source: "urn:money", type: "machines.backup", subject: "LEDGERLINE", time: `${MONTH}-10T12:00:00Z`, data: { quantity: 8 } };
  await api("POST", "/ingest/events", event, "application/cloudevents+json");

  // The customer saves a card, on Stripe's page.
  await api("POST", "/msp/customers/LEDGERLINE/invitations", { email: OWNER, role: "customer_owner" });
  await accept(demo, OWNER, "Olga Owner");
  const portal = await open(chromium);
  await signIn(portal.page, `${northwind}/payment-methods`, OWNER);
  await heading(portal.page, "Payment methods");
  await portal.page.getByText("None is saved.").waitFor();
  await portal.page.getByRole("button", { name: "Add a payment method" }).click();
  await portal.page.locator("input[name=card]").fill("4242 4242 4242 4242");
  await portal.page.getByRole("button", { name: "Save card" }).click();
  await portal.page.waitForURL(/\/payment-methods\?saved=/);
  await portal.page.getByText("The payment method has been saved.").waitFor({ timeout: 20_000 });
  await portal.page.getByRole("row", { name: /Visa ···· 4242/ }).getByText("Charged for invoices").waitFor();

  nothing(await inspect(portal.page, "a saved payment method"));
  await page.goto(`${demo.url}/customers/LEDGERLINE?tab=invoices`);
  await page.getByRole("row", { name: /Visa ···· 4242/ }).waitFor();
  nothing(await inspect(page, "a customer's saved payment method"));

  // Looked at before it is issued, then issued.
  const wanted = { amount_minor: 1_999 + 3_704, currency: "USD" };
  await page.goto(`${demo.url}/invoices/run`);
  await heading(page, "Run invoices");
  await page.locator("tr", { hasText: "Ledgerline" }).getByText(money(wanted)).first().waitFor();
  await page.getByRole("button", { name: "Issue invoices" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Issue invoices" }).click();
  await page.getByText("The run is done.").waitFor({ timeout: 60_000 });
  const invoice = await until("the paid invoice", async () => {
    const { items } = await api("GET", `/msp/invoices?customer=LEDGERLINE&period=${MONTH}`);
    return items[0]?.status === "paid" && items[0];
  });
  assert.deepEqual(invoice.total, wanted);
  await page.goto(`${demo.url}/invoices/${invoice.id}`);
  await heading(page, invoice.number);
  await page.getByText("Paid", { exact: true }).first().waitFor();

  // Checked by who pays; and what is not right shows.
  await portal.page.goto(`${northwind}/invoices/${invoice.id}`);
  await portal.page.getByRole("link", { name: "Check this invoice" }).click();
  await portal.page.getByText("All 2 lines are equal, to the cent.").waitFor();
  await portal.page.route(new RegExp(`/portal/invoices/${invoice.id}$`), async (route) => {
    // Of the names below localhost, only browsers know that they are this machine.
    const url = route.request().url().replace(/\w+\.localhost/, "localhost");
    const answer = await route.fetch({ url, headers: await route.request().allHeaders() });
    const told = await answer.json();
    told.lines[1].amount.amount_minor += 100;
    await route.fulfill({ response: answer, json: told });
  });
  await portal.page.reload();
  await portal.page.getByText(/not what usage and prices give/).waitFor();
  assert.deepEqual(faults(complaints), []);
  assert.deepEqual(faults(portal.complaints), []);
  await context.close();
  await portal.context.close();
});

test("a card that is declined is told, and the invoice paid another way", async () => {
  const owner = await as(demo, OWNER);
  // From now on another card is charged, which the bank declines.
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${northwind}/payment-methods`, OWNER);
  await page.getByRole("button", { name: "Add a payment method" }).click();
  await page.locator("input[name=card]").fill("4000 0000 0000 0341");
  await page.getByRole("button", { name: "Save card" }).click();
  await page.waitForURL(/\/payment-methods\?saved=/);
  const row = page.getByRole("row", { name: /···· 0341/ });
  await row.getByRole("button", { name: "Use for invoices" }).click();
  await row.getByText("Charged for invoices").waitFor();
  await page.getByRole("row", { name: /4242/ }).getByRole("button", { name: /Remove/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.getByRole("row", { name: /4242/ }).waitFor({ state: "detached" });
  assert.deepEqual((await owner("GET", "/portal/payment-methods")).items.map((one) => one.last4), ["0341"]);

  const period = now.toISOString().slice(0, 7);
  const draft = await api("POST", "/msp/invoices", { customer: "LEDGERLINE", period });
  await api("POST", `/msp/invoices/${draft.id}/finalize`);
  await page.goto(`${northwind}/invoices/${draft.id}`);
  await page.getByText(/The saved payment method was declined/).waitFor({ timeout: 20_000 });
  // Once more, by hand: it is still declined, and nothing is lost.
  await page.getByRole("button", { name: /Charge Visa ···· 0341/ }).click();
  await page.getByText(/The saved payment method was declined/).waitFor();
  await page.getByRole("button", { name: /^Pay / }).click();
  await page.locator("input[name=card]").fill("4242 4242 4242 4242");
  await page.getByRole("button", { name: /^Pay/ }).click();
  await page.waitForURL(new RegExp(`/invoices/${draft.id}`));
  await page.getByText("Thank you. Your payment has arrived.").waitFor({ timeout: 30_000 });
  assert.deepEqual(faults(complaints), []);
  await context.close();
});
