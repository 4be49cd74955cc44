// The dashboard, as a person meets it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { browser, open, settled, signIn, start } from "./demo.mjs";

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

// What the server says, asked with a token of its own.
async function api(path) {
  const credentials = { email: "admin@northwind.example", password: "bailiwick-demo" };
  const signed = await fetch(`${demo.url}/api/v1/auth/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(credentials),
  });
  const { access_token: token } = await signed.json();
  const answer = await fetch(`${demo.url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
  return answer.json();
}

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
  assert.deepEqual(complaints.filter((text) => !text.includes("401")), []);
  await context.close();
});

test("the home page shows what the server has counted", async () => {
  const portfolio = await api("/msp/portfolio");
  const { page, context, complaints } = await open(chromium);
  await signIn(page, demo.url);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.getByText(Number(portfolio.machines).toLocaleString("en-US")).first().waitFor();
  for (const top of portfolio.top_customers.slice(0, 3)) {
    await page.getByText(top.company_name ?? top.customer.company_name).first().waitFor();
  }
  assert.deepEqual(complaints.filter((text) => !text.includes("401")), []);
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

const PAGES = ["/", "/customers", "/customers?q=none-like-this", "/customers/ACME", "/customers/ACME?tab=usage", "/customers/ACME?tab=subscription", "/customers/ACME?tab=limits", "/customers/NOBODY", "/no/such/page"];

for (const colorScheme of ["light", "dark"]) {
  for (const [name, width, height] of [["desk", 1440, 900], ["phone", 390, 844], ["narrow", 320, 640]]) {
    test(`every page is accessible and fits: ${colorScheme}, ${name}`, async () => {
      const { page, context, complaints } = await open(chromium, { colorScheme, viewport: { width, height }, reducedMotion: "reduce" });
      const check = async (path) => {
        await settled(page);
        await page.getByRole("heading", { level: 1 }).first().waitFor();
        await page.evaluate(axe.source);
        const { violations } = await page.evaluate(() =>
          globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }),
        );
        const found = violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" | ")}`);
        assert.deepEqual(found, [], path);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(overflow <= 0, `${path} is ${overflow} px too wide`);
      };
      await page.goto(`${demo.url}/sign-in`);
      await check("/sign-in");
      await signIn(page, demo.url);
      await page.waitForURL(`${demo.url}/`);
      for (const path of PAGES) {
        await page.goto(demo.url + path);
        await check(path);
      }
      assert.deepEqual(complaints.filter((text) => !/40[14]/.test(text)), []);
      await context.close();
    });
  }
}
