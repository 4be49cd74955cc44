// Every page of both apps, in both brands: accessible, reached and seen by the keyboard, fitting, and never doing what
// the Content-Security-Policy forbids.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspect, nothing } from "./accessible.mjs";
import { accept, as, at, browser, faults, invitation, open, settled, signIn, start } from "./demo.mjs";

export let demo;
export let chromium;
// What the addresses name, by the MSP.
const worlds = {};
before(async () => {
  chromium = await browser();
  demo = await start();
  for (const [msp, customer] of [["northwind", "ACME"], ["harbor"]]) worlds[msp] = await world(msp, customer);
});
after(async () => {
  await chromium?.close();
  await demo?.stop();
});

async function world(msp, customer) {
  const api = await as(demo, `admin@${msp}.example`);
  const first = async (path) => (await api("GET", path)).items[0];
  const overdue = await first("/msp/invoices?overdue=true&limit=1");
  const code = customer ?? overdue.customer_code;
  await api("POST", `/msp/customers/${code}/invitations`, { email: `boss@${msp}-customer.example`, role: "customer_owner" });
  await accept(demo, `boss@${msp}-customer.example`, "Billie Boss");
  const credit = { source: "promotional", amount: { ...overdue.total, amount_minor: 5000 }, description: "Welcome", expires_on: "2099-12-31" };
  await api("POST", `/msp/customers/${code}/credit/grants`, credit);
  const invited = `next@${msp}-customer.example`;
  await api("POST", `/msp/customers/${code}/invitations`, { email: invited, role: "customer_viewer" });
  const { period } = await api("GET", `/msp/customers/${code}/usage`);
  const draft = (await first("/msp/invoices?status=draft&limit=1")) ?? (await api("POST", "/msp/invoices", { customer: code, period }));
  const paid = (await first(`/msp/invoices?customer=${code}&status=paid&limit=1`)).id;
  return {
    code,
    invoice: overdue.id,
    draft: draft.id,
    paid,
    line: (await api("GET", `/msp/invoices/${paid}`)).lines[0].id,
    token: await invitation(demo, invited),
    plan: (await first("/msp/plans?limit=1")).code,
    metric: (await first("/msp/metrics?limit=1")).key,
    event: (await first("/msp/events?type=customer.&limit=1")).id,
    msp: (await (await as(demo, "admin@platform.example"))("GET", "/platform/msps?limit=1")).items[0].id,
  };
}

// Each page of the table of pages, by its path, with the addresses that it is looked at under. The first of them is
// looked at in every brand.
export const DOORS = {
  "(an invitation that is over)": ["/invitation?token=none"],
  "/sign-in": ["/sign-in"],
  "/forgot-password": ["/forgot-password"],
  "/reset-password": ["/reset-password?token=none"],
  "/invitation": [({ token }) => `/invitation?token=${token}`],
};
const TABS = ["usage", "subscription", "invoices", "statement", "users", "limits", "activity", "settings"];
export const DASHBOARD = {
  "/": ["/"],
  "/customers": ["/customers", "/customers?q=ac", "/customers?q=none-like-this"],
  "/customers/new": ["/customers/new"],
  "/customers/:code": [({ code }) => `/customers/${code}`, ...TABS.map((tab) => ({ code }) => `/customers/${code}?tab=${tab}`), "/customers/NOBODY"],
  "/invoices": ["/invoices", "/invoices?status=draft&customer=ACME", "/invoices?overdue=true"],
  "/invoices/new": ["/invoices/new"],
  "/invoices/run": ["/invoices/run"],
  "/invoices/:id": [({ invoice }) => `/invoices/${invoice}`, ({ draft }) => `/invoices/${draft}`, ({ paid }) => `/invoices/${paid}`, ({ paid }) => `/invoices/${paid}?check=1`, ({ paid, line }) => `/invoices/${paid}?line=${line}`],
  "/plans": ["/plans", "/plans?status=archived"],
  "/plans/new": ["/plans/new"],
  "/plans/:code": [({ plan }) => `/plans/${plan}`, "/plans/NONE"],
  "/plans/:code/edit": [({ plan }) => `/plans/${plan}/edit`],
  "/ledger": [
    "/ledger",
    "/ledger?on=2019-05-05",
    "/ledger?tab=balances",
    "/ledger?tab=transactions",
    "/ledger?tab=transactions&account=cash&from=2019-01-01&until=2019-01-31",
    "/ledger?tab=payouts",
    "/ledger?tab=meters",
    "/ledger?tab=meters&status=refused",
    "/ledger?tab=payouts&status=failed&from=2019-01-01",
  ],
  "/revenue": ["/revenue", "/revenue?months=36"],
  "/settings/payments": ["/settings/payments"],
  "/usage": ["/usage", ({ metric }) => `/usage?metric=${metric}`, "/usage?q=none-like-this"],
  "/activity": ["/activity", "/activity?type=nothing.&from=2026-01-01", ({ event }) => `/activity?event=${event}`],
  "/settings": ["/settings"],
  "/settings/brand": ["/settings/brand"],
  "/settings/billing": ["/settings/billing"],
  "/settings/taxes": ["/settings/taxes"],
  "/settings/team": ["/settings/team", "/settings/team?invite=1"],
  "/settings/sandboxes": ["/settings/sandboxes"],
  "/settings/api-keys": ["/settings/api-keys"],
  "/settings/api-keys/new": ["/settings/api-keys/new"],
  "/profile": ["/profile"],
  "(nothing)": ["/no/such/page"],
  "(forbidden)": ["/msps"],
};
export const PLATFORM = {
  "/msps": ["/msps"],
  "/msps/new": ["/msps/new"],
  "/msps/:id": [({ msp }) => `/msps/${msp}`],
  "/platform/activity": ["/platform/activity"],
  "(its team)": ["/settings/team"],
};
export const PAYMENT = { "/payment/:outcome": ["/payment/done", "/payment/cancelled", "/payment/method?saved=1", "/payment/method"] };
export const PORTAL = {
  "/": ["/"],
  "/usage": ["/usage", "/usage?period=2019-01"],
  "/invoices": ["/invoices", "/invoices?status=finalized", "/invoices?status=draft"],
  "/invoices/:id": [
    ({ paid }) => `/invoices/${paid}`,
    ({ invoice }) => `/invoices/${invoice}`,
    ({ invoice }) => `/invoices/${invoice}?check=1`,
    ({ invoice }) => `/invoices/${invoice}?payment=cancelled`,
    ({ invoice }) => `/invoices/${invoice}?payment=done`,
    "/invoices/inv_01kb4da640e008080z7ptp26w6",
  ],
  "/payment-methods": ["/payment-methods", "/payment-methods?saved=mse_01kb4da640e008080z7ptp26w6"],
  "/users": ["/users"],
  "/profile": ["/profile"],
  "(nothing)": ["/no/such/page"],
};

// Another page by a link, as it is for people: nothing is loaded that is there already.
async function follow(page, address) {
  await page.evaluate((href) => {
    const link = Object.assign(document.createElement("a"), { href });
    document.body.append(link);
    link.click();
    link.remove();
  }, address);
  await page.waitForFunction((path) => location.pathname.startsWith(path), address.split("?")[0]);
}

async function look(page, table, { all, world }, found) {
  for (const addresses of Object.values(table)) {
    for (const one of all ? addresses : addresses.slice(0, 1)) {
      const address = typeof one === "function" ? one(world) : one;
      await follow(page, address);
      await settled(page);
      await page.getByRole("heading", { level: 1, includeHidden: true }).first().waitFor();
      await inspect(page, address, found);
    }
  }
}

// One test for each: what it is called, whose host, who signs in, the pages before that and after it, and whether each is
// looked at under all of its addresses.
export function everyPage(...all_of_them) {
  for (const [what, msp, email, doors, table, all] of all_of_them) {
    test(`every page is for everybody: ${what}`, async () => {
      const { page, context, complaints } = await open(chromium, { viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
      const home = msp ? at(demo, msp) : demo.url;
      const how = { all, world: worlds[msp ?? "northwind"] };
      await page.goto(`${home}/sign-in`);
      const found = {};
      await look(page, doors, how, found);
      await signIn(page, `${home}/sign-in`, email);
      await page.getByRole("navigation", { name: "Main" }).waitFor();
      await look(page, table, how, found);
      assert.deepEqual(faults(complaints), []);
      nothing(found);
      await context.close();
    });
  }
}
