// What can go wrong between the browser and the server: it is told, and nothing that was typed is lost.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { browser, open, settled, signIn, start } from "./demo.mjs";

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

const problem = (status, code) => ({
  status,
  contentType: "application/problem+json",
  body: JSON.stringify({ type: "about:blank", title: "Trouble", status, code, detail: "Something is broken.", request_id: "req_test" }),
});

// The page of one's own account, with its form filled in.
async function editName(page, name) {
  await signIn(page, `${demo.url}/profile`);
  await page.getByRole("heading", { level: 1, name: "Profile" }).waitFor();
  await page.getByLabel("Name", { exact: true }).fill(name);
}

const save = (page) => page.getByRole("button", { name: "Save", exact: true }).click();
const typed = (page) => page.getByLabel("Name", { exact: true }).inputValue();

test("a session that ends in mid-form is taken up again, and the form is as it was", async () => {
  const { page, context } = await open(chromium);
  await editName(page, "Alex Again");
  // Else the first to be refused may be what the page still has to read.
  await settled(page);
  await context.clearCookies();
  await save(page);
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("heading", { name: "Sign in to go on" }).waitFor();
  assert.equal(await dialog.getByLabel("Email", { exact: true }).inputValue(), "admin@northwind.example");
  // It cannot be waved away: behind it nobody is signed in.
  await page.keyboard.press("Escape");
  await dialog.waitFor();
  await dialog.getByLabel("Password", { exact: true }).fill("bailiwick-demo");
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "hidden" });
  assert.equal(await typed(page), "Alex Again");
  await save(page);
  await page.getByText("Saved.").waitFor();
  await page.reload();
  await page.getByLabel("Name", { exact: true }).waitFor();
  assert.equal(await typed(page), "Alex Again");
  await context.close();
});

test("an access token that has run out is renewed once for all who need it, unseen", async () => {
  const { page, context } = await open(chromium);
  await signIn(page, `${demo.url}/customers`);
  await page.getByRole("link", { name: "Acme Corp" }).waitFor();
  let renewals = 0;
  page.on("request", (request) => (renewals += request.url().endsWith("/auth/refresh") ? 1 : 0));
  const kept = (await context.cookies()).filter((cookie) => cookie.name !== "__Host-access");
  await context.clearCookies();
  await context.addCookies(kept);
  // The overview asks for several things at once.
  await page.getByRole("link", { name: "Acme Corp" }).click();
  await page.getByRole("heading", { level: 1, name: "Acme Corp" }).waitFor();
  await settled(page);
  assert.equal(renewals, 1);
  assert.equal(await page.getByRole("dialog").count(), 0);
  await context.close();
});

test("a server that fails is told with the request's name, and tried again", async () => {
  const { page, context } = await open(chromium);
  await signIn(page, demo.url);
  await page.getByRole("navigation", { name: "Main" }).waitFor();
  await page.route("**/api/v1/msp/customers?**", (route) => route.fulfill(problem(500, "internal")));
  await page.route("**/api/v1/msp/customers", (route) => route.fulfill(problem(500, "internal")));
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Customers" }).click();
  await page.getByText("Something is broken.").waitFor();
  await page.getByText("req_test").waitFor();
  await page.unrouteAll();
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("link", { name: "Acme Corp" }).waitFor();
  await context.close();
});

test("a form that the server fails on keeps what was typed", async () => {
  const { page, context } = await open(chromium);
  await editName(page, "Alex Unbroken");
  await page.route("**/api/v1/auth/me", (route) =>
    route.request().method() === "PATCH" ? route.fulfill(problem(500, "internal")) : route.fallback(),
  );
  await save(page);
  await page.getByText("Something is broken.").waitFor();
  assert.equal(await typed(page), "Alex Unbroken");
  // A connection that breaks is another fault with the same end.
  await page.unrouteAll();
  await page.route("**/api/v1/auth/me", (route) =>
    route.request().method() === "PATCH" ? route.abort("connectionreset") : route.fallback(),
  );
  await save(page);
  await page.getByText(/server cannot be reached/).waitFor();
  assert.equal(await typed(page), "Alex Unbroken");
  await page.unrouteAll();
  await save(page);
  await page.getByText("Saved.").waitFor();
  await context.close();
});

test("a page whose code does not come says so, and comes when asked again", async () => {
  const { page, context } = await open(chromium);
  await page.route("**/split-customers-*.wasm", (route) => route.abort("connectionreset"));
  await signIn(page, demo.url);
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Customers" }).click();
  await page.getByText("This could not be loaded").waitFor();
  await page.unrouteAll();
  // By key: a pointer on its way there crosses the link, which asks for the page, too.
  await page.getByRole("button", { name: "Try again" }).press("Enter");
  await page.getByRole("link", { name: "Acme Corp" }).waitFor();
  await context.close();
});

test("what others change shows without a reload", async () => {
  const { page, context } = await open(chromium);
  await signIn(page, `${demo.url}/customers/ACME`);
  await page.getByRole("heading", { level: 1, name: "Acme Corp" }).waitFor();
  const other = await open(chromium);
  await signIn(other.page, `${demo.url}/profile`);
  await other.page.getByRole("heading", { level: 1, name: "Profile" }).waitFor();
  const call = (path, body) =>
    other.page.evaluate(
      async ([path, body]) => {
        const headers = { "content-type": "application/json", "x-csrf-protection": "1" };
        const answer = await fetch(`/api/v1${path}`, { method: "POST", headers, body: JSON.stringify(body) });
        return answer.status;
      },
      [path, body],
    );
  assert.equal(await call("/msp/customers/ACME/suspend", { reason: "to be seen" }), 200);
  await page.getByText(/Suspended .*to be seen/).waitFor();
  assert.equal(await call("/msp/customers/ACME/resume", {}), 200);
  await page.getByText(/Suspended .*to be seen/).waitFor({ state: "hidden" });
  await other.context.close();
  await context.close();
});

test("the first paint is in the tenant's brand, before any code has come", async () => {
  for (const [host, name, color] of [["northwind", "Northwind IT portal", "#1d4ed8"], ["harbor", "Harbor", "#0f766e"]]) {
    const { page, context } = await open(chromium);
    await page.route("**/*.wasm", () => {});
    const base = demo.url.replace("localhost", `${host}.localhost`);
    await page.goto(base, { waitUntil: "commit" });
    const splash = page.locator("#splash");
    await splash.waitFor();
    const brand = JSON.parse(await page.locator("meta[name=brand]").getAttribute("content"));
    assert.ok((await splash.textContent()).includes(brand.portal_name ?? brand.display_name), name);
    const shown = await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--brand-primary").trim());
    assert.equal(shown, brand.primary_color, color);
    assert.ok((await page.title()).includes(brand.portal_name ?? brand.display_name));
    assert.doesNotMatch(await page.content(), /bailiwick/i);
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await context.close();
  }
});
