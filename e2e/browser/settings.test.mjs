// The settings of an MSP, its audit trail, and the MSPs of the platform, as a person meets them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { exported } from "./csv.mjs";
import { ADMIN, PASSWORD, browser, faults, open, signIn, start } from "./demo.mjs";

const PLATFORM = "admin@platform.example";

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

const json = { "content-type": "application/json" };

async function token(email = ADMIN) {
  const answer = await fetch(`${demo.url}/api/v1/auth/sign-in`, {
    method: "POST",
    headers: json,
    body: JSON.stringify({ email, password: PASSWORD }),
  });
  return (await answer.json()).access_token;
}

async function api(path, options = {}, email = ADMIN) {
  const headers = { ...json, authorization: `Bearer ${await token(email)}` };
  return fetch(`${demo.url}/api/v1${path}`, { ...options, headers });
}

async function at(path, email, options) {
  const opened = await open(chromium, options);
  await signIn(opened.page, demo.url + path, email);
  await opened.page.getByRole("navigation", { name: "Main" }).waitFor();
  return opened;
}

const host = (name) => demo.url.replace("localhost", name);
const toast = (page, text) => page.locator(".toast").getByText(text).first().waitFor();

test("a poor colour is mended, and the brand shows at once on the sign-in page of its host", async () => {
  const { page, context, complaints } = await at("/settings");
  await page.waitForURL(/\/settings\/brand$/);
  const color = page.getByLabel("Main colour", { exact: true });
  await color.fill("#4ade80");
  await page.getByText(/White text on this colour reads 1\.7:1, at least 4\.5:1 is needed\. Use #[0-9a-f]{6} instead\./).waitFor();
  await page.getByRole("button", { name: /^Use #/ }).click();
  const mended = await color.inputValue();
  assert.notEqual(mended, "#4ade80");
  await page.getByText(/White text on this colour reads [4-9]\.\d:1\. At least/).waitFor();
  const shown = () => page.locator(".p-mail-button").evaluate((it) => getComputedStyle(it).backgroundColor);
  const rgb = `rgb(${[1, 3, 5].map((from) => parseInt(mended.slice(from, from + 2), 16)).join(", ")})`;
  assert.equal(await shown(), rgb);

  await page.getByLabel("Name of the portal", { exact: true }).fill("Northwind Customer Care");
  await page.locator(".p-brand").getByText("Northwind Customer Care").waitFor();
  // What was typed survives a reload.
  await page.reload();
  await page.getByText("What you typed before is back.").waitFor();
  assert.equal(await color.inputValue(), mended);
  await page.getByLabel("Host names").fill("northwind.localhost\nnot a host");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("“not a host” is not a host name.").waitFor();
  await page.getByLabel("Host names").fill("northwind.localhost");
  await page.getByRole("button", { name: "Save" }).click();
  await toast(page, "The brand is saved.");

  const visitor = await open(chromium);
  await visitor.page.goto(`${host("northwind.localhost")}/sign-in`);
  await visitor.page.getByRole("heading", { level: 1 }).waitFor();
  assert.match(await visitor.page.title(), /Northwind Customer Care/);
  const primary = await visitor.page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--brand-primary"));
  assert.equal(primary.trim(), mended);
  await visitor.context.close();
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("a logo is taken, a wrong file refused, and both are told", async () => {
  const { page, context, complaints } = await at("/settings/brand");
  const logo = page.getByLabel("Logo", { exact: true });
  await logo.setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no picture") });
  await page.getByText("This kind of file is not taken here.").waitFor();
  await logo.setInputFiles({ name: "large.png", mimeType: "image/png", buffer: Buffer.alloc(3 * 1024 * 1024) });
  await page.getByText("This file is too large. It may have 2 MB at most.").waitFor();
  // It calls itself a picture, and is none: only the server can tell.
  await logo.setInputFiles({ name: "fake.png", mimeType: "image/png", buffer: Buffer.from("no picture at all") });
  await page.waitForFunction(() => {
    const text = document.querySelector("#logo-wrong")?.textContent ?? "";
    return text !== "" && !text.includes("too large");
  });
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="50"><rect width="200" height="50" fill="#1e3a5f"/></svg>';
  await logo.setInputFiles({ name: "logo.svg", mimeType: "image/svg+xml", buffer: Buffer.from(svg) });
  await toast(page, "The picture is in place.");
  await page.getByText("A picture is in place; it shows at northwind.localhost.").waitFor();
  const brand = await (await api("/msp/brand")).json();
  assert.match(brand.logo_url, /^\/api\/v1\/brand\/logo/);
  await page.getByRole("button", { name: /^Remove\s*Logo/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await toast(page, "The picture is removed.");
  assert.equal((await (await api("/msp/brand")).json()).logo_url, null);
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("somebody is invited, gets a mail with a link, and the invitation is revoked", async () => {
  const { page, context, complaints } = await at("/settings/team");
  await page.getByRole("link", { name: "Invite" }).click();
  const drawer = page.getByRole("dialog", { name: "Invite" });
  await drawer.getByRole("button", { name: "Send the invitation" }).click();
  await drawer.getByText("This is needed.").waitFor();
  await drawer.getByLabel("Email").fill("nobody@northwind.example");
  await drawer.getByLabel("Only some customers").check();
  await drawer.getByRole("button", { name: "Send the invitation" }).click();
  await drawer.getByText("Choose at least one customer.").waitFor();
  await drawer.getByRole("combobox", { name: "Add a customer" }).fill("acme");
  await drawer.getByRole("option", { name: /ACME$/ }).click();
  await drawer.locator(".chip").getByText("Acme Corp").waitFor();
  await drawer.getByRole("button", { name: "Send the invitation" }).click();
  await toast(page, "The invitation went to nobody@northwind.example.");
  const row = page.getByRole("row", { name: /nobody@northwind\.example/ });
  await row.getByText("Acme Corp").waitFor();
  const mails = await (await fetch(`${demo.url}/demo/mail.json?to=nobody@northwind.example`)).json();
  assert.match(mails.items[0].text_body, /\/invitation\?token=bwi_/);
  await row.getByRole("button", { name: /^Revoke/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await toast(page, "The invitation of nobody@northwind.example is revoked.");
  await row.waitFor({ state: "detached" });
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("a role is changed, by somebody else than the person", async () => {
  const { page, context, complaints } = await at("/settings/team");
  const own = page.getByRole("row", { name: /Alex Admin/ });
  await own.waitFor();
  assert.equal(await own.getByRole("link", { name: /Change/ }).count(), 0);
  await page.getByRole("link", { name: "Change Bailey Billing" }).click();
  const drawer = page.getByRole("dialog", { name: "Bailey Billing" });
  await drawer.getByLabel("Role").selectOption("msp_operator");
  await drawer.getByLabel("Suspended").check();
  await drawer.getByRole("button", { name: "Save" }).click();
  await toast(page, "Bailey Billing is changed.");
  const row = page.getByRole("row", { name: /Bailey Billing/ });
  await row.getByText("Operator").first().waitFor();
  const signedOut = await fetch(`${demo.url}/api/v1/auth/sign-in`, {
    method: "POST",
    headers: json,
    body: JSON.stringify({ email: "billing@northwind.example", password: PASSWORD }),
  });
  assert.notEqual(signedOut.status, 200);
  // Esc closes, and the address says so.
  await page.getByRole("link", { name: "Change Bailey Billing" }).click();
  await page.waitForURL(/member=/);
  await drawer.getByLabel("Suspended").waitFor();
  await page.keyboard.press("Escape");
  await page.waitForURL(/\/settings\/team$/);
  await page.goBack();
  await drawer.getByLabel("Role").selectOption("msp_billing");
  await drawer.getByLabel("Suspended").uncheck();
  await drawer.getByRole("button", { name: "Save" }).click();
  await row.getByText("Billing", { exact: true }).first().waitFor();
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("an API key works until it is revoked", async () => {
  const { page, context, complaints } = await at("/settings/api-keys/new");
  await page.getByRole("button", { name: "Create the key" }).click();
  await page.getByText("Choose at least one thing that it may do.").waitFor();
  await page.getByLabel("Name", { exact: true }).fill("Reporting");
  await page.getByLabel("See customers and their limits").check();
  await page.getByLabel("Requests a minute").fill("0");
  await page.getByRole("button", { name: "Create the key" }).click();
  await page.getByText("Enter a whole number from 1 to 100,000.").waitFor();
  await page.getByLabel("Requests a minute").fill("600");
  await page.getByRole("button", { name: "Create the key" }).click();
  const dialog = page.getByRole("dialog", { name: "Your new API key" });
  const secret = await dialog.getByLabel("The key").inputValue();
  await page.keyboard.press("Escape");
  await dialog.waitFor();
  const call = (path) => fetch(`${demo.url}/api/v1${path}`, { headers: { authorization: `Bearer ${secret}` } });
  assert.equal((await call("/msp/customers")).status, 200);
  assert.equal((await call("/msp/invoices")).status, 403);
  await dialog.getByLabel("I have stored it").check();
  await dialog.getByRole("button", { name: "Done" }).click();
  await page.waitForURL(/\/settings\/api-keys$/);
  const row = page.getByRole("row", { name: /Reporting/ });
  await row.getByText("600 a minute").waitFor();
  assert.equal(await page.getByText(secret).count(), 0);
  await row.getByRole("button", { name: /^Revoke/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await toast(page, "Reporting is revoked.");
  await row.getByText("Revoked").waitFor();
  for (const deadline = Date.now() + 5_000; (await call("/msp/customers")).status !== 401; ) assert.ok(Date.now() < deadline);
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("the audit trail is filtered, kept in the address, and exported without formulas", async () => {
  const made = await api("/msp/customers", { method: "POST", body: JSON.stringify({ company_name: "=1+1", code: "FORMULA" }) });
  assert.equal(made.status, 201, await made.clone().text());
  const { page, context, complaints } = await at("/activity?from=2020-01-01");
  await page.getByLabel("What", { exact: true }).selectOption({ label: "Customers" });
  await page.waitForURL(/type=customer/);
  await page.getByRole("combobox", { name: "Customer", exact: true }).fill("=1+1");
  await page.getByRole("option", { name: "=1+1 FORMULA" }).click();
  await page.waitForURL(/customer=cus_/);
  await page.reload();
  await page.getByRole("link", { name: "Customer taken on" }).waitFor();
  assert.equal(await page.getByLabel("From").inputValue(), "2020-01-01");
  await page.waitForFunction(() => document.querySelector("#filter-customer")?.value === "=1+1 (FORMULA)");
  await page.goBack();
  await page.waitForURL((url) => !url.searchParams.has("customer"));
  assert.equal(await page.getByRole("combobox", { name: "Customer", exact: true }).inputValue(), "");

  await page.getByRole("link", { name: "Customer taken on" }).first().click();
  await page.waitForURL(/event=/);
  await page.getByRole("dialog", { name: "Customer taken on" }).getByText("customer.created").waitFor();
  await page.reload();
  await page.getByRole("dialog", { name: "Customer taken on" }).getByText("customer.created").waitFor();
  await page.keyboard.press("Escape");
  await page.waitForURL((url) => !url.searchParams.has("event"));

  const query = "/msp/events?type=customer.&from=2020-01-01T00:00:00Z&limit=200";
  const wanted = [];
  for (let cursor = ""; cursor !== undefined; ) {
    const found = await (await api(query + (cursor && `&cursor=${encodeURIComponent(cursor)}`))).json();
    wanted.push(...found.items);
    cursor = found.next_cursor;
  }
  const { name, head, rows } = await exported(page);
  assert.match(name, /^activity-\d{4}-\d{2}-\d{2}\.csv$/);
  assert.deepEqual(rows.map((row) => row[head.indexOf("place")]), wanted.map((event) => String(event.seq)));
  assert.ok(rows.some((row) => row[head.indexOf("customer")] === "'=1+1"));

  await page.getByRole("button", { name: "Check the chain" }).click();
  await page.getByText(/The chain is intact: each of the [\d,]+ entries follows/).waitFor();
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("the platform takes an MSP on, suspends it and lets it in again", async () => {
  const { page, context, complaints } = await at("/", PLATFORM);
  await page.waitForURL(/\/msps$/);
  await page.getByRole("link", { name: "Take on an MSP" }).click();
  await page.getByLabel("Company").fill("Fabrikam Systems");
  await page.getByLabel("Name in addresses").fill("northwind");
  await page.getByLabel("Email of its first administrator").fill("boss@fabrikam.example");
  await page.getByRole("button", { name: "Take it on" }).click();
  await page.getByText("is already in use").waitFor();
  await page.getByLabel("Name in addresses").fill("fabrikam");
  await page.getByRole("button", { name: "Take it on" }).click();
  await toast(page, "The invitation went to boss@fabrikam.example.");
  await page.getByRole("heading", { level: 1, name: "Fabrikam Systems" }).waitFor();
  const mails = await (await fetch(`${demo.url}/demo/mail.json?to=boss@fabrikam.example`)).json();
  assert.match(mails.items[0].text_body, /\/invitation\?token=bwi_/);

  await page.getByRole("button", { name: "Rename…" }).click();
  await page.getByRole("dialog").getByLabel("Company").fill("Fabrikam");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { level: 1, name: "Fabrikam", exact: true }).waitFor();
  await page.getByRole("button", { name: "Suspend…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Suspend it" }).click();
  await toast(page, "Fabrikam is suspended.");
  await page.getByText("Suspended: its people").waitFor();
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Resume it" }).click();
  await toast(page, "Fabrikam is in again.");
  await page.goto(`${demo.url}/platform/activity`);
  await page.getByRole("link", { name: "MSP resumed" }).waitFor();
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("what a role may not see, no address shows", async () => {
  for (const [email, forbidden, tabs] of [
    ["operator@northwind.example", ["/settings/api-keys", "/settings/api-keys/new", "/settings/billing", "/settings/taxes", "/msps", "/msps/new", "/platform/activity"], ["Brand", "Team"]],
    ["billing@northwind.example", ["/settings/api-keys", "/msps"], ["Brand", "Billing", "Taxes", "Payments", "Team", "Sandboxes"]],
  ]) {
    const { page, context } = await at("/settings", email);
    await page.waitForURL(/\/settings\/brand$/);
    await page.getByText("You may look at the brand.").waitFor();
    assert.deepEqual(await page.getByRole("navigation", { name: "Settings" }).getByRole("link").allTextContents(), tabs);
    assert.equal(await page.getByRole("button", { name: "Save" }).count(), 0);
    for (const path of forbidden) {
      await page.goto(demo.url + path);
      await page.getByRole("heading", { level: 1, name: "You may not see this page" }).waitFor();
    }
    await page.goto(`${demo.url}/settings/team`);
    // Who is limited to customers does not see the team.
    const seen = email.startsWith("operator") ? page.getByText("You see nobody here") : page.getByRole("row", { name: /Alex Admin/ });
    await seen.waitFor();
    assert.equal(await page.getByRole("link", { name: "Invite" }).count(), 0);
    await context.close();
  }
});
