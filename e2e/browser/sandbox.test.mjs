// A sandbox: made by an MSP, a customer subscribed in it, and a year that passes on a button.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspect, nothing } from "./accessible.mjs";
import { ADMIN, browser, faults, heading, open, signIn, start } from "./demo.mjs";

let demo;
let chromium;
before(async () => {
  chromium = await browser();
  demo = await start();
});
after(async () => {
  await chromium?.close();
  await demo?.stop();
});

test("a year of a customer's life passes on a button", async () => {
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/settings/sandboxes`, ADMIN);
  await page.getByText("No sandbox yet").waitFor();
  nothing(await inspect(page, "no sandbox"));
  await page.getByRole("button", { name: "New sandbox" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("Next year");
  await page.getByRole("button", { name: "Make it and go in" }).click();
  const bar = page.getByRole("region", { name: "Sandbox" });
  await bar.getByText(/Here it is/).waitFor({ timeout: 30_000 });

  // The plans of the MSP are there, and none of its customers.
  await page.goto(`${demo.url}/customers`);
  await page.getByText("No customers yet").waitFor();
  const send = (method, path, body) =>
    page.evaluate(
      async ([method, path, body]) => {
        const headers = { "content-type": "application/json", "x-csrf-protection": "1" };
        const answer = await fetch(`/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
        if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
        return answer.json();
      },
      [method, path, body],
    );
  const [plan] = (await send("GET", "/msp/plans")).items;
  await send("POST", "/msp/customers", { company_name: "Made Up Ltd", code: "MADEUP", plan: plan.code });

  const day = () => bar.locator("p").innerText();
  const before = await day();
  await bar.getByRole("button", { name: "A month on" }).click();
  await page.waitForFunction((before) => document.querySelector(".test-clock p")?.innerText.startsWith("Sandbox Here") && document.querySelector(".test-clock p").innerText !== before, before, { timeout: 30_000 });
  const began = Date.now();
  const month = await day();
  await bar.getByRole("button", { name: "A year on" }).click();
  await bar.getByRole("progressbar").waitFor();
  await page.waitForFunction((before) => document.querySelector(".test-clock p")?.innerText.startsWith("Sandbox Here") && document.querySelector(".test-clock p").innerText !== before, month, { timeout: 60_000 });
  assert.ok(Date.now() - began < 60_000);
  nothing(await inspect(page, "a sandbox"));
  // Each month has brought its invoice.
  await page.goto(`${demo.url}/invoices`);
  await heading(page, "Invoices");
  const { items } = await send("GET", "/msp/invoices?customer=MADEUP&limit=50");
  assert.ok(items.length >= 13, `${items.length} invoices`);
  await page.getByRole("row", { name: /Made Up/ }).first().waitFor();

  // Back outside, nothing of it is there.
  await page.getByRole("button", { name: /Nora|Administrator/ }).first().click();
  await page.getByRole("menuitem", { name: /Northwind/ }).click();
  await page.waitForFunction(() => !document.querySelector(".test-clock") && document.querySelector("nav"));
  await page.goto(`${demo.url}/settings/sandboxes`);
  const row = page.getByRole("row", { name: /Next year/ });
  await row.getByRole("button", { name: "Close Next year" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Close", exact: true }).last().click();
  await page.getByText("Next year is closed.").waitFor();
  await page.getByText("No sandbox yet").waitFor();
  assert.deepEqual(faults(complaints), []);
  await context.close();
});
