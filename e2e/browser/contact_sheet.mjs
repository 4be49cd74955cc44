// Photographs every page of both apps in all its states, and puts the pictures on one sheet: `npm run screens`. The
// states are forced on the answers of the API, so that pages show them as they would to a person.

import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { browser, open, settled, signIn, start } from "./demo.mjs";

const OUT = process.env.BAILIWICK_TEST_SCREENS ?? fileURLToPath(new URL("../../docs/screens", import.meta.url));
const THUMB = 168;
const WINDOW = { width: 1280, height: 800 };
const PASSWORD = "bailiwick-demo";

const problem = (status, detail) => (route) =>
  route.fulfill({ status, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", title: detail, status, code: "forced", detail, request_id: "req_01jd5t8x7m" }) });

// What is answered instead, in each state.
const STATES = {
  full: null,
  loading: () => {},
  empty: async (route) => {
    // Of the names below localhost, only browsers know that they are this machine.
    const url = route.request().url().replace(/\w+\.localhost/, "localhost");
    const response = await route.fetch({ url, headers: await route.request().allHeaders() });
    const body = await response.json().catch(() => null);
    if (!Array.isArray(body?.items)) return route.fulfill({ response });
    return route.fulfill({ response, json: { ...body, items: [], next_cursor: undefined, total: 0 } });
  },
  error: problem(500, "Something went wrong here."),
  forbidden: problem(403, "Your role does not include this."),
};
const LOOKS = { full: {}, dark: { colorScheme: "dark" }, phone: { viewport: { width: 390, height: 844 } } };
const COLUMNS = ["full", "dark", "phone", "loading", "empty", "error", "forbidden"];

// Who is signed in, and what the app itself needs, is always answered.
const ALWAYS = /\/api\/v1\/(auth\/|brand$|events\/stream|msp\/events\/stream)/;

// A demo of its own, unless one is named that runs already.
const running = process.env.BAILIWICK_TEST_URL;
const demo = running ? { url: running, stop: async () => {} } : await start();
const chromium = await browser();
const host = (name) => demo.url.replace("localhost", `${name}.localhost`);

async function token(email) {
  const answer = await fetch(`${demo.url}/api/v1/auth/sign-in`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ email, password: PASSWORD }) });
  return (await answer.json()).access_token;
}

async function api(email, method, path, body) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${await token(email)}` };
  const answer = await fetch(`${demo.url}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

const northwind = "admin@northwind.example";
const harbor = "admin@harbor.example";

// Somebody of a customer of Harbor, who is invited as anybody would be.
async function guest() {
  const email = "owner@guest.example";
  if (running && (await token(email))) return email;
  const { items: [overdue] } = await api(harbor, "GET", "/msp/invoices?overdue=true&limit=1");
  await api(harbor, "POST", `/msp/customers/${overdue.customer_id}/invitations`, { email, role: "customer_owner" });
  const text = async (path) => (await fetch(demo.url + path)).text();
  let accept;
  for (const deadline = Date.now() + 15_000; !accept && Date.now() < deadline; ) {
    const [mail] = (await text(`/demo/mail?to=${email}`)).match(/\/demo\/mail\/mai_[a-z0-9]+/) ?? [];
    [, accept] = (mail && (await text(mail)).match(/token=([\w-]+)/)) ?? [];
  }
  const body = JSON.stringify({ token: accept, name: "Robin Keller", password: PASSWORD });
  await fetch(`${demo.url}/api/v1/auth/invitation/accept`, { method: "POST", headers: { "content-type": "application/json" }, body });
  return email;
}

// Whose pages there are, and which things they are about.
async function wanted() {
  const { items: [invoice] } = await api(northwind, "GET", "/msp/invoices?status=paid&limit=1");
  const { items: [own] } = await api("owner@acme.example", "GET", "/portal/invoices?limit=1");
  const { items: [plan] } = await api(northwind, "GET", "/msp/plans?limit=1");
  const { items: [msp] } = await api("admin@platform.example", "GET", "/platform/msps?limit=1");

  return { invoice, apps: [
    { name: "Dashboard", url: demo.url, email: northwind, pages: [
      "/", "/customers", "/customers/new", "/customers/ACME", "/customers/ACME?tab=usage", "/customers/ACME?tab=subscription",
      "/customers/ACME?tab=limits", "/usage", "/plans", "/plans/new", `/plans/${plan.code}`, `/plans/${plan.code}/edit`, "/invoices",
      `/invoices/${invoice.id}`, "/invoices/new", "/invoices/run", "/activity", "/settings/brand", "/settings/team",
      "/settings/api-keys", "/settings/api-keys/new", "/settings/payments", "/profile",
    ] },
    { name: "Platform", url: demo.url, email: "admin@platform.example", pages: ["/msps", "/msps/new", `/msps/${msp.id ?? msp.slug}`, "/platform/activity"] },
    { name: "Portal of Northwind", url: host("northwind"), email: "owner@acme.example", pages: ["/", "/usage", "/invoices", `/invoices/${own.id}`, "/users"] },
    { name: "Portal of Harbor", url: host("harbor"), email: await guest(), pages: ["/", "/invoices"] },
  ] };
}

// The page, when all that it waits for has come; where answers are held back, when it waits.
async function photograph(page, url, state, options = { type: "jpeg", quality: 80 }) {
  const forced = STATES[state];
  const only = (at) => at.pathname.startsWith("/api/v1/") && !ALWAYS.test(at.pathname);
  if (forced) await page.route(only, (route) => (route.request().method() === "GET" ? forced(route) : route.continue()));
  await page.goto(url);
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  if (state === "loading") await page.waitForTimeout(500);
  else await settled(page).catch((error) => console.error(`${url}, ${state}: ${error.message}`));
  const picture = await page.screenshot({ animations: "disabled", ...options });
  await page.unrouteAll({ behavior: "ignoreErrors" });
  return picture;
}

async function signedIn({ url, email }, options) {
  const opened = await open(chromium, { viewport: WINDOW, colorScheme: "light", reducedMotion: "reduce", ...options });
  await signIn(opened.page, `${url}/sign-in`, email);
  await opened.page.getByRole("heading", { level: 1 }).first().waitFor();
  await opened.page.getByRole("navigation", { name: "Main" }).waitFor();
  return opened;
}

async function sheet({ apps }) {
  const rows = [];
  for (const app of apps) {
    const pictures = app.pages.map(() => ({}));
    for (const look of Object.keys(LOOKS)) {
      const { page, context } = await signedIn(app, LOOKS[look]);
      const states = look === "full" ? Object.keys(STATES) : ["full"];
      for (const [at, path] of app.pages.entries()) {
        for (const state of states) pictures[at][look === "full" ? state : look] = await photograph(page, app.url + path, state);
      }
      await context.close();
    }
    rows.push(...app.pages.map((path, at) => ({ name: `${app.name}<br>${path.replace(/[a-z]{3}_[0-9a-z]{26}/, "…")}`, pictures: pictures[at] })));
    console.log(`${app.name}: ${app.pages.length} pages`);
  }
  const cell = (picture) => `<td><img src="data:image/jpeg;base64,${picture.toString("base64")}"></td>`;
  const row = ({ name, pictures }) => `<tr><th>${name}</th>${COLUMNS.map((column) => cell(pictures[column])).join("")}</tr>`;
  const html = `<!doctype html><meta charset="utf-8"><style>
    body { margin: 12px; font: 500 11px/15px system-ui, sans-serif; background: #e9ecf1; color: #1f2937; }
    td, th { padding: 3px; vertical-align: top; } th { text-align: left; width: 128px; overflow-wrap: anywhere; font-weight: 560; }
    thead th { width: auto; } img { display: block; height: ${(THUMB * WINDOW.height) / WINDOW.width}px; border-radius: 3px; }
  </style><table><thead><tr><th></th>${COLUMNS.map((column) => `<th>${column}</th>`).join("")}</tr></thead>${rows.map(row).join("")}</table>`;
  const { page, context } = await open(chromium, { viewport: { width: 1340, height: 800 } });
  await page.setContent(html);
  const table = await page.locator("table").boundingBox();
  await page.screenshot({ path: join(OUT, "contact-sheet.png"), fullPage: true, clip: { x: 0, y: 0, width: Math.ceil(table.width) + 24, height: Math.ceil(table.height) + 24 } });
  await context.close();
}

// The few that the documentation shows: as on a desk, and small enough to be kept with the sources.
async function singles({ invoice, apps }) {
  const [dashboard, , first, second] = apps;
  const shown = [
    ["home", dashboard, "/"], ["customer", dashboard, "/customers/ACME"], ["invoice", dashboard, `/invoices/${invoice.id}`],
    ["brand", dashboard, "/settings/brand"], ["portal-northwind", first, "/"], ["portal-harbor", second, "/"],
  ];
  for (const [name, app, path] of shown) {
    const { page, context } = await signedIn(app, { viewport: { width: 1440, height: 900 }, deviceScaleFactor: 0.8 });
    await photograph(page, app.url + path, "full", { path: join(OUT, `${name}.png`) });
    await context.close();
  }
}

try {
  await mkdir(OUT, { recursive: true });
  const all = await wanted();
  await singles(all);
  if (!process.argv.includes("--singles")) await sheet(all);
  for (const name of ["contact-sheet", "home", "customer", "invoice", "brand", "portal-northwind", "portal-harbor"]) {
    const size = await stat(join(OUT, `${name}.png`)).then((it) => it.size, () => 0);
    console.log(`${name}.png: ${Math.ceil(size / 1024)} KB`);
  }
} finally {
  await chromium.close();
  await demo.stop();
}
