// Tax: set by the MSP, decided by where a customer is, and told on invoices, in the portal and to who checks them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspect, nothing } from "./accessible.mjs";
import { as, at, browser, faults, focused, heading, open, signIn, start } from "./demo.mjs";

const OWNER = "owner@acme.example";
// Where Northwind is.
const MONTH = new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" }).format(new Date()).slice(0, 7);

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

const toast = (page, text) => page.locator(".toast").getByText(text).first().waitFor();
const rule = (page, number) => page.getByRole("group", { name: `Tax ${number}`, exact: true });
const wrong = (page, id) => page.locator(`#${id}-wrong`);
const euros = (minor) => new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" }).format(minor / 100);

test("taxes are set; what is wrong shows at its field, and what was typed stays", async () => {
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/settings/taxes`);
  await heading(page, "Settings");
  await page.getByRole("heading", { name: "No tax is charged" }).waitFor();
  nothing(await inspect(page, "no taxes"));
  await page.getByRole("button", { name: "Add a tax" }).click();
  await focused(page, "rules-0-name");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  // Taxes go by where the company is.
  await wrong(page, "country").getByText("Choose where your company is").waitFor();
  await wrong(page, "rules-0-name").locator("p").waitFor();
  await page.locator("#country").selectOption({ label: "Germany" });
  await rule(page, 1).getByLabel("Name on the invoice").fill("VAT");
  await rule(page, 1).getByLabel("Rate").fill("190");
  await rule(page, 1).getByLabel("Country").selectOption({ label: "Germany" });
  await wrong(page, "rules-0-percent").getByText("Enter a rate from 0 to 100").waitFor();
  nothing(await inspect(page, "a tax with something wrong"));
  await rule(page, 1).getByLabel("Rate").fill("19");
  await page.getByRole("button", { name: "Add a tax" }).click();
  await focused(page, "rules-1-name");
  // The country of the company stands there already; the same tax again is none.
  assert.equal(await rule(page, 2).getByLabel("Country").inputValue(), "DE");
  await rule(page, 2).getByLabel("Name on the invoice").fill("VAT");
  await rule(page, 2).getByLabel("Rate").fill("0");
  await wrong(page, "rules-1-name").getByText("Another tax has this name").waitFor();
  await rule(page, 2).getByLabel("Product class").fill("late_fee");
  await wrong(page, "rules-1-name").locator("p").waitFor({ state: "detached" });
  await page.reload();
  await page.getByText("What you typed before is back.").waitFor();
  assert.equal(await rule(page, 2).getByLabel("Product class").inputValue(), "late_fee");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await toast(page, "Saved. Invoices that are issued from now on follow it.");
  await page.reload();
  await rule(page, 2).waitFor();
  assert.equal(await rule(page, 1).getByLabel("Rate").inputValue(), "19");
  assert.equal(await page.locator("#country").inputValue(), "DE");
  nothing(await inspect(page, "two taxes"));
  const { rules } = await api("GET", "/msp/taxes");
  assert.deepEqual(rules, [
    { name: "VAT", country: "DE", percent: "19" },
    { name: "VAT", country: "DE", class: "late_fee", percent: "0" },
  ]);
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("a customer's country decides, and the invoice tells it everywhere", async () => {
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/customers/ACME?tab=settings`);
  await page.getByLabel("Country").selectOption({ label: "Austria" });
  await page.getByLabel("Tax number").fill("ATU13585626");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await wrong(page, "tax_id").getByText("not a valid VAT number").waitFor();
  await page.getByLabel("Tax number").fill("ATU13585627");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.locator(".toast").waitFor();
  const draft = await api("POST", "/msp/invoices", { customer: "ACME", period: MONTH });
  assert.equal(draft.taxes.treatment, "reverse_charge");
  await page.goto(`${demo.url}/invoices/${draft.id}`);
  await page.getByText("Reverse charge: the recipient of the service owes the tax").waitFor();

  // At home again: the draft is rated anew when it is issued.
  await page.goto(`${demo.url}/customers/ACME?tab=settings`);
  await page.getByLabel("Country").selectOption({ label: "Germany" });
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.locator(".toast").waitFor();
  const invoice = await api("POST", `/msp/invoices/${draft.id}/finalize`, {});
  const { total, tax } = invoice;
  const net = total.amount_minor - tax.amount_minor;
  assert.equal(tax.amount_minor, Math.round(net * 0.19));
  await page.goto(`${demo.url}/invoices/${draft.id}`);
  const row = (name, minor) => page.getByRole("row", { name: new RegExp(`^${name}\\s.*${euros(minor).replace(/[$.]/g, "\\$&")}$`) }).waitFor();
  await row("Net", net);
  await row("VAT 19 % on .*", tax.amount_minor);
  await row("Total", total.amount_minor);
  nothing(await inspect(page, "an invoice with tax"));

  // A part of it is credited with its tax.
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Credit note" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason").fill("Too much");
  await dialog.getByLabel("What to credit").selectOption("by_line");
  await dialog.getByText("Lines are without tax").waitFor();
  await dialog.locator("#lines-0-amount").fill("10");
  await dialog.getByText("$11.90 is credited").waitFor();
  await dialog.getByRole("button", { name: "Issue credit note" }).click();
  await page.locator(".toast").waitFor();
  const { items: [note] } = await api("GET", `/msp/credit-notes?invoice=${draft.id}`);
  assert.deepEqual([note.total.amount_minor, note.tax.amount_minor], [1190, 190]);
  assert.deepEqual(faults(complaints), []);
  await context.close();

  // The customer sees the same, and comes to the same.
  const portal = await open(chromium, { viewport: { width: 390, height: 844 } });
  await signIn(portal.page, `${at(demo, "northwind")}/invoices/${draft.id}`, OWNER);
  await portal.page.getByRole("row", { name: /VAT 19 %/ }).getByText(euros(tax.amount_minor)).waitFor();
  await portal.page.getByRole("link", { name: "Check this invoice" }).click();
  await portal.page.getByText(/lines are equal, to the cent|line is equal, to the cent/).waitFor();
  nothing(await inspect(portal.page, "an invoice with tax in the portal"));
  assert.deepEqual(faults(portal.complaints), []);
  await portal.context.close();
});
