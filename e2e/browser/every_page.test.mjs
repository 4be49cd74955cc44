// Every page of both apps, in both brands: accessible, reached and seen by the keyboard, fitting, and never doing what
// the Content-Security-Policy forbids.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { inspect, nothing } from "./accessible.mjs";
import { ADMIN, accept, as, at, browser, faults, invitation, open, settled, signIn, start } from "./demo.mjs";

let demo;
let chromium;
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
const DOORS = {
  "(an invitation that is over)": ["/invitation?token=none"],
  "/sign-in": ["/sign-in"],
  "/forgot-password": ["/forgot-password"],
  "/reset-password": ["/reset-password?token=none"],
  "/invitation": [({ token }) => `/invitation?token=${token}`],
};
const TABS = ["usage", "subscription", "invoices", "statement", "users", "limits", "activity", "settings"];
const DASHBOARD = {
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
  ],
  "/settings/payments": ["/settings/payments"],
  "/usage": ["/usage", ({ metric }) => `/usage?metric=${metric}`, "/usage?q=none-like-this"],
  "/activity": ["/activity", "/activity?type=nothing.&from=2026-01-01", ({ event }) => `/activity?event=${event}`],
  "/settings": ["/settings"],
  "/settings/brand": ["/settings/brand"],
  "/settings/team": ["/settings/team", "/settings/team?invite=1"],
  "/settings/api-keys": ["/settings/api-keys"],
  "/settings/api-keys/new": ["/settings/api-keys/new"],
  "/profile": ["/profile"],
  "(nothing)": ["/no/such/page"],
  "(forbidden)": ["/msps"],
};
const PLATFORM = {
  "/msps": ["/msps"],
  "/msps/new": ["/msps/new"],
  "/msps/:id": [({ msp }) => `/msps/${msp}`],
  "/platform/activity": ["/platform/activity"],
  "(its team)": ["/settings/team"],
};
const PAYMENT = { "/payment/:outcome": ["/payment/done", "/payment/cancelled", "/payment/method?saved=1", "/payment/method"] };
const PORTAL = {
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

test("no page is forgotten", async () => {
  const source = async (path) => readFile(new URL(`../../frontend/${path}`, import.meta.url), "utf8");
  const account = await source("frame/src/account/mod.rs");
  for (const [routes, ...tables] of [
    ["dashboard/src/routes.rs", DOORS, DASHBOARD, PLATFORM],
    ["portal/src/routes.rs", DOORS, PAYMENT, PORTAL],
  ]) {
    const paths = [...`${await source(routes)}${account}`.matchAll(/\bpath: "([^"]+)"/g)].map(([, path]) => path);
    const known = tables.flatMap(Object.keys).filter((path) => path.startsWith("/") && path !== "/sign-in");
    assert.deepEqual(known.toSorted(), paths.toSorted(), routes);
  }
});

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

for (const [what, msp, email, doors, table, all] of [
  ["the dashboard of Northwind", "northwind", ADMIN, DOORS, DASHBOARD, true],
  ["the dashboard of Harbor", "harbor", "admin@harbor.example", {}, DASHBOARD, true],
  ["the platform's pages", null, "admin@platform.example", DOORS, PLATFORM, true],
  ["the portal of Northwind", "northwind", "boss@northwind-customer.example", PAYMENT, PORTAL, false],
  ["the portal of Harbor", "harbor", "boss@harbor-customer.example", { ...DOORS, ...PAYMENT }, PORTAL, true],
]) {
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

test("what is wrong with a page is noticed", async () => {
  const { page, context } = await open(chromium, { viewport: { width: 1440, height: 900 } });
  await page.goto(`${demo.url}/sign-in`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await settled(page);
  const before = await inspect(page, "before");
  await page.evaluate(() => {
    const put = (name, text, style) => {
      const element = Object.assign(document.createElement(name), { textContent: text });
      Object.assign(element.style, style);
      document.querySelector("main").append(element);
      return element;
    };
    put("button", "x", { width: "20px", height: "40px", padding: 0 });
    put("button", "plain", { width: "60px", height: "60px", outline: "none" });
    put("button", "faint", { width: "60px", height: "60px" }).id = "faint";
    document.styleSheets[0].insertRule("#faint:focus { outline: 2px solid rgb(128 128 128 / .1) !important }");
    put("button", "below", { position: "fixed", left: 0, bottom: 0, width: "60px", height: "60px" });
    put("footer", "bar", { position: "fixed", left: 0, bottom: 0, width: "100%", height: "100px", background: "black", color: "white" });
    put("p", "grey", { color: "rgb(200 200 200)", background: "white" });
    put("div", "wide", { width: "700px" });
  });
  const found = Object.keys(await inspect(page, "after")).filter((one) => !(one in before));
  for (const wanted of [
    /^desk: button “x” is 20×40, less than 24$/,
    /^phone: button “x” is 20×40, less than 44$/,
    /^desk: button “plain” has the focus: no ring in light$/,
    /^phone: button#faint has the focus: a ring of 1\.\d\d:1 in dark$/,
    /^desk: button “below” has the focus: hidden under footer$/,
    /^desk, light: color-contrast: /,
    /^phone, dark: color-contrast: /,
    /^narrow: \d+ px wide in 320$/,
    /^narrow: div “wide” is cut off$/,
  ]) {
    assert.ok(found.some((one) => wanted.test(one)), `${wanted} in\n${found.join("\n")}`);
  }
  await context.close();
});

test("what the Content-Security-Policy forbids is noticed", async () => {
  const { page, context, complaints } = await open(chromium);
  await page.goto(`${demo.url}/sign-in`);
  await settled(page);
  assert.deepEqual(faults(complaints), []);
  await page.evaluate(() => {
    const script = Object.assign(document.createElement("script"), { textContent: "window.neverRuns = true" });
    document.body.append(script, Object.assign(new Image(), { src: "http://elsewhere.example/pixel.png" }));
  });
  assert.equal(await page.evaluate(() => window.neverRuns), undefined);
  for (const forbidden of [/^forbidden by script-src\S*: inline on /, /^forbidden by img-src: http:\/\/elsewhere\.example/]) {
    assert.ok(complaints.some((text) => forbidden.test(text)), `${complaints}`);
  }
  await context.close();
});
