// How an MSP bills, and what is done about an invoice that is not paid: set, seen by both, stopped and continued.

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

// What lies above the page for a moment is gone.
async function inspectAlone(page, where) {
  await page.waitForFunction(() => !document.querySelector(".toast"), null, { timeout: 20_000 });
  return inspect(page, where);
}

const toast = (page, text) => page.locator(".toast").getByText(text).first().waitFor();
const texts = (page, selector) => page.locator(selector).allInnerTexts().then((all) => all.map((text) => text.split(/\s*\n\s*/).join(", ")));
const day = (text) => new Intl.DateTimeFormat("en-US", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(new Date(text));

async function settings(email) {
  const opened = await open(chromium);
  await signIn(opened.page, `${demo.url}/settings/billing`, email);
  await heading(opened.page, "Settings");
  return opened;
}

test("a schedule is begun, changed and kept; what is wrong shows at its field", async () => {
  const { page, context, complaints } = await settings();
  await page.getByText("Nothing is done about unpaid invoices").waitFor();
  await page.getByRole("button", { name: "Begin with a usual schedule" }).click();
  await focused(page, "dunning-0-days");
  const usual = [
    "Reminder, 3 days before",
    "Due date",
    "Reminder, 1 day after",
    "Charge, 3 days after",
    "Reminder, 7 days after",
    "Late fee, 5 %, 14 days after",
    "Pause, 21 days after",
    "Cancellation, 45 days after",
  ];
  assert.deepEqual(await texts(page, ".schedule li"), usual);
  nothing(await inspect(page, "the usual schedule"));

  const step = (number) => page.getByRole("group", { name: `Step ${number}`, exact: true });
  const save = page.getByRole("button", { name: "Save", exact: true });
  const wrong = (id) => page.locator(`#${id}-wrong`);
  await step(2).getByLabel("Days").fill("400");
  await page.getByLabel("Time to pay").fill("-1");
  await save.click();
  await wrong("payment_days").getByText("Enter a whole number from 0 to 180.").waitFor();
  await wrong("dunning-1-days").getByText("Enter a whole number from 0 to 365.").waitFor();
  await focused(page, "payment_days");
  await page.getByLabel("Time to pay").fill("14");
  await step(2).getByLabel("Days").fill("2");
  // A rule of the schedule as a whole, told at the step that breaks it.
  await step(3).getByLabel("Before or after").selectOption({ label: "before it is due" });
  await wrong("dunning-2-days").getByText("Only a reminder can come before an invoice is due.").waitFor();
  nothing(await inspect(page, "a schedule with something wrong"));
  await step(3).getByLabel("Before or after").selectOption({ label: "after it is due" });
  await wrong("dunning-2-days").locator("p").waitFor({ state: "detached" });
  await step(5).getByLabel("Late fee in").selectOption({ label: "Amount" });
  await step(5).getByLabel("Late fee", { exact: true }).fill("15.005");
  await wrong("dunning-4-fee").getByText(/at most two decimals/).waitFor();
  await step(5).getByLabel("Late fee", { exact: true }).fill("15");
  await page.getByRole("button", { name: "Remove step 4" }).click();
  await page.getByRole("button", { name: "Add a step" }).click();
  await focused(page, "dunning-7-days");
  await step(7).getByLabel("Days").fill("10");
  assert.equal(await page.getByLabel("How they are issued").count(), 0);
  await page.getByLabel("Invoices are issued").selectOption({ label: "On day 28 of each month" });
  await page.getByLabel("How they are issued").selectOption({ label: "After a grace period" });
  await page.getByLabel("Grace period").fill("29");
  await save.click();
  await wrong("grace_days").getByText("Enter a whole number from 1 to 28.").waitFor();
  await page.getByLabel("Grace period").fill("5");

  // What was typed survives a reload.
  await page.reload();
  await page.getByText("What you typed before is back.").waitFor();
  assert.equal(await page.locator("#dunning-7-days").inputValue(), "10");
  await save.click();
  await toast(page, "Saved. Invoices that are issued from now on follow it.");
  const kept = [
    "Reminder, 3 days before",
    "Due date",
    "Reminder, 2 days after",
    "Charge, 3 days after",
    "Reminder, 10 days after",
    "Late fee, $15.00, 14 days after",
    "Pause, 21 days after",
    "Cancellation, 45 days after",
  ];
  await page.reload();
  await step(7).waitFor();
  assert.deepEqual(await texts(page, ".schedule li"), kept);
  // In the order of the days.
  assert.equal(await step(4).getByLabel("Days").inputValue(), "10");
  assert.equal(await page.getByLabel("Time to pay").inputValue(), "14");
  assert.equal(await page.getByLabel("Invoices are issued").inputValue(), "28");
  assert.equal(await page.getByLabel("How they are issued").inputValue(), "after_grace");
  assert.equal(await page.getByLabel("Grace period").inputValue(), "5");
  nothing(await inspect(page, "a grace period"));

  // Somebody else changes it meanwhile.
  const now = await api("GET", "/msp/billing");
  assert.deepEqual([now.issue_day, now.grace_days, now.auto_finalize], [28, 5, true]);
  await api("PUT", "/msp/billing", { payment_days: 10, issue_day: null, dunning: now.dunning });
  await page.getByLabel("Time to pay").fill("20");
  await save.click();
  await page.getByText("Somebody else has changed this meanwhile.").waitFor();
  assert.equal((await api("GET", "/msp/billing")).payment_days, 10);
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("what the server finds wrong shows at the step that it means", async () => {
  const { page, context, complaints } = await settings();
  await page.route(/\/msp\/billing$/, async (route) => {
    if (route.request().method() !== "PUT") return route.continue();
    const { dunning } = route.request().postDataJSON();
    assert.equal(dunning[1].days, 1);
    const errors = [{ pointer: "/dunning/1/days", detail: "is not a day of ours", code: "invalid" }];
    const problem = { type: "about:blank", title: "Invalid", status: 422, code: "invalid_request", detail: "Some fields are wrong.", errors };
    return route.fulfill({ status: 422, contentType: "application/problem+json", json: problem });
  });
  // The last row is the second by its days.
  await page.getByRole("button", { name: "Add a step" }).click();
  await page.locator("#dunning-7-days").fill("1");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.locator("#dunning-7-days-wrong").getByText(/is not a day of ours/i).waitFor();
  await focused(page, "dunning-7-days");
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("a charge waits for the customer's next invoice", async () => {
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/customers/ACME?tab=invoices`);
  await page.getByText("Nothing waits.").waitFor();
  const dialog = page.getByRole("dialog", { name: "Add a charge" });
  for (const [what, quantity, price] of [["On-site visit", "2.5", "95"], ["Spare disk", "1", "120"]]) {
    await page.getByRole("button", { name: "Add a charge…" }).click();
    await dialog.getByLabel("Description").fill(what);
    await dialog.getByLabel("Quantity").fill("0");
    await dialog.getByRole("button", { name: "Add a charge" }).click();
    await dialog.getByText("Enter more than 0.").waitFor();
    await dialog.getByText("This is needed.").waitFor();
    await dialog.getByLabel("Quantity").fill(quantity);
    await dialog.getByLabel("Unit price").fill(price);
    await dialog.getByRole("button", { name: "Add a charge" }).click();
    await toast(page, `${what} is charged with the next invoice.`);
  }
  const visit = page.getByRole("row", { name: /On-site visit/ });
  await visit.getByText("2.5 × $95.00").waitFor();
  await visit.getByText("$237.50", { exact: true }).waitFor();
  nothing(await inspectAlone(page, "charges that wait"));
  await page.getByRole("button", { name: "Remove Spare disk" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await toast(page, "Spare disk is not charged.");
  await page.getByRole("row", { name: /Spare disk/ }).waitFor({ state: "detached" });

  const draft = await api("POST", "/msp/invoices", { customer: "ACME", period: MONTH });
  await page.goto(`${demo.url}/invoices/${draft.id}`);
  const line = page.getByRole("row", { name: /On-site visit/ });
  await line.getByText("$237.50", { exact: true }).waitFor();
  assert.equal(await page.getByText("Spare disk").count(), 0);
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("what is planned about an issued invoice is seen by both, stopped and continued", async () => {
  const [draft] = (await api("GET", "/msp/invoices?customer=ACME&status=draft")).items;
  const issued = await api("POST", `/msp/invoices/${draft.id}/finalize`);
  const { planned } = issued.dunning;
  assert.deepEqual(planned.map((it) => it.action), ["remind", "remind", "charge", "remind", "late_fee", "pause", "cancel"]);

  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/invoices/${draft.id}`);
  await heading(page, issued.number);
  const card = page.locator(".card", { has: page.getByRole("heading", { name: "Reminders", exact: true }) });
  const fee = card.getByRole("listitem").filter({ hasText: "Late fee of $15.00 on the next invoice" });
  await fee.getByText(`Planned for ${day(planned[4].on)}`).waitFor();
  assert.equal(await card.getByRole("listitem").count(), 7);
  nothing(await inspect(page, "an invoice with what is planned"));

  // The customer sees where it stands, in either language.
  const portal = await open(chromium);
  await signIn(portal.page, `${at(demo, "northwind")}/invoices/${draft.id}`, OWNER);
  await heading(portal.page, issued.number);
  const word = `On ${day(planned[4].on)} a late fee of $15.00 is added to your next invoice unless this one is paid.`;
  await portal.page.getByText(word).waitFor();
  await portal.page.getByText("Pause of the subscription").waitFor();
  nothing(await inspect(portal.page, "an invoice with what is planned, in the portal"));
  await portal.page.evaluate(() => localStorage.setItem("language", "de"));
  await portal.page.reload();
  await portal.page.getByText(/kommt eine Mahngebühr von .*15,00.* auf Ihre nächste Rechnung, wenn diese bis dahin nicht bezahlt ist\./).waitFor();
  await portal.page.getByText("Pausieren des Abonnements").waitFor();

  await card.getByRole("button", { name: "Stop" }).click();
  await toast(page, "Nothing more is done about this invoice until you continue.");
  await card.getByText(/^Stopped .*Nothing is done until you continue\.$/).waitFor();
  nothing(await inspectAlone(page, "an invoice about which nothing is done"));
  await portal.page.reload();
  await heading(portal.page, issued.number);
  await portal.page.getByRole("table").first().waitFor();
  assert.equal(await portal.page.getByText("Pausieren des Abonnements").count(), 0);
  await card.getByRole("button", { name: "Continue" }).click();
  await toast(page, "It goes on, tomorrow at the earliest.");
  await card.getByRole("button", { name: "Stop" }).waitFor();
  assert.deepEqual(faults(complaints), []);
  assert.deepEqual(faults(portal.complaints), []);
  await context.close();
  await portal.context.close();
});

test("who may only look sees how it is, and nothing to press", async () => {
  const { page, context, complaints } = await settings("support@platform.example");
  await page.getByText("You may look at this.").waitFor();
  await page.getByText("By hand").waitFor();
  assert.equal(await page.getByRole("button", { name: /Save|Begin|Add/ }).count(), 0);
  assert.deepEqual(faults(complaints), []);
  await context.close();
});
