// The portal, as the people of an MSP's customer meet it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { browser, open, settled, signIn, start } from "./demo.mjs";

const PASSWORD = "bailiwick-demo";

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
  northwind = demo.url.replace("localhost", "northwind.localhost");
  harbor = demo.url.replace("localhost", "harbor.localhost");

  const staff = await api("admin@northwind.example");
  const draft = await staff("POST", "/msp/invoices", { customer: "ACME", period: new Date().toISOString().slice(0, 7) });
  unpaid = await staff("POST", `/msp/invoices/${draft.id}/finalize`);
  paid = (await staff("GET", "/msp/invoices?customer=ACME&status=paid&limit=1")).items[0];
  await staff("POST", "/msp/customers/ACME/invitations", { email: "third@acme.example", role: "customer_viewer" });
  await accept("third@acme.example", "Thea Third");

  // The demo has no login at a customer of the other MSP; one whose invoice is overdue.
  const other = await api("admin@harbor.example");
  const { items } = await other("GET", "/msp/invoices?overdue=true&limit=1");
  await other("POST", `/msp/customers/${items[0].customer_id}/invitations`, { email: "boss@late.example", role: "customer_owner" });
  await accept("boss@late.example", "Lena Late");
});
after(async () => {
  await chromium?.close();
  await demo?.stop();
});

// Asks the server as somebody.
async function api(email) {
  const send = async (method, path, body, token) => {
    const headers = { ...(body && { "content-type": "application/json" }), ...(token && { authorization: `Bearer ${token}` }) };
    const answer = await fetch(`${demo.url}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return text && JSON.parse(text);
  };
  const { access_token: token } = await send("POST", "/auth/sign-in", { email, password: PASSWORD });
  return (method, path, body) => send(method, path, body, token);
}

// Follows the invitation's mail.
async function accept(email, name) {
  const text = async (path) => (await fetch(demo.url + path)).text();
  let token;
  for (const deadline = Date.now() + 15_000; !token && Date.now() < deadline; ) {
    const [mail] = (await text(`/demo/mail?to=${email}`)).match(/\/demo\/mail\/mai_[a-z0-9]+/) ?? [];
    [, token] = (mail && (await text(mail)).match(/token=([\w-]+)/)) ?? [];
  }
  const answer = await fetch(`${demo.url}/api/v1/auth/invitation/accept`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token, name, password: PASSWORD }),
  });
  assert.ok(answer.ok, await answer.text());
}

const money = ({ amount_minor, currency }) =>
  new Intl.NumberFormat("en-US", { style: "currency", currency }).format(amount_minor / 100);

const enter = async (page, url, email = "owner@acme.example") => {
  await signIn(page, `${url}/sign-in`, email);
  await page.waitForURL(`${url}/`);
};

// Developers' builds warn about reads that are not followed; those are not what a person would see.
const real = (complaints) => complaints.filter((text) => !/401|reactive tracking context/.test(text));

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
    assert.deepEqual(real(complaints), []);
    await context.close();
  });
}

test("the overview says what the server has counted", async () => {
  const owner = await api("owner@acme.example");
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
  await page.getByText(overview.plan_name, { exact: true }).waitFor();
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
  const owner = await api("owner@acme.example");
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

test("invoices are filtered, and one is shown with all that it charges for", async () => {
  const owner = await api("owner@acme.example");
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
  assert.equal(await page.evaluate(() => document.activeElement.id), "email");
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
  assert.deepEqual(real(complaints), []);
  await context.close();
});

for (const [locale, colorScheme, name, width, height] of [
  ...["light", "dark"].flatMap((scheme) => [
    ["en-US", scheme, "desk", 1440, 900],
    ["en-US", scheme, "phone", 390, 844],
    ["en-US", scheme, "narrow", 320, 640],
  ]),
  ["de-DE", "light", "narrow", 320, 640],
]) {
  test(`every page is accessible and fits: ${locale}, ${colorScheme}, ${name}`, async () => {
    const { page, context, complaints } = await open(chromium, { locale, colorScheme, viewport: { width, height }, reducedMotion: "reduce" });
    await page.goto(`${harbor}/sign-in`);
    await page.locator("[autocomplete=username]").fill("boss@late.example");
    await page.locator("[autocomplete=current-password]").fill(PASSWORD);
    await page.keyboard.press("Enter");
    await page.waitForURL(`${harbor}/`);
    const late = (await (await api("boss@late.example"))("GET", "/portal/invoices?overdue=true")).items[0];
    const PAGES = ["/", "/usage", "/usage?period=2019-01", "/invoices", "/invoices?status=finalized", `/invoices/${late.id}`,
      `/invoices/${late.id}?payment=cancelled`, `/invoices/${late.id}?payment=done`, "/invoices/inv_01kb4da640e008080z7ptp26w6", "/users",
      "/payment/done", "/no/such/page"];
    for (const path of PAGES) {
      await page.goto(harbor + path);
      await page.getByRole("heading", { level: 1 }).first().waitFor();
      await settled(page);
      await page.waitForFunction(() => !document.querySelector("[aria-busy=true]"));
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(() =>
        globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }),
      );
      const found = violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" | ")}`);
      assert.deepEqual(found, [], path);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(overflow <= 0, `${path} is ${overflow} px too wide`);
      if (width < 900) {
        const small = await page.evaluate(() =>
          [...document.querySelectorAll("main a.btn, main button, .nav a, .nav button, .choice a")]
            .map((one) => [one, one.getBoundingClientRect()])
            .filter(([, box]) => box.width > 0 && box.height < 43.5)
            .map(([one, box]) => `${one.textContent.trim()}: ${box.height}`),
        );
        assert.deepEqual(small, [], path);
      }
    }
    assert.deepEqual(real(complaints).filter((text) => !text.includes("404")), []);
    await context.close();
  });
}
