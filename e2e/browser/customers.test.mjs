// Customers, as the staff of an MSP takes them on and looks after them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspect, nothing } from "./accessible.mjs";
import { as, browser, faults, focused, open, settled, signIn, start, subscriptionOf } from "./demo.mjs";

let demo;
let chromium;
let api;
before(async () => {
  // One after the other: what has been started is stopped, whatever fails.
  chromium = await browser();
  demo = await start();
  api = await as(demo);
});
after(async () => {
  await chromium?.close();
  await demo?.stop();
});

const field = (page, name) => page.getByLabel(name, { exact: true });
const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
const step = (page, name) => page.locator("#step-title", { hasText: name }).waitFor();
/** The step is shown, and has the focus: who tabs on begins there. */
const arrived = async (page, name) => {
  await step(page, name);
  await focused(page, "step-title");
};
const inside = (page) => page.getByRole("dialog");

test("a customer is taken on, with a reload in the middle and nothing lost", async () => {
  const { page, context, complaints } = await open(chromium);
  await signIn(page, `${demo.url}/customers`);
  await page.getByRole("link", { name: "New customer" }).first().click();
  await page.getByRole("heading", { level: 1, name: "New customer" }).waitFor();

  // Nothing typed: the name is asked for, and the field gets the focus.
  await step(page, "Company");
  await press(page, "Continue");
  await page.getByText("This is needed.").first().waitFor();
  await page.waitForFunction(() => document.activeElement?.id === "company_name");
  await field(page, "Company name").fill("Zircon Logistics");
  assert.equal(await field(page, "Code").inputValue(), "ZIRCON-LOGISTICS");
  await field(page, "Email").fill("not an address");
  await field(page, "Phone").fill("x");
  await press(page, "Continue");
  await page.getByText(/Enter an email address/).waitFor();
  await page.getByText(/Enter a telephone number/).waitFor();
  await field(page, "Email").fill("ops@zircon.example");
  await field(page, "Phone").fill("+1 555 0199");
  await field(page, "Code").fill("zircon");
  await press(page, "Continue");

  await page.waitForURL(/step=plan/);
  await step(page, "Plan");
  await page.locator(".radio-card").first().click();
  await field(page, "Begin with a trial").check();
  await field(page, "Trial ends").fill("2020-01-01");
  await press(page, "Continue");
  await page.getByText("Choose a day after today.").waitFor();
  await field(page, "Trial ends").fill("2030-01-31");
  await press(page, "Continue");

  await page.waitForURL(/step=limits/);
  await step(page, "Limits");
  await field(page, "Machines").fill("12.5");
  await press(page, "Continue");
  await page.getByText(/Enter a whole number from 0/).waitFor();
  await field(page, "Machines").fill("40");

  await page.reload();
  await step(page, "Limits");
  await page.getByText("What you typed before is back.").waitFor();
  assert.equal(await field(page, "Machines").inputValue(), "40");
  await page.goBack();
  await step(page, "Plan");
  assert.equal(await page.locator(".radio-card input").first().isChecked(), true);
  assert.equal(await field(page, "Trial ends").inputValue(), "2030-01-31");
  await press(page, "Continue");
  await press(page, "Continue");

  await page.waitForURL(/step=people/);
  await field(page, "Email").fill("nobody");
  await press(page, "Continue");
  await page.getByText(/Enter an email address/).waitFor();
  await field(page, "Email").fill("owner@zircon.example");
  await press(page, "Continue");

  await page.waitForURL(/step=review/);
  for (const text of ["Zircon Logistics", "ZIRCON", "ops@zircon.example", "owner@zircon.example", "Jan 31, 2030", "40"]) {
    await page.getByText(text, { exact: true }).first().waitFor();
  }
  await page.getByRole("link", { name: /^Change.*Company/ }).click();
  await step(page, "Company");
  assert.equal(await field(page, "Code").inputValue(), "zircon");
  await page.getByRole("link", { name: /Review/ }).click();
  await step(page, "Review");
  await page.getByRole("button", { name: "Create customer" }).dblclick();

  await page.getByRole("heading", { level: 1, name: "Zircon Logistics" }).waitFor();
  assert.match(page.url(), /\/customers\/ZIRCON$/);
  const made = await api("GET", "/msp/customers/ZIRCON");
  assert.equal(made.status, "trial");
  assert.equal(made.trial_ends_on, "2030-01-31");
  assert.equal(made.limits.max_machines, 40);
  assert.ok((await subscriptionOf(api, "ZIRCON")).plan_id);
  const { items } = await api("GET", "/msp/invitations?limit=200");
  assert.equal(items.filter((one) => one.email === "owner@zircon.example" && one.customer_id === made.id).length, 1);
  assert.equal((await api("GET", "/msp/customers?q=zircon")).items.length, 1);
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("what the server says about a field is read where the field is", async () => {
  const { page, context } = await open(chromium);
  await signIn(page, `${demo.url}/customers/new`);
  await field(page, "Company name").fill("Acme Once More");
  await field(page, "Code").fill("ACME");
  for (const name of ["Plan", "Limits", "People", "Review"]) {
    await press(page, "Continue");
    await step(page, name);
  }
  await press(page, "Create customer");
  await page.waitForURL(/step=company/);
  await page.getByText(/already the code of another customer/).waitFor();
  await page.waitForFunction(() => document.activeElement?.id === "code");
  assert.equal(await field(page, "Company name").inputValue(), "Acme Once More");
  await context.close();
});

test("an invitation that fails is tried again, and nobody is taken on twice", async () => {
  const { page, context } = await open(chromium);
  await signIn(page, `${demo.url}/customers/new`);
  await field(page, "Company name").fill("Vermilion Foods");
  for (const name of ["Plan", "Limits", "People"]) {
    await press(page, "Continue");
    await step(page, name);
  }
  await field(page, "Email").fill("owner@vermilion.example");
  await press(page, "Continue");
  await step(page, "Review");
  await page.route("**/invitations", (route) => route.abort(), { times: 1 });
  await press(page, "Create customer");
  await page.getByRole("heading", { name: "owner@vermilion.example could not be invited" }).waitFor();
  await press(page, "Try again");
  await page.getByRole("heading", { level: 1, name: "Vermilion Foods" }).waitFor();
  assert.equal((await api("GET", "/msp/customers?q=vermilion")).items.length, 1);
  await context.close();
});

test("a customer is suspended with a reason, and resumed", async () => {
  const { page, context } = await open(chromium);
  await signIn(page, `${demo.url}/customers/ZIRCON`);
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Suspend…" }).click();
  await inside(page).getByText(/Usage is still recorded/).waitFor();
  await inside(page).getByLabel("Reason").fill("three invoices unpaid");
  await inside(page).getByRole("button", { name: "Suspend", exact: true }).click();
  await page.getByText(/Suspended .*three invoices unpaid/).waitFor();
  assert.equal((await api("GET", "/msp/customers/ZIRCON")).suspended_reason, "three invoices unpaid");
  await page.getByRole("button", { name: "Resume…" }).click();
  await inside(page).getByRole("button", { name: "Resume", exact: true }).click();
  await page.getByText(/three invoices unpaid/).waitFor({ state: "detached" });
  assert.equal((await api("GET", "/msp/customers/ZIRCON")).status, "active");
  await context.close();
});

test("limits that somebody else has changed meanwhile are not overwritten", async () => {
  const { page, context } = await open(chromium);
  await signIn(page, `${demo.url}/customers/ZIRCON?tab=limits`);
  await field(page, "Machines").fill("55");
  await api("PUT", "/msp/customers/ZIRCON/limits", { max_machines: 40, storage_gb: 900 });
  await press(page, "Save");
  await page.getByText(/Somebody else has changed this meanwhile/).waitFor();
  assert.equal(await field(page, "Machines").inputValue(), "55");
  await page.reload();
  await page.getByText("What you typed before is back.").waitFor();
  assert.equal(await field(page, "Machines").inputValue(), "55");
  assert.equal(await field(page, "Storage, GB").inputValue(), "900");
  await press(page, "Save");
  await page.getByText("The limits are saved.").waitFor();
  const { limits } = await api("GET", "/msp/customers/ZIRCON");
  assert.equal(limits.max_machines, 55);
  assert.equal(limits.storage_gb, 900);
  // Saved, it can be changed again.
  await field(page, "Machines").fill("");
  await press(page, "Save");
  await page.waitForTimeout(500);
  assert.equal((await api("GET", "/msp/customers/ZIRCON")).limits.max_machines, null);
  await context.close();
});

test("details are changed, and what happened is told", async () => {
  const { page, context } = await open(chromium);
  await signIn(page, `${demo.url}/customers/ZIRCON`);
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await field(page, "Contact person").fill("Una Zircon");
  await field(page, "Phone").fill("");
  await press(page, "Save");
  await page.getByText("Saved.").waitFor();
  const made = await api("GET", "/msp/customers/ZIRCON");
  assert.equal(made.contact_name, "Una Zircon");
  assert.equal(made.phone, null);
  assert.equal(made.contact_email, "ops@zircon.example");
  await page.getByRole("navigation", { name: "Customer", exact: true }).getByRole("link", { name: "Activity" }).click();
  await page.getByText("Details changed").first().waitFor();
  await page.locator("summary").first().click();
  await page.getByText("contact_name, phone").first().waitFor();
  await context.close();
});

test("somebody is invited, and the invitation revoked", async () => {
  const { page, context } = await open(chromium);
  await signIn(page, `${demo.url}/customers/ZIRCON?tab=users`);
  await page.getByRole("button", { name: "Invite somebody…" }).first().click();
  await inside(page).getByLabel("Email").fill("viewer@zircon.example");
  await inside(page).getByLabel("Role").selectOption("customer_viewer");
  await inside(page).getByRole("button", { name: "Invite", exact: true }).click();
  await page.getByRole("cell", { name: "viewer@zircon.example" }).or(page.getByRole("rowheader", { name: "viewer@zircon.example" })).first().waitFor();
  await page.getByRole("button", { name: "Revoke viewer@zircon.example" }).click();
  await inside(page).getByRole("button", { name: "Revoke", exact: true }).click();
  await page.getByRole("button", { name: "Revoke viewer@zircon.example" }).waitFor({ state: "detached" });
  const { items } = await api("GET", "/msp/invitations?limit=200");
  assert.equal(items.some((one) => one.email === "viewer@zircon.example"), false);
  await context.close();
});

test("a subscription changes: what it will cost is shown first, what lies ahead can be taken back", async () => {
  const { page, context, complaints } = await open(chromium);
  const { items: plans } = await api("GET", "/msp/plans?status=active");
  const now = await subscriptionOf(api, "ZIRCON");
  const other = plans.find((plan) => plan.id !== now.plan_id);
  await signIn(page, `${demo.url}/customers/ZIRCON?tab=subscription`);
  const upcoming = await api("GET", `/msp/subscriptions/${now.id}/upcoming`);
  const dollars = (money) => `$${(money.amount_minor / 100).toLocaleString("en-US", { minimumFractionDigits: 2 })}`;
  await page.locator(".sums .sum").getByText(dollars(upcoming.total)).waitFor();

  await press(page, "Change plan…");
  const go = inside(page).getByRole("button", { name: "Change plan", exact: true });
  assert.equal(await go.getAttribute("aria-disabled"), "true");
  await inside(page).locator(".radio-card", { hasText: other.name }).click();
  await inside(page).getByLabel("When").selectOption("period_end");
  const request = { kind: "plan", plan: other.id, at: "period_end" };
  const wanted = await api("POST", `/msp/subscriptions/${now.id}/changes/preview`, request);
  const { before, after } = wanted.months[0];
  const row = inside(page).locator("tbody tr").first();
  await row.getByText(dollars(after.total), { exact: true }).waitFor();
  assert.deepEqual(await row.locator("td").allInnerTexts(), [dollars(before.total), dollars(after.total)]);
  await go.click();
  await page.getByText(`Goes on as ${other.name}`).first().waitFor();
  await page.getByRole("button", { name: "Take back…" }).click();
  await inside(page).getByRole("button", { name: "Take back", exact: true }).click();
  await page.getByRole("heading", { name: "Ahead" }).waitFor({ state: "detached" });
  assert.deepEqual((await subscriptionOf(api, "ZIRCON")).changes, []);

  await press(page, "Pause…");
  await inside(page).getByRole("button", { name: "Pause", exact: true }).click();
  await page.getByRole("button", { name: "Resume…" }).click();
  assert.equal((await subscriptionOf(api, "ZIRCON")).status, "paused");
  await inside(page).getByRole("button", { name: "Resume", exact: true }).click();
  await page.getByRole("button", { name: "Pause…" }).waitFor();
  assert.equal((await subscriptionOf(api, "ZIRCON")).status, "active");
  assert.deepEqual(faults(complaints), []);
  await context.close();
});

test("a customer has several subscriptions, one of them several times, and one invoice", async () => {
  const { page, context, complaints } = await open(chromium);
  const { items: current } = await api("GET", "/msp/subscriptions?customer=GLOBEX&ended=false");
  const [care, main] = current;
  assert.deepEqual([current.length, care.plan_code, main.quantity], [2, "CARE", 3]);
  const dollars = (money) => `$${(money.amount_minor / 100).toLocaleString("en-US", { minimumFractionDigits: 2 })}`;
  await signIn(page, `${demo.url}/customers/GLOBEX?tab=subscription`);
  const upcoming = await api("GET", `/msp/subscriptions/${care.id}/upcoming`);
  await page.locator(".sums .sum").getByText(dollars(upcoming.total)).waitFor();
  assert.deepEqual(await page.locator(".sums .part").allInnerTexts(), [main.plan_name, care.plan_name]);

  // What is there already is not sold twice, and says so at its field.
  await press(page, "Add a subscription…");
  await page.locator(".radio-card", { hasText: main.plan_name }).click();
  await press(page, "Start subscription");
  await page.getByText(/is subscribed to .* already, on/).waitFor();
  await inspect(page, "a subscription that would be one too many");
  await press(page, "Not now");
  await page.getByRole("heading", { name: "Start a subscription" }).waitFor({ state: "detached" });

  await page.getByRole("button", { name: "Change quantity…" }).first().click();
  const go = inside(page).getByRole("button", { name: "Change quantity", exact: true });
  await inside(page).getByLabel("Quantity from then on").fill("0");
  await inside(page).getByText("Use a whole number from 1 to 1,000,000.").waitFor();
  await inside(page).getByLabel("Quantity from then on").fill("4");
  await inside(page).getByLabel("When").selectOption("period_end");
  const request = { kind: "quantity", quantity: 4, at: "period_end" };
  const wanted = await api("POST", `/msp/subscriptions/${main.id}/changes/preview`, request);
  const { after } = wanted.months[0];
  await inside(page).locator("tbody tr").first().getByText(dollars(after.total), { exact: true }).waitFor();
  await inspect(page, "another quantity");
  await go.click();
  await page.getByText("Quantity becomes 4").waitFor();
  await page.getByRole("button", { name: "Take back…" }).click();
  await inside(page).getByRole("button", { name: "Take back", exact: true }).click();
  await page.getByRole("heading", { name: "Ahead" }).waitFor({ state: "detached" });

  // Last month's invoice has both, each under its name, and can be computed again.
  const month = new Date(`${upcoming.period_start}T00:00:00Z`);
  month.setUTCMonth(month.getUTCMonth() - 1);
  const { items } = await api("GET", `/msp/invoices?customer=GLOBEX&period=${month.toISOString().slice(0, 7)}`);
  assert.deepEqual([items.length, items[0].subscriptions.length], [1, 2]);
  await page.goto(`${demo.url}/invoices/${items[0].id}`);
  await page.locator("tr.part").first().waitFor();
  assert.deepEqual(await page.locator("tr.part").allInnerTexts(), [main.plan_name, care.plan_name]);
  await page.getByRole("link", { name: "Check this invoice" }).click();
  await page.getByText(/lines are equal, to the cent/).waitFor();
  await inspect(page, "an invoice over two subscriptions");
  assert.deepEqual(faults(complaints, "409|422"), []);
  await context.close();
});

test("a subscription is cancelled, and another is started", async () => {
  const { page, context } = await open(chromium);
  await signIn(page, `${demo.url}/customers/ZIRCON?tab=subscription`);
  await press(page, "Cancel subscription…");
  await inside(page).getByRole("button", { name: "Cancel subscription", exact: true }).click();
  await page.getByRole("heading", { name: "Start a subscription" }).waitFor();
  // Until it has come, the end can be taken back.
  await press(page, "Take the end back…");
  await inside(page).getByRole("button", { name: "Keep it", exact: true }).click();
  await page.getByRole("heading", { name: "Start a subscription" }).waitFor({ state: "detached" });
  await press(page, "Cancel subscription…");
  await inside(page).getByRole("button", { name: "Cancel subscription", exact: true }).click();
  await page.getByRole("heading", { name: "Start a subscription" }).waitFor();
  await press(page, "Start subscription");
  await page.getByText("This is needed.").waitFor();
  await page.locator(".radio-card").nth(1).click();
  await press(page, "Start subscription");
  await page.getByRole("button", { name: "Cancel subscription…" }).waitFor();
  assert.equal((await api("GET", "/msp/subscriptions?customer=ZIRCON")).items.length, 2);
  await context.close();
});

test("the search shows what matched", async () => {
  const { page, context } = await open(chromium);
  await signIn(page, `${demo.url}/customers?q=zir`);
  await page.locator("mark", { hasText: "Zir" }).first().waitFor();
  await context.close();
});

// Goes to what has this name by Tab alone; every stop on the way has a ring that is seen.
async function tabTo(page, name) {
  for (let stop = 0; stop < 80; stop += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const active = document.activeElement;
      const seen = (element) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        return outlineStyle !== "none" && parseFloat(outlineWidth) >= 1;
      };
      const after = getComputedStyle(active, "::after");
      const around = active.closest(".radio-card");
      const ring = seen(active) || (around && seen(around)) || (after.outlineStyle !== "none" && parseFloat(after.outlineWidth) >= 1);
      const label = active.labels?.[0]?.textContent ?? active.getAttribute("aria-label") ?? active.textContent;
      return { label: label.trim(), ring, html: active.outerHTML.slice(0, 120), body: active === document.body };
    });
    assert.ok(at.ring || at.body, `no ring around ${at.html}`);
    if (at.label === name || (name instanceof RegExp && name.test(at.label))) return;
  }
  assert.fail(`${name} cannot be reached with Tab`);
}

test("a customer is taken on with the keyboard alone", async () => {
  const { page, context } = await open(chromium);
  await signIn(page, `${demo.url}/customers`);
  await page.getByRole("link", { name: "New customer" }).first().waitFor();
  await tabTo(page, "New customer");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "New customer" }).waitFor();
  await step(page, "Company");
  await tabTo(page, "Company name");
  await page.keyboard.type("Wisteria Labs");
  await page.keyboard.press("Enter");
  await arrived(page, "Plan");
  // The plans are there: until then there is nothing to choose.
  await page.locator(".radio-card input").nth(1).waitFor();
  await tabTo(page, /No plan yet/);
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.locator(".radio-card input").first().isChecked(), true);
  await tabTo(page, "Continue");
  await page.keyboard.press("Enter");
  await arrived(page, "Limits");
  await tabTo(page, "Machines");
  await page.keyboard.type("7");
  await page.keyboard.press("Enter");
  await arrived(page, "People");
  await tabTo(page, "Continue");
  await page.keyboard.press("Enter");
  await arrived(page, "Review");
  await tabTo(page, "Create customer");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Wisteria Labs" }).waitFor();
  assert.equal((await api("GET", "/msp/customers/WISTERIA-LABS")).limits.max_machines, 7);
  await tabTo(page, "More actions");
  await page.keyboard.press("Enter");
  // The menu takes the focus with the next frame.
  await page.locator("[role=menuitem]:focus").waitFor();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await inside(page).getByLabel("Type Wisteria Labs to go on").waitFor();
  await page.keyboard.type("Wisteria Labs");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText("This customer is closed.").waitFor();
  await context.close();
});

test("the steps, a cancelled subscription and a closed customer are for everybody", async () => {
  const { page, context, complaints } = await open(chromium);
  const found = {};
  await signIn(page, `${demo.url}/customers/new`);
  await field(page, "Company name").fill("Of No Matter");
  for (const title of ["Plan", "Limits", "People", "Review"]) {
    await press(page, "Continue");
    await step(page, title);
    await settled(page);
    await inspect(page, `the step ${title}`, found);
  }
  for (const path of ["/customers/ZIRCON?tab=subscription", "/customers/WISTERIA-LABS"]) {
    await page.goto(demo.url + path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await settled(page);
    await inspect(page, path, found);
  }
  assert.deepEqual(faults(complaints), []);
  nothing(found);
  await context.close();
});
