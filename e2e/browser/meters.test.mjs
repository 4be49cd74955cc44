// A plan that is billed at Stripe, and what becomes of its usage.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect, nothing } from "./accessible.mjs";
import { as, browser, faults, heading, open, signIn, start, stripe } from "./demo.mjs";

const YESTERDAY = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);

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

async function until(what, found) {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(200)) {
    const it = await found();
    if (it) return it;
  }
  assert.fail(`${what} did not come`);
}

const card = (page, name) => page.locator(".card", { has: page.getByRole("heading", { name, exact: true }) });

test("usage of a plan that is billed at Stripe goes there, in sight", async () => {
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/ledger?tab=meters`);
  await heading(page, "Ledger");
  await page.getByText("No plan is billed at Stripe").waitFor();
  nothing(await inspect(page, "no meters"));

  await api("POST", "/msp/metrics", { key: "calls", name: "Calls", unit: "call" });
  await page.goto(`${demo.url}/plans/new`);
  await heading(page, "New plan");
  await page.getByLabel("Name", { exact: true }).fill("Metered");
  await page.locator("#base_fee-amount_minor").fill("0");
  await page.getByLabel("Billed at Stripe").check();
  await page.locator("#components-0-metric").selectOption("calls");
  await page.locator("#components-0-price-unit_price").fill("0.01");
  nothing(await inspect(page, "a plan to be billed at Stripe"));
  await page.getByRole("button", { name: "Make the plan" }).click();
  await page.waitForURL(`${demo.url}/plans/METERED`);
  await page.getByText("This plan is billed at Stripe").first().waitFor();

  await api("POST", "/msp/customers", { code: "METERED", company_name: "Metered Ltd", contact_email: "owner@metered.example" });
  await api("POST", "/msp/customers/METERED/subscriptions", { plan: "METERED", starts_on: YESTERDAY });
  await api("POST", "/ingest/events", {
    specversion: "1.0", id: "1", source: "browser", type: "calls", subject: "METERED", time: `${YESTERDAY}T08:00:00Z`, data: { quantity: "12" },
  });
  await page.goto(`${demo.url}/ledger?tab=meters`);
  await card(page, "Meters").getByRole("button", { name: "Send now" }).click();
  const pushes = async () => (await api("GET", "/msp/payments/meters/pushes")).items;
  await until("the push", async () => (await pushes())[0]?.status === "waiting");
  await page.reload();
  await card(page, "What was sent").getByRole("row", { name: /Metered Ltd/ }).getByText("Customer not known").waitFor();
  await card(page, "Meters").getByText("1 wait for their customer").waitFor();
  nothing(await inspect(page, "usage that waits"));
  await page.getByLabel("Customer's code").fill("METERED");
  await page.getByLabel("Customer at Stripe").fill("cus_nobody");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("is no customer of the payment account").waitFor();

  // Who saves a card is known there.
  const { url } = await api("POST", "/msp/customers/METERED/payment-methods/link");
  await stripe(demo, `checkout/${url.match(/cs_\w+/)[0]}/pay`);
  await card(page, "Meters").getByRole("button", { name: "Send now" }).click();
  await until("Stripe's answer", async () => (await pushes())[0]?.status === "sent");
  await page.goto(`${demo.url}/ledger?tab=meters&status=sent`);
  await card(page, "What was sent").getByRole("row", { name: /Metered Ltd/ }).getByText("12", { exact: true }).waitFor();
  await page.getByLabel("State").selectOption({ label: "Refused" });
  await page.getByText("Nothing is like this").waitFor();
  await page.getByText("No differences").waitFor();
  nothing(await inspect(page, "usage that was sent"));
  assert.deepEqual(faults(complaints), []);
  await context.close();
});
