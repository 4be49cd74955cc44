// The books, as people at an MSP read them, and how the lines of an invoice came about.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
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

const number = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const money = (minor) => number.format(minor / 100);
const day = (text) => new Date(`${text}T00:00:00Z`).toLocaleDateString("en-US", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

// The rows of a table, cell by cell, with what is written below a name after a line break.
const rows = (page, name) =>
  page.getByRole("table", { name, exact: true }).locator("tbody tr").evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.innerText.trim())));

const NAMES = { receivable: "Accounts receivable", revenue: "Revenue", cash: "Cash", fees: "Payment fees" };
const AGES = ["current", "days30", "days60", "days90", "older"];

test("receivables are those of the server, who is late with most first", async () => {
  const { customers } = await api("GET", "/msp/ledger/receivables");
  const late = (owed) => owed.by_age.filter((part) => part.age !== "current").reduce((sum, part) => sum + part.amount.amount_minor, 0);
  const wanted = customers.toSorted((one, other) => late(other) - late(one) || other.total.amount_minor - one.total.amount_minor);
  assert.ok(late(wanted[0]) > 0, "the demo has somebody who is late");
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/ledger`);
  await heading(page, "Ledger");
  await settled(page);
  const shown = await rows(page, "Receivables");
  const cells = (owed) => AGES.map((age) => owed.by_age.find((part) => part.age === age)?.amount.amount_minor ?? 0);
  const written = (minor) => (minor === 0 ? "–" : money(minor));
  assert.deepEqual(
    shown.slice(0, -1).map(([, ...figures]) => figures),
    wanted.map((owed) => [...cells(owed).map(written), money(owed.total.amount_minor)]),
  );
  const sums = wanted.reduce((sums, owed) => cells(owed).map((minor, at) => sums[at] + minor), [0, 0, 0, 0, 0]);
  assert.deepEqual(shown.at(-1), ["All in USD", ...sums.map(written), money(sums.reduce((one, other) => one + other))]);
  // A day on which nothing was owed yet.
  await page.getByLabel("As of the end of").fill("2019-05-05");
  await page.waitForURL(/on=2019-05-05/);
  await page.getByText("Nobody owes anything").waitFor();
  await page.goBack();
  await page.getByRole("link", { name: wanted[0].customer_name }).click();
  await page.getByRole("heading", { name: "Statement in USD" }).waitFor();
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("the accounts balance, and lead to what was booked in them", async () => {
  const { accounts } = await api("GET", "/msp/ledger/balances");
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/ledger`);
  await page.getByRole("link", { name: "Balances" }).click();
  await page.waitForURL(/tab=balances/);
  await settled(page);
  const shown = await rows(page, "Trial balance");
  const cells = ({ account, balance: { amount_minor: minor } }) => [NAMES[account], minor < 0 ? "" : money(minor), minor < 0 ? money(-minor) : ""];
  assert.deepEqual(shown.slice(0, -1), accounts.map(cells));
  const [name, debit, credit] = shown.at(-1);
  assert.deepEqual([name, debit], ["All in USD", credit]);

  // By the keyboard to the transactions of an account.
  await tabTo(page, page.getByRole("link", { name: "Cash", exact: true }));
  await page.keyboard.press("Enter");
  await page.waitForURL(/tab=transactions&account=cash/);
  await settled(page);
  const { items } = await api("GET", "/msp/ledger/transactions?account=cash&limit=50");
  const entries = items.flatMap((booked) => booked.entries.map(({ account, amount }) => cells({ account, balance: amount })));
  assert.deepEqual((await rows(page, "What was booked")).map((row) => row.slice(-3)), entries);
  const [first] = await rows(page, "What was booked");
  for (const part of ["Payment received", day(items[0].booked_on), items[0].invoice_number, items[0].customer_name]) {
    assert.ok(first[0].includes(part), `${part} in ${first[0]}`);
  }
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("transactions are filtered by customer and days, and the journal is exported", async () => {
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/ledger?tab=transactions`);
  await page.getByRole("combobox", { name: "Customer" }).fill("acme");
  await page.getByRole("option", { name: /ACME/ }).click();
  await page.waitForURL(/customer=ACME/);
  const all = (await api("GET", "/msp/ledger/transactions?customer=ACME&limit=200")).items;
  const last = all[Math.floor(all.length / 2)].booked_on;
  await page.getByLabel("Last day").fill(last);
  await page.waitForURL(new RegExp(`until=${last}`));
  await settled(page);
  const wanted = all.filter((booked) => booked.booked_on <= last).slice(0, 50);
  const table = page.getByRole("table", { name: "What was booked" });
  assert.equal(await table.locator("th.booked").count(), wanted.length);
  await page.getByRole("link", { name: "Clear filters" }).click();
  await page.waitForURL(/\/ledger\?tab=transactions$/);
  await page.getByLabel("First day").fill("2019-01-01");
  await page.getByLabel("Last day").fill("2019-01-31");
  await page.getByText("Nothing was booked like this").waitFor();

  await page.getByRole("button", { name: "Export journal…" }).click();
  const dialog = page.getByRole("dialog");
  const [from, until] = [dialog.getByLabel("First day"), dialog.getByLabel("Last day")];
  const [first, end] = [await from.inputValue(), await until.inputValue()];
  await until.fill("2001-01-01");
  await dialog.getByRole("button", { name: "Export CSV" }).click();
  await dialog.getByText("Choose a day that is not before the first one.").waitFor();
  await until.fill(end);
  const [download] = await Promise.all([page.waitForEvent("download"), dialog.getByRole("button", { name: "Export CSV" }).click()]);
  assert.equal(download.suggestedFilename(), `ledger-${first}-${end}.csv`);
  const lines = (await readFile(await download.path(), "utf8")).trim().split("\n");
  let entries = 0;
  const next = new Date(Date.parse(end) + 86_400_000).toISOString().slice(0, 10);
  for (let cursor = ""; cursor !== undefined; ) {
    const found = await api("GET", `/msp/ledger/transactions?from=${first}&until=${next}&limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    entries += found.items.reduce((sum, booked) => sum + booked.entries.length, 0);
    cursor = found.next_cursor ?? undefined;
  }
  assert.equal(lines.length, entries + 1);
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("a customer's statement goes from what was owed to what is", async () => {
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/customers/ACME`);
  await page.getByRole("link", { name: "Statement", exact: true }).click();
  await page.waitForURL(/tab=statement/);
  await settled(page);
  const [account] = (await api("GET", "/msp/customers/ACME/statement")).accounts;
  const shown = await rows(page, "Statement in USD");
  assert.equal(shown[0].at(-1), money(account.opening.amount_minor));
  assert.deepEqual(
    shown.slice(1, -1).map(([, ...cells]) => cells),
    account.lines.map((line) => [day(line.booked_on), money(line.amount.amount_minor), money(line.balance.amount_minor)]),
  );
  assert.equal(shown.at(-1).at(-1), money(account.closing.amount_minor));
  const from = account.lines.at(-1).booked_on;
  await page.getByLabel("First day").fill(from);
  await page.waitForURL(new RegExp(`from=${from}`));
  await settled(page);
  const [later] = (await api("GET", `/msp/customers/ACME/statement?from=${from}`)).accounts;
  assert.equal((await rows(page, "Statement in USD"))[0].at(-1), money(later.opening.amount_minor));
  await page.getByLabel("Last day").fill("2010-01-01");
  await page.getByText("Choose a day that is not before the first one.").waitFor();
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("who does not keep the books does not see them", async () => {
  const { page, context } = await open(chromium);
  await signIn(page, `${demo.url}/ledger`, "operator@northwind.example");
  await heading(page, "You may not see this page");
  await page.goto(`${demo.url}/customers/ACME?tab=statement`);
  await heading(page, "Acme Corp");
  assert.equal(await page.getByRole("link", { name: "Statement", exact: true }).count(), 0);
  await context.close();
});

test("a line of an invoice says how it was computed, and the invoice is checked", async () => {
  const [invoice] = (await api("GET", "/msp/invoices?customer=ACME&status=paid&limit=1")).items;
  const detail = await api("GET", `/msp/invoices/${invoice.id}`);
  const line = detail.lines.find((one) => one.kind === "usage");
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/invoices/${invoice.id}`);
  await heading(page, invoice.number);
  await page.getByRole("link", { name: line.description }).click();
  const drawer = page.getByRole("dialog", { name: line.description });
  await drawer.getByText(/^Rounded once/).waitFor();
  assert.equal(await drawer.locator(".steps li").count(), line.derivation.length);
  assert.ok((await drawer.locator(".steps li").last().innerText()).endsWith(money(line.amount.amount_minor)));
  await page.keyboard.press("Escape");
  await page.waitForURL(new RegExp(`/invoices/${invoice.id}$`));
  await page.getByRole("link", { name: "Check this invoice" }).click();
  await page.getByText(`All ${detail.lines.length} lines are equal, to the cent.`).waitFor();
  await page.goto(`${demo.url}/invoices/${invoice.id}?line=${invoice.id}`);
  await page.getByText("There is no such line").waitFor();
  const found = {};
  await page.goto(`${demo.url}/ledger`);
  await page.getByRole("button", { name: "Export journal…" }).click();
  await page.getByRole("dialog").getByLabel("First day").waitFor();
  await settled(page);
  nothing(await inspect(page, "the days of the export", found));
  assert.deepEqual(faults(complaints), []);
  await context.close();
});
