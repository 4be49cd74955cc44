// The whole path: a customer is taken on, reports usage, is billed and pays.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { as, at, browser, faults, focused, heading, open, signIn, start, tabTo } from "./demo.mjs";

let demo;
let chromium;
let api;
before(async () => {
  // One after the other: what has been started is stopped, whatever fails.
  chromium = await browser();
  demo = await start();
  api = await as(demo);
});
after(async () => {
  await chromium?.close();
  await demo?.stop();
});

// Reports usage as another program would, now.
async function report(customer, usage) {
  const events = Object.entries(usage).map(([metric, quantity]) => ({
    specversion: "1.0", id: `${customer} ${metric} ${quantity}`, source: "urn:test", type: metric, subject: customer, data: { quantity },
  }));
  const { accepted } = await api("POST", "/ingest/events", events, "application/cloudevents-batch+json");
  assert.equal(accepted, events.length);
}

// The month that the server counts this usage in.
const month = async (customer) => (await api("GET", `/msp/customers/${customer}/usage`)).period;

// A subscription that begins today is served the days that are left of the month, where the MSP is.
const [year, monthNumber, day] = new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York" }).format(new Date()).split("-").map(Number);
const days = new Date(Date.UTC(year, monthNumber, 0)).getUTCDate();
// In whole numbers, half up: of a month's minor units, or of 10⁻⁹ units that are included.
const divided = (number, divisor) => Math.floor((2 * number + divisor) / (2 * divisor));
const prorated = (number) => divided(number * (days - day + 1), days);
const dollars = (minor) => new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" }).format(minor / 100);
const quantity = (nano) => new Intl.NumberFormat("en-US", { maximumFractionDigits: 9 }).format(nano / 1e9);
const literally = (text) => text.replaceAll(/[$.]/g, "\\$&");

// What a table says, row by row.
const rows = (table) =>
  table.locator("tr").evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.innerText.replaceAll("\n", "; ")).join(" | ")));

test("a customer is taken on, uses, is billed and pays, and the dashboard shows each step at once", async () => {
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${at(demo, "northwind")}/customers`);
  const field = (name) => page.getByLabel(name, { exact: true });
  const press = (name) => page.getByRole("button", { name, exact: true }).click();
  const step = (name) => page.locator("#step-title").getByText(name, { exact: true }).waitFor();
  const dialog = page.getByRole("dialog");

  await page.getByRole("link", { name: "New customer" }).click();
  await step("Company");
  await field("Company name").fill("Quarry Stone Works");
  await field("Code").fill("QUARRY");
  await field("Email").fill("accounts@quarry.example");
  await press("Continue");
  await step("Plan");
  await page.locator(".radio-card", { hasText: "Enterprise" }).click();
  await press("Continue");
  await step("Limits");
  await field("Machines").fill("10");
  await field("Storage, GB").fill("2000");
  await press("Continue");
  await step("People");
  await press("Continue");
  await step("Review");
  await press("Create customer");
  await heading(page, "Quarry Stone Works");

  // From here on nothing is loaded anew but what the app itself reads.
  await page.evaluate(() => (window.neverReloaded = true));
  const meter = (name) => page.locator(".meter", { hasText: name }).locator("b");
  await meter("Machines").getByText("0 of 10", { exact: true }).waitFor();
  await report("QUARRY", { "machines.enterprise": 7, storage_gb: "1234.5" });
  await meter("Machines").getByText("7 of 10", { exact: true }).waitFor();
  await meter("Storage").getByText("1,234.5 of 2,000", { exact: true }).waitFor();

  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Invoices" }).click();
  await heading(page, "Invoices");
  await page.getByRole("link", { name: "New invoice" }).click();
  await heading(page, "New invoice");
  await page.locator("#customer").fill("QUARRY");
  await page.locator("#period").selectOption(await month("QUARRY"));
  await press("Make the draft");
  await heading(page, "Draft for Quarry Stone Works");
  await press("Finalise");
  await dialog.getByText(/This month is not over|still running/).waitFor();
  await dialog.getByRole("button", { name: "Finalise", exact: true }).click();
  await heading(page, /^NW-/);
  const number = await page.getByRole("heading", { level: 1 }).textContent();

  // In a whole month: $75, 7 machines at $25, and 234.5 GB beyond 1,000 at $0.03, which is $7.035 and rounds to $7.04.
  const included = prorated(1_000e9);
  const beyond = 1_234.5e9 - included;
  const [fee, storage] = [prorated(75_00), divided(beyond * 3, 1e9)];
  const total = dollars(fee + 175_00 + storage);
  assert.deepEqual(await rows(page.getByRole("table", { name: "What it charges for" })), [
    "What is billed | Quantity | Price | Amount",
    `Base fee, Enterprise | 1 | $75.00 | ${dollars(fee)}`,
    "Protected machines; 7 used, 0 included (machine) | 7 | $25.00 | $175.00",
    `Backup storage; 1,234.5 used, ${quantity(included)} included (GB) | ${quantity(beyond)} | $0.03 | ${dollars(storage)}`,
    `Total |  |  | ${total}`,
  ]);
  await page.getByText(new RegExp(`^${literally(total)} due `)).waitFor();

  await press("Pay link");
  const link = await dialog.getByLabel("Pay link", { exact: true }).inputValue();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });

  const customer = await open(chromium);
  await customer.page.goto(link);
  await customer.page.getByText(number).first().waitFor();
  await customer.page.getByLabel("Card number").fill("4242 4242 4242 4242");
  await customer.page.getByRole("button", { name: `Pay ${total}`, exact: true }).click();
  await customer.page.waitForURL(/\/payment\/done/);
  await heading(customer.page, "Thank you");
  assert.deepEqual(faults(customer.complaints), []);
  await customer.context.close();

  await page.getByText(new RegExp(`^${literally(total)}, paid `)).waitFor({ timeout: 20_000 });
  await page.locator(".head .st", { hasText: "Paid" }).waitFor();
  const payments = page.getByRole("table", { name: "Payments" });
  await payments.getByText(total, { exact: true }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Pay link" }).count(), 0);
  assert.equal(await page.evaluate(() => window.neverReloaded), true);
  const [paid] = (await api("GET", "/msp/invoices?customer=QUARRY")).items;
  assert.deepEqual([paid.status, paid.total], ["paid", { amount_minor: fee + 175_00 + storage, currency: "USD" }]);
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("a customer is taken on, billed and sent a link by the keyboard alone", async () => {
  const { page, context, complaints } = await open(chromium);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  // A page that is copied from has to be of a safe origin.
  await signIn(page, `${demo.url}/customers`);
  await heading(page, "Customers");
  const dialog = page.getByRole("dialog");
  const to = (role, name, within = page) => tabTo(page, within.getByRole(role, { name, exact: true }));
  const enter = () => page.keyboard.press("Enter");
  const step = (name) => page.locator("#step-title").getByText(name, { exact: true }).waitFor();
  // The step has the focus, too: who tabs on begins there.
  const arrived = async (name) => {
    await step(name);
    await focused(page, "step-title");
  };
  const type = async (id, text) => {
    await tabTo(page, page.locator(id));
    await page.keyboard.type(text);
  };

  await to("link", "New customer");
  await enter();
  await step("Company");
  await type("#company_name", "Basalt Freight");
  await enter();
  await arrived("Plan");
  await tabTo(page, page.getByRole("radio", { checked: true }));
  for (let moved = 0; !(await page.getByRole("radio", { name: /^Backup/ }).isChecked()); moved += 1) {
    assert.ok(moved < 10, "the arrow keys do not reach the plan");
    await page.keyboard.press("ArrowDown");
  }
  await to("button", "Continue");
  await enter();
  await arrived("Limits");
  await to("button", "Continue");
  await enter();
  await arrived("People");
  await to("button", "Continue");
  await enter();
  await arrived("Review");
  await to("button", "Create customer");
  await enter();
  await heading(page, "Basalt Freight");
  await report("BASALT-FREIGHT", { "machines.backup": 3, storage_gb: 250.5 });

  await tabTo(page, page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Invoices" }));
  await enter();
  await heading(page, "Invoices");
  await to("link", "New invoice");
  await enter();
  await heading(page, "New invoice");
  await type("#customer", "BASALT-FREIGHT");
  await tabTo(page, page.locator("#period"));
  const wanted = await month("BASALT-FREIGHT");
  const chosen = () => page.locator("#period").inputValue();
  const way = (await chosen()) < wanted ? "ArrowUp" : "ArrowDown";
  for (let moved = 0; (await chosen()) !== wanted; moved += 1) {
    assert.ok(moved < 3, "the arrow keys do not reach the month");
    await page.keyboard.press(way);
  }
  await to("button", "Make the draft");
  await enter();
  await heading(page, "Draft for Basalt Freight");
  await to("button", "Finalise");
  await enter();
  await dialog.waitFor();
  await to("button", "Finalise", dialog);
  await enter();
  await heading(page, /^NW-/);
  // In a whole month: $25, 3 machines at $10, and half a GB beyond 250 at $0.035, which is $0.0175 and rounds to $0.02.
  const beyond = 250.5e9 - prorated(250e9);
  const total = dollars(prorated(25_00) + 30_00 + divided(beyond * 35, 1e10));
  await page.getByText(new RegExp(`^${literally(total)} due `)).waitFor();
  await to("button", "Pay link");
  await enter();
  await to("button", "Copy", dialog);
  await enter();
  await dialog.getByText("Copied").waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(link, await dialog.getByLabel("Pay link", { exact: true }).inputValue());
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await page.waitForFunction(() => document.activeElement?.textContent.trim() === "Pay link");
  const answer = await context.request.get(link);
  assert.ok((await answer.text()).includes(total));
  assert.deepEqual(faults(complaints), []);
  await context.close();
});
