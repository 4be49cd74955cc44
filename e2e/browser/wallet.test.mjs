// Credit that is paid ahead or given: granted, used, taken back, and seen by the customer.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspect, nothing } from "./accessible.mjs";
import { accept, as, at, browser, faults, open, signIn, start } from "./demo.mjs";

const now = new Date();
const MONTH = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)).toISOString().slice(0, 7);
const NEXT_YEAR = `${now.getUTCFullYear() + 1}-06-30`;

let demo;
let chromium;
let api;
before(async () => {
  chromium = await browser();
  demo = await start();
  api = await as(demo);
  const base_fee = { amount_minor: 9000, currency: "USD" };
  await api("POST", "/msp/plans", { code: "NINETY", name: "Ninety", base_fee });
  await api("POST", "/msp/customers", { code: "WALLET", company_name: "Wallet Ltd", contact_email: "owner@wallet.example" });
  await api("POST", "/msp/customers/WALLET/subscriptions", { plan: "NINETY", starts_on: `${MONTH}-01` });
});
after(async () => {
  await chromium?.close();
  await demo?.stop();
});

const toast = (page, text) => page.locator(".toast").getByText(text).first().waitFor();
const card = (page) => page.locator(".card", { has: page.getByRole("heading", { name: "Credit", exact: true }) });

test("credit is granted, used by an invoice, and what is left is taken back", async () => {
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/customers/WALLET?tab=invoices`);
  await card(page).getByText("Nothing was granted.").waitFor();
  await page.getByRole("button", { name: "Add prepaid credit…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Add prepaid credit" }).click();
  await dialog.locator("#amount-wrong p").waitFor();
  await dialog.getByLabel("Description").fill("Paid ahead");
  await dialog.getByLabel("Amount").fill("100");
  await dialog.getByLabel("Can be used until").fill(NEXT_YEAR);
  await dialog.getByLabel("Reference").fill("BT-WALLET");
  nothing(await inspect(page, "adding credit"));
  await dialog.getByRole("button", { name: "Add prepaid credit" }).click();
  await toast(page, "$100.00 of credit is added.");
  await card(page).getByRole("rowheader", { name: /Paid ahead/ }).waitFor();
  await page.getByRole("button", { name: "Add prepaid credit…" }).click();
  await dialog.getByLabel("Description").fill("Welcome");
  await dialog.getByLabel("Where it comes from").selectOption("promotional");
  await dialog.getByLabel("Amount").fill("20");
  await dialog.getByRole("button", { name: "Add prepaid credit" }).click();
  await toast(page, "$20.00 of credit is added.");
  await card(page).getByText("$120.00", { exact: true }).waitFor();

  const { id } = await api("POST", "/msp/invoices", { customer: "WALLET", period: MONTH });
  const issued = await api("POST", `/msp/invoices/${id}/finalize`);
  assert.equal(issued.credit_used.amount_minor, 9000);
  await page.reload();
  await card(page).getByText("$30.00", { exact: true }).first().waitFor();
  await card(page).getByRole("link", { name: issued.number }).waitFor();
  await card(page).getByRole("row", { name: /Paid ahead/ }).getByRole("button").click();
  await dialog.getByLabel("Reason").fill("Sent back");
  await dialog.getByRole("button", { name: "Take back" }).click();
  await toast(page, "What was left of Paid ahead is taken back.");
  await card(page).getByText("Taken back").first().waitFor();
  await card(page).getByText("$20.00", { exact: true }).first().waitFor();
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("the customer sees what it has and how long it lasts", async () => {
  const email = "owner@wallet.example";
  await api("POST", "/msp/customers/WALLET/invitations", { email, role: "customer_owner" });
  await accept(demo, email, "Olga Owner");
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${at(demo, "northwind")}/`, email);
  await card(page).getByText("$20.00").first().waitFor();
  await card(page).getByText("Welcome · does not expire").waitFor();
  nothing(await inspect(page, "credit in the portal"));
  assert.deepEqual(faults(complaints), []);
  await context.close();
});
