// Plans, invoices and payments, as people at an MSP meet them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect, nothing } from "./accessible.mjs";
import { as, browser, faults, heading, open, settled, signIn, start, tabTo } from "./demo.mjs";

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

const money = (amount) => {
  const digits = new Intl.NumberFormat("en-US", { style: "currency", currency: amount.currency });
  return digits.format(amount.amount_minor / 100);
};

const now = new Date();
const last = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1));
const MONTH = last.toISOString().slice(0, 7);

// A customer on a plan since the beginning of last month, who used this much of each metric.
async function customer(code, plan, usage) {
  await api("POST", "/msp/customers", {
    code, company_name: `${code} Industries`, contact_name: "Ann Payer", contact_email: `pay@${code.toLowerCase()}.example`,
  });
  await api("POST", `/msp/customers/${code}/subscription`, { plan, starts_on: `${MONTH}-01` });
  for (const [metric, quantity] of Object.entries(usage)) {
    const event = {
      specversion: "1.0", id: `${code}-${metric}`, source: "urn:test", type: metric, subject: code,
      time: `${MONTH}-10T12:00:00Z`, data: { quantity },
    };
    await api("POST", "/ingest/events", event, "application/cloudevents+json");
  }
}

const wrong = (page, id) => page.locator(`#${id}-wrong .wrong`);

test("a plan is made, corrected, changed and archived, and costs what the preview says", async () => {
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/plans`);
  await heading(page, "Plans");
  await page.getByRole("link", { name: "New plan" }).click();
  await heading(page, "New plan");

  // What is missing is told at its field, and the first of it gets the focus.
  await page.getByRole("button", { name: "Make the plan" }).click();
  await wrong(page, "name").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "name");
  await page.getByLabel("Name", { exact: true }).fill("Managed desk");
  assert.equal(await page.getByLabel("Code", { exact: true }).inputValue(), "MANAGED-DESK");
  await page.locator("#base_fee-amount_minor").fill("99.505");
  await wrong(page, "base_fee-amount_minor").getByText(/two decimals/).waitFor();
  await page.locator("#base_fee-amount_minor").fill("99.50");

  await page.locator("#components-0-metric").selectOption("machines.backup");
  assert.equal(await page.locator("#components-0-name").inputValue(), "Machines, Backup edition");
  await page.locator("#components-0-price-unit_price").fill("abc");
  await wrong(page, "components-0-price-unit_price").waitFor();
  await page.locator("#components-0-price-unit_price").fill("12.345");
  await page.locator("#components-0-price-included").fill("5");
  await page.getByRole("button", { name: "Add a component" }).click();
  await page.locator("#components-1-metric").selectOption("storage_gb");
  assert.equal(await page.evaluate(() => document.activeElement.id), "components-1-metric");
  await page.locator("#components-1-price-unit_price").fill("-1");
  // Another place, and the server's word is still told at the right row.
  await page.getByRole("button", { name: "Move component 2 up" }).click();
  await page.getByRole("group", { name: "Component 1" }).locator("#components-1-metric").waitFor();
  await page.getByRole("button", { name: "Make the plan" }).click();
  await wrong(page, "components-1-price-unit_price").getByText(/from 0 to/).waitFor();
  assert.equal(await wrong(page, "components-0-price-unit_price").count(), 0);

  // What was typed is there after a reload, the rows and their order, too.
  await page.reload();
  await page.getByRole("group", { name: "Component 1" }).locator("#components-1-metric").waitFor();
  assert.equal(await page.locator("#components-0-price-unit_price").inputValue(), "12.345");
  await page.getByRole("button", { name: "Move component 2 up" }).click();
  await page.getByRole("group", { name: "Component 1" }).locator("#components-0-metric").waitFor();
  await page.locator("#components-1-price-unit_price").fill("0.0375");

  const preview = page.locator(".preview tbody tr");
  const shown = await preview.evaluateAll((rows) =>
    rows.map((row) => [...row.children].map((cell) => cell.textContent.trim())),
  );
  assert.deepEqual(shown.map((row) => row[0]), ["Base fee", "Machines, Backup edition", "Backup storage", "In all"]);
  await page.getByRole("button", { name: "Make the plan" }).click();
  await heading(page, "Managed desk");
  assert.match(page.url(), /\/plans\/MANAGED-DESK$/);

  // The server bills the same for the same usage: 10, 100 and 1,000 of each.
  for (const [column, quantity] of [[2, 10], [3, 100], [4, 1000]]) {
    const code = `PREVIEW${quantity}`;
    await customer(code, "MANAGED-DESK", { "machines.backup": quantity, storage_gb: quantity });
    const invoice = await api("POST", "/msp/invoices", { customer: code, period: MONTH });
    const billed = [...invoice.lines.map((line) => money(line.amount)), money(invoice.total)];
    assert.deepEqual(shown.map((row) => row[column]), billed, `${quantity}`);
  }
  await page.reload();
  await page.getByRole("link", { name: "PREVIEW10 Industries" }).waitFor();

  await page.getByRole("link", { name: "Edit" }).click();
  await heading(page, "Edit Managed desk");
  await page.getByText(/drafts included/).waitFor();
  await page.locator("#base_fee-amount_minor").fill("120");
  await page.getByRole("button", { name: "Remove component 2" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await heading(page, "Managed desk");
  const plan = await api("GET", "/msp/plans/MANAGED-DESK");
  assert.deepEqual([plan.base_fee.amount_minor, plan.components.map((one) => one.metric)], [12_000, ["machines.backup"]]);

  await page.getByRole("button", { name: "Archive" }).click();
  await page.getByRole("dialog").getByText(/stay on it/).waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Archive" }).click();
  await page.getByRole("button", { name: "Bring back" }).waitFor();
  await page.goto(`${demo.url}/plans?status=archived`);
  await page.getByRole("link", { name: "Managed desk" }).waitFor();
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("an invoice is drafted, issued and its pay link copied by keyboard alone; the customer pays", async () => {
  await customer("KEYS", "ENTERPRISE", { "machines.enterprise": 3 });
  const { page, context, complaints } = await open(chromium);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await signIn(page, `${demo.url}/invoices`);
  await heading(page, "Invoices");
  await tabTo(page, page.getByRole("link", { name: "New invoice" }));
  await page.keyboard.press("Enter");
  await heading(page, "New invoice");
  await tabTo(page, page.locator("#customer"));
  await page.keyboard.type("NOBODY-LIKE-THIS");
  await page.keyboard.press("Enter");
  await wrong(page, "customer").waitFor();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("KEYS");
  await tabTo(page, page.getByRole("button", { name: "Make the draft" }));
  await page.keyboard.press("Enter");
  await heading(page, /Draft for KEYS/);
  await tabTo(page, page.getByRole("button", { name: "Finalise" }));
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.getByText(/next number/).waitFor();
  await tabTo(page, dialog.getByRole("button", { name: "Finalise" }));
  await page.keyboard.press("Enter");
  await heading(page, /^NW-/);
  const number = await page.getByRole("heading", { level: 1 }).textContent();
  await tabTo(page, page.getByRole("button", { name: "Pay link" }));
  await page.keyboard.press("Enter");
  await tabTo(page, dialog.getByRole("button", { name: "Copy" }));
  await page.keyboard.press("Enter");
  await dialog.getByText("Copied").waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(link, /^http/);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });

  // The customer, somewhere else.
  const pays = await open(chromium);
  await pays.page.goto(link);
  await pays.page.getByText(number).first().waitFor();
  await pays.page.getByLabel("Card number").fill("4000 0000 0000 0002");
  await pays.page.getByRole("button", { name: /^Pay / }).click();
  await pays.page.getByText(/declined/).first().waitFor();
  await pays.page.getByLabel("Card number").fill("4242 4242 4242 4242");
  await pays.page.getByRole("button", { name: /^Pay / }).click();
  await pays.page.waitForURL(/\/payment\/done/);
  await pays.context.close();

  const status = page.locator(".head .st");
  for (const deadline = Date.now() + 20_000; (await status.textContent()) !== "Paid"; await sleep(500)) {
    assert.ok(Date.now() < deadline, "the invoice was not paid in time");
    await page.reload();
    await heading(page, /^NW-/);
    await status.waitFor();
  }
  const payments = page.getByRole("table", { name: "Payments" });
  await payments.getByText("Received").waitFor();
  await payments.getByText("Failed").waitFor();
  assert.equal(await page.getByRole("button", { name: "Pay link" }).count(), 0);
  const pdf = await page.getByRole("link", { name: "PDF" }).getAttribute("href");
  const answer = await context.request.get(demo.url + pdf);
  assert.equal(answer.headers()["content-type"], "application/pdf");
  await page.goto(`${demo.url}/invoices?customer=KEYS&status=paid`);
  await page.getByRole("link", { name: number }).waitFor();
  await page.goto(`${demo.url}/settings/payments`);
  await page.getByRole("link", { name: number }).first().waitFor();
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("a draft is deleted, and a run issues what is due", async () => {
  await customer("RUNNER", "BACKUP", { "machines.backup": 2 });
  const draft = await api("POST", "/msp/invoices", { customer: "RUNNER", period: MONTH });
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/invoices/${draft.id}`);
  await page.getByRole("button", { name: "Delete draft" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete draft" }).click();
  await heading(page, "Invoices");
  await page.getByRole("link", { name: "Run invoices" }).click();
  await heading(page, "Run invoices");
  await page.getByRole("button", { name: "Issue invoices" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Issue invoices" }).click();
  await page.getByText("The run is done.").waitFor({ timeout: 30_000 });
  await page.reload();
  await page.getByText("The run is done.").waitFor();
  const { items } = await api("GET", `/msp/invoices?customer=RUNNER&period=${MONTH}`);
  assert.deepEqual(items.map((one) => one.status), ["finalized"]);
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("payments are set up at Stripe, with a stop on the way", async () => {
  const { page, context, complaints } = await open(chromium);
  // Where the MSP is at home: Stripe's forms lead back to its own host.
  const home = demo.url.replace("localhost", "harbor.localhost");
  await signIn(page, `${home}/settings/payments`, "admin@harbor.example");
  await heading(page, "Payments");
  await page.getByText("Not connected").first().waitFor();
  await page.getByRole("button", { name: "Connect with Stripe" }).click();
  await wrong(page, "country").waitFor();
  await page.getByLabel("Country").selectOption("DE");
  await page.getByRole("button", { name: "Connect with Stripe" }).click();
  await page.getByRole("button", { name: "Save for later" }).click();
  await page.waitForURL(/\/settings\/payments/);
  await page.getByText("Stripe still needs details").waitFor();
  await page.getByRole("button", { name: "Go on at Stripe" }).click();
  await page.locator("button[value=complete]").click();
  await page.waitForURL(/\/settings\/payments/);
  await page.getByText("Ready", { exact: true }).waitFor();
  assert.deepEqual(faults(complaints), []);
  await context.close();

  const northwind = await open(chromium);
  await signIn(northwind.page, `${demo.url}/settings/payments`);
  await northwind.page.getByText("Ready", { exact: true }).waitFor();
  await northwind.page.getByRole("table", { name: "Received payments" }).waitFor();
  await northwind.context.close();
});

test("who looks after customers sees plans and no invoices", async () => {
  const { page, context } = await open(chromium);
  await signIn(page, `${demo.url}/plans/ENTERPRISE`, "operator@northwind.example");
  await heading(page, "Enterprise");
  assert.equal(await page.getByRole("link", { name: "Edit" }).count(), 0);
  assert.equal(await page.getByRole("link", { name: "Invoices" }).count(), 0);
  for (const path of ["/invoices", "/plans/new", "/settings/payments"]) {
    await page.goto(demo.url + path);
    await heading(page, "You may not see this page");
  }
  await context.close();
});

test("a plan with faults and a pay link are for everybody", async () => {
  const { page, context, complaints } = await open(chromium);
  const [invoice] = (await api("GET", "/msp/invoices?status=finalized&limit=1")).items;
  await signIn(page, `${demo.url}/plans/new`);
  await page.getByRole("button", { name: "Make the plan" }).click();
  await wrong(page, "name").waitFor();
  await settled(page);
  const found = await inspect(page, "a plan with what is wrong");
  await page.goto(`${demo.url}/invoices/${invoice.id}`);
  await page.getByRole("button", { name: "Pay link" }).click();
  await page.getByRole("button", { name: "Copy" }).waitFor();
  await settled(page);
  assert.deepEqual(faults(complaints), []);
  nothing(await inspect(page, "the pay link", found));
  await context.close();
});
