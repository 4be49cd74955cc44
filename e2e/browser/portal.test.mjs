// The portal, as the people of an MSP's customer meet it.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { inspect, nothing } from "./accessible.mjs";
import { accept, as, at, browser, faults, focused, open, PASSWORD, settled, signIn, start } from "./demo.mjs";

let demo;
let chromium;
let northwind;
let harbor;
// An invoice of Acme that is to be paid, and one of Acme that has been.
let unpaid;
let paid;

before(async () => {
  // One after the other: what has been started is stopped, whatever fails.
  chromium = await browser();
  demo = await start();
  northwind = at(demo, "northwind");
  harbor = at(demo, "harbor");

  const staff = await as(demo, "admin@northwind.example");
  const draft = await staff("POST", "/msp/invoices", { customer: "ACME", period: new Date().toISOString().slice(0, 7) });
  unpaid = await staff("POST", `/msp/invoices/${draft.id}/finalize`);
  paid = (await staff("GET", "/msp/invoices?customer=ACME&status=paid&limit=1")).items[0];
  await staff("POST", "/msp/customers/ACME/invitations", { email: "third@acme.example", role: "customer_viewer" });
  await accept(demo, "third@acme.example", "Thea Third");

  // The demo has no login at a customer of the other MSP; one whose invoice is overdue.
  const other = await as(demo, "admin@harbor.example");
  const { items } = await other("GET", "/msp/invoices?overdue=true&limit=1");
  await other("POST", `/msp/customers/${items[0].customer_id}/invitations`, { email: "boss@late.example", role: "customer_owner" });
  await accept(demo, "boss@late.example", "Lena Late");
});
after(async () => {
  await chromium?.close();
  await demo?.stop();
});

const money = ({ amount_minor, currency }) =>
  new Intl.NumberFormat("en-US", { style: "currency", currency }).format(amount_minor / 100);

const enter = async (page, url, email = "owner@acme.example") => {
  await signIn(page, `${url}/sign-in`, email);
  await page.waitForURL(`${url}/`);
};

// Everything that the browser receives, as text; of programs, what could be read in them.
function listen(page) {
  const seen = [];
  page.on("response", async (response) => {
    const head = JSON.stringify(response.headers());
    const body = await response.body().catch(() => Buffer.alloc(0));
    seen.push({ url: response.url(), text: `${response.url()} ${head} ${body.toString("latin1")}` });
  });
  return seen;
}

for (const [own, other, url, email] of [
  ["Northwind IT", "Harbor", () => northwind, "owner@acme.example"],
  ["Harbor Managed Services", "Northwind", () => harbor, "boss@late.example"],
]) {
  test(`everything is in the brand of ${own}, and nothing names anybody else`, async () => {
    const { page, context, complaints } = await open(chromium);
    const seen = listen(page);
    await page.goto(`${url()}/sign-in`);
    await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
    await enter(page, url(), email);
    for (const path of ["/", "/usage", "/invoices", "/users", "/no/such/page", "/payment/done", "/payment/cancelled"]) {
      await page.goto(url() + path);
      await page.getByRole("heading", { level: 1 }).first().waitFor();
      await settled(page);
      await page.waitForFunction((name) => document.title.endsWith(`· ${name} portal`), own);
      assert.doesNotMatch(await page.content(), /bailiwick/i);
    }
    await page.goto(url());
    await page.getByRole("link", { name: `${own} portal` }).waitFor();
    const named = (word) => seen.filter(({ text }) => text.toLowerCase().includes(word.toLowerCase())).map((one) => one.url);
    assert.deepEqual(named("bailiwick"), []);
    assert.deepEqual(named(other), []);
    assert.ok(seen.some((one) => one.url.endsWith(".wasm")));
    assert.deepEqual(faults(complaints, "401"), []);
    await context.close();
  });
}

test("the overview says what the server has counted", async () => {
  const owner = await as(demo, "owner@acme.example");
  const overview = await owner("GET", "/portal/overview");
  const { page, context } = await open(chromium);
  await enter(page, northwind);
  await page.getByText(`${overview.company_name} · One invoice is to be paid.`).waitFor();
  const first = page.getByRole("region", { name: "To be paid" });
  await first.getByText(money(overview.open_invoices[0].total), { exact: true }).waitFor();
  await first.getByRole("button", { name: `Pay ${money(overview.open_invoices[0].total)}` }).waitFor();
  const machines = overview.usage.metrics
    .filter((one) => one.counts_as === "machines")
    .reduce((sum, one) => sum + Number(one.quantity), 0);
  await page.getByText(`${machines} of ${overview.limits.max_machines}`).waitFor();
  await page.getByText(overview.plans.map((plan) => plan.name).join(", "), { exact: true }).waitFor();
  await page.getByRole("link", { name: overview.support_email }).first().waitFor();
  await first.getByRole("link", { name: "View invoice" }).click();
  await page.getByRole("heading", { level: 1, name: overview.open_invoices[0].number }).waitFor();
  await context.close();
});

test("an overdue invoice comes first and says so", async () => {
  const { page, context } = await open(chromium);
  await enter(page, harbor, "boss@late.example");
  await page.getByRole("region", { name: "To be paid" }).getByText("Overdue").waitFor();
  await page.getByText(/invoices? (is|are) overdue/).waitFor();
  await context.close();
});

test("usage is shown for a month that stands in the address", async () => {
  const owner = await as(demo, "owner@acme.example");
  const { page, context } = await open(chromium);
  await enter(page, northwind);
  await page.getByRole("link", { name: "Usage", exact: true }).click();
  await page.getByRole("link", { name: "Previous month" }).click();
  await page.waitForURL(/\/usage\?period=\d{4}-\d\d$/);
  const usage = await owner("GET", `/portal/usage?period=${new URL(page.url()).searchParams.get("period")}`);
  const storage = usage.metrics.find((one) => one.metric === "storage_gb");
  await page.getByText(Number(storage.quantity).toLocaleString("en-US", { maximumFractionDigits: 2 })).waitFor();
  await page.goto(`${northwind}/usage?period=2019-01`);
  await page.getByText("No usage in this month").waitFor();
  await context.close();
});

test("what the running month comes to so far is shown line by line, until it is invoiced", async () => {
  const boss = await as(demo, "boss@late.example");
  const { invoices } = await boss("GET", "/portal/upcoming");
  const { page, context, complaints } = await open(chromium);
  await enter(page, harbor, "boss@late.example");
  await page.getByRole("link", { name: "Usage", exact: true }).click();
  const next = page.locator(".card", { has: page.getByRole("heading", { name: "Next invoice" }) });
  await next.locator("tr.total").getByText(money(invoices[0].total), { exact: true }).waitFor();
  await next.getByText(/used, of which .* are included/).first().waitFor();
  await inspect(page, "usage with the next invoice");
  await page.getByRole("link", { name: "Previous month" }).click();
  await next.waitFor({ state: "detached" });
  assert.deepEqual((await (await as(demo, "owner@acme.example"))("GET", "/portal/upcoming")).invoices, []);
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("invoices are filtered, and one is shown with all that it charges for", async () => {
  const owner = await as(demo, "owner@acme.example");
  const detail = await owner("GET", `/portal/invoices/${paid.id}`);
  const { page, context } = await open(chromium);
  await enter(page, northwind);
  await page.getByRole("link", { name: "Invoices", exact: true }).click();
  await page.getByRole("navigation", { name: "Which invoices" }).getByRole("link", { name: "Paid", exact: true }).click();
  await page.waitForURL(/status=paid/);
  await page.getByRole("link", { name: paid.number }).click();
  await page.getByRole("heading", { level: 1, name: paid.number }).waitFor();
  for (const line of detail.lines) {
    await page.getByRole("row", { name: new RegExp(line.description) }).getByText(money(line.amount), { exact: true }).last().waitFor();
  }
  await page.getByRole("row", { name: /^Total/ }).getByText(money(paid.total)).waitFor();
  assert.equal(await page.getByRole("button", { name: /^Pay / }).count(), 0);
  // The session has to be renewed first, which a link by itself cannot do.
  await context.clearCookies({ name: "__Host-access" });
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: `Invoice ${paid.number} as PDF` }).click()]);
  assert.equal(download.suggestedFilename(), `${paid.number}.pdf`);
  await page.goBack();
  await page.waitForURL(/status=paid/);
  await page.goto(`${northwind}/invoices?overdue=true`);
  await page.getByText("No invoice matches").waitFor();
  await context.close();
});

// What the server answers, changed on its way to the page.
async function changed(page, address, change) {
  await page.route(address, async (route) => {
    // Of the names below localhost, only browsers know that they are this machine.
    const url = route.request().url().replace(/\w+\.localhost/, "localhost");
    const response = await route.fetch({ url, headers: await route.request().allHeaders() });
    await route.fulfill({ response, body: change(await response.text()) });
  });
}

test("an invoice is computed again in the browser, and is equal or differs by so much", async () => {
  const owner = await as(demo, "owner@acme.example");
  const detail = await owner("GET", `/portal/invoices/${paid.id}`);
  const events = detail.lines.reduce((sum, line) => sum + line.events, 0);
  const { page, context, complaints } = await open(chromium);
  await enter(page, northwind);
  await page.goto(`${northwind}/invoices/${paid.id}`);
  await page.getByRole("link", { name: "Check this invoice" }).click();
  await page.getByText(`All ${detail.lines.length} lines are equal, to the cent.`).waitFor();
  await page.getByText(`from ${events} usage events and the prices`).waitFor();
  await page.getByText(detail.seal, { exact: true }).waitFor();
  // The steps say how, to be followed by hand.
  const line = detail.lines.find((one) => one.kind === "usage" && Number(one.included) > 0);
  await page.locator(".check-lines summary", { hasText: line.description }).click();
  const steps = await page.locator(".check-lines [open] .steps li").allInnerTexts();
  const plain = (figure) => Number(figure).toLocaleString("en-US", { maximumFractionDigits: 9 });
  assert.match(steps[1], new RegExp(`Less what is included\\s+${plain(line.used)} − ${plain(line.included)} = ${plain(line.quantity)}`));
  assert.ok(steps.at(-1).endsWith(money(line.amount)), steps.at(-1));
  // What is saved is what was sealed.
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download usage and prices" }).click()]);
  assert.equal(download.suggestedFilename(), `${paid.number}-evidence.json`);
  assert.equal(createHash("sha256").update(await readFile(await download.path())).digest("hex"), detail.seal);

  // A line that says more than what was used.
  const invoice = new RegExp(`/portal/invoices/${paid.id}$`);
  await changed(page, invoice, (text) => {
    const told = JSON.parse(text);
    told.lines.find((one) => one.id === line.id).amount.amount_minor += 123;
    told.total.amount_minor += 123;
    return JSON.stringify(told);
  });
  await page.reload();
  await page.getByText("2 figures are not what usage and prices give.").waitFor();
  const more = (amount) => ({ ...amount, amount_minor: amount.amount_minor + 123 });
  for (const [name, amount] of [[line.description, line.amount], ["Total", detail.total]]) {
    const cells = page.locator(".check-faults tbody tr", { hasText: name }).getByRole("cell");
    assert.deepEqual(await cells.allInnerTexts(), [money(more(amount)), money(amount), "+$1.23"]);
  }
  await page.unroute(invoice);

  // Usage that nobody sealed.
  await changed(page, /\/evidence$/, (text) => text.replace('"count":', '"count":1'));
  await page.reload();
  await page.getByText("The seal does not fit.").waitFor();
  await page.getByText(detail.seal, { exact: true }).waitFor();
  assert.equal(await page.locator(".check-faults").count(), 0);
  await page.unroute(/\/evidence$/);

  // None at all, and none just now.
  const refuse = (status, code) => (route) =>
    route.fulfill({ status, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", title: code, status, code }) });
  await page.route(/\/evidence$/, refuse(409, "no_evidence"));
  await page.reload();
  await page.getByText("This invoice cannot be computed again").waitFor();
  await page.unroute(/\/evidence$/);
  await page.route(/\/evidence$/, refuse(500, "internal"));
  await page.reload();
  const again = page.getByRole("button", { name: "Try again" });
  await again.waitFor();
  await page.unroute(/\/evidence$/);
  await again.click();
  await page.getByText(`All ${detail.lines.length} lines are equal, to the cent.`).waitFor();
  assert.deepEqual(faults(complaints, "(401|409|500)"), []);
  await context.close();
});

test("who changes their mind and who pays come back to the invoice", async () => {
  const { page, context } = await open(chromium);
  await enter(page, northwind);
  await page.goto(`${northwind}/invoices/${unpaid.id}`);
  await page.getByRole("button", { name: `Pay ${money(unpaid.total)}` }).click();
  await page.getByRole("link", { name: /Back/ }).click();
  await page.waitForURL(/payment=cancelled$/);
  await page.getByText(/The invoice stays open/).waitFor();
  await page.getByRole("button", { name: `Pay ${money(unpaid.total)}` }).click();
  await page.getByLabel(/card number/i).fill("4242 4242 4242 4242");
  await page.getByRole("button", { name: /pay/i }).click();
  await page.waitForURL(/payment=done$/);
  await page.getByText("Thank you. Your payment has arrived.").waitFor({ timeout: 30_000 });
  await page.locator(".head").getByText("Paid", { exact: true }).waitFor();
  assert.equal(await page.getByRole("button", { name: /^Pay / }).count(), 0);
  await context.close();
  // Who has the link need not have an account.
  const { page: stranger, context: outside } = await open(chromium);
  await stranger.goto(`${northwind}/payment/done?invoice=${unpaid.id}`);
  await stranger.getByRole("heading", { level: 1, name: "Thank you" }).waitFor();
  await outside.close();
});

test("colleagues are invited, an invitation is withdrawn, somebody is removed", async () => {
  const { page, context } = await open(chromium);
  await enter(page, northwind);
  await page.getByRole("link", { name: "Users", exact: true }).click();
  await page.getByText("third@acme.example").waitFor();
  await page.getByRole("button", { name: "Send invitation" }).click();
  await page.getByText("Enter your email address.").waitFor();
  await page.getByLabel("Email", { exact: true }).fill("nobody");
  await page.getByRole("button", { name: "Send invitation" }).click();
  await page.locator("#email-wrong p").waitFor();
  await focused(page, "email");
  await page.getByLabel("Email", { exact: true }).fill("new@acme.example");
  await page.getByLabel("Role", { exact: true }).selectOption("customer_owner");
  await page.getByRole("button", { name: "Send invitation" }).dblclick();
  await page.getByText("An invitation is on its way to new@acme.example.").waitFor();
  const row = page.getByRole("row", { name: /^new@acme\.example/ });
  await row.getByText("Owner", { exact: true }).last().waitFor();
  assert.equal(await row.count(), 1);
  await row.getByRole("button").click();
  await page.getByRole("dialog").getByRole("button", { name: "Withdraw" }).click();
  await page.getByText("Nobody is invited at the moment.").waitFor();
  // Oneself cannot be removed.
  assert.equal(await page.getByRole("row", { name: /^Olivia Owner/ }).getByRole("button").count(), 0);
  await page.getByRole("button", { name: "Remove Thea Third" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.getByText("Thea Third has been removed.").waitFor();
  await page.getByText("third@acme.example").waitFor({ state: "detached" });
  await context.close();
});

test("who only looks finds nothing to press", async () => {
  const { page, context, complaints } = await open(chromium);
  await enter(page, northwind, "viewer@acme.example");
  await page.getByText(/Acme Corp ·/).waitFor();
  for (const path of ["/", `/invoices/${unpaid.id}`, "/users"]) {
    await page.goto(northwind + path);
    await settled(page);
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    assert.equal(await page.getByRole("button", { name: /^(Pay|Send|Remove|Withdraw)/ }).count(), 0, path);
  }
  await page.getByText("viewer@acme.example").first().waitFor();
  assert.deepEqual(faults(complaints, "401"), []);
  await context.close();
});

test("in German every page is for everybody, too", async () => {
  const { page, context, complaints } = await open(chromium, { locale: "de-DE" });
  await page.goto(`${harbor}/sign-in`);
  await page.locator("[autocomplete=username]").fill("boss@late.example");
  await page.locator("[autocomplete=current-password]").fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${harbor}/`);
  const late = (await (await as(demo, "boss@late.example"))("GET", "/portal/invoices?overdue=true")).items[0];
  const found = {};
  for (const path of ["/", "/usage", "/invoices", `/invoices/${late.id}`, `/invoices/${late.id}?check=1`, "/users", "/payment/done"]) {
    await page.goto(harbor + path);
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    await settled(page);
    await inspect(page, path, found);
  }
  assert.deepEqual(faults(complaints, "401"), []);
  nothing(found);
  await context.close();
});
