// The dashboard, as a person meets it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { as, browser, faults, open, signIn, start } from "./demo.mjs";

let demo;
let chromium;
before(async () => {
  // One after the other: what has been started is stopped, whatever fails.
  chromium = await browser();
  demo = await start();
});
after(async () => {
  await chromium?.close();
  await demo?.stop();
});

test("a deep link leads through the sign-in to its page", async () => {
  const { page, context, complaints } = await open(chromium);
  await page.goto(`${demo.url}/customers/ACME?tab=usage`);
  await page.getByRole("heading", { level: 1, name: "Sign in"}).waitFor();
  await page.getByLabel("Email", { exact: true }).fill("admin@northwind.example");
  await page.getByLabel("Password", { exact: true }).fill("wrong-password");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByText("The email address or the password is wrong.").waitFor();
  assert.equal(await page.getByLabel("Email", { exact: true }).inputValue(), "admin@northwind.example");
  await page.getByLabel("Password", { exact: true }).fill("bailiwick-demo");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Acme Corp" }).waitFor();
  assert.match(page.url(), /\/customers\/ACME\?tab=usage$/);
  const cookies = await context.cookies();
  const kept = Object.fromEntries(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly && sameSite]));
  assert.deepEqual(kept, { "__Host-access": "Strict", "__Host-refresh": "Strict", "__Host-app": "Lax" });
  assert.equal(await page.evaluate(() => document.cookie), "");
  // The browser itself notes each answer of 401; nothing else may be there.
  assert.deepEqual(faults(complaints, "401"), []);
  await context.close();
});

test("the home page shows what the server has counted", async () => {
  const portfolio = await (await as(demo))("GET", "/msp/portfolio");
  const { page, context, complaints } = await open(chromium);
  await signIn(page, demo.url);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.getByText(Number(portfolio.machines).toLocaleString("en-US")).first().waitFor();
  for (const top of portfolio.top_customers.slice(0, 3)) {
    await page.getByText(top.company_name ?? top.customer.company_name).first().waitFor();
  }
  assert.deepEqual(faults(complaints, "401"), []);
  await context.close();
});

test("customers are searched, the search is in the address, and back comes back", async () => {
  const { page, context } = await open(chromium);
  await signIn(page, `${demo.url}/customers`);
  await page.getByRole("heading", { level: 1, name: "Customers" }).waitFor();
  await page.getByRole("searchbox").fill("globex");
  await page.waitForURL(/q=globex/);
  await page.getByRole("link", { name: /Globex/ }).first().click();
  await page.getByRole("heading", { level: 1, name: /Globex/ }).waitFor();
  await page.goBack();
  await page.getByRole("heading", { level: 1, name: "Customers" }).waitFor();
  assert.equal(await page.getByRole("searchbox").inputValue(), "globex");
  await page.getByRole("searchbox").fill("no such customer");
  await page.getByText(/No customer matches/).first().waitFor();
  await context.close();
});

test("who has signed out is out", async () => {
  const { page, context } = await open(chromium);
  await signIn(page, demo.url);
  await page.getByRole("navigation", { name: "Main" }).first().waitFor();
  await page.getByRole("button", { name: /Alex Admin/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { level: 1, name: "Sign in"}).waitFor();
  await page.goto(`${demo.url}/customers`);
  await page.getByRole("heading", { level: 1, name: "Sign in"}).waitFor();
  assert.deepEqual(await context.cookies(), []);
  await context.close();
});
