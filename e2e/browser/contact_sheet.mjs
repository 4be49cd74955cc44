// Photographs every page of both apps in all its states, and puts the pictures on one sheet: `npm run screens`. The
// states are forced on the answers of the API, so that pages show them as they would to a person.

import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ADMIN, accept, as, at, browser, invitation, open, settled, signIn, start } from "./demo.mjs";

const OUT = process.env.BAILIWICK_TEST_SCREENS ?? fileURLToPath(new URL("../../docs/screens", import.meta.url));
const SHEET = "contact-sheet.webp";
const THUMB = 192;
const WINDOW = { width: 1280, height: 800 };

const problem = (status, detail) => (route) =>
  route.fulfill({ status, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", title: detail, status, code: "forced", detail, request_id: "req_01jd5t8x7m" }) });

// What is answered instead, in each state.
const STATES = {
  full: null,
  loading: () => {},
  empty: async (route) => {
    // Of the names below localhost, only browsers know that they are this machine.
    const url = route.request().url().replace(/\w+\.localhost/, "localhost");
    const response = await route.fetch({ url, headers: await route.request().allHeaders() }).catch(() => null);
    if (!response) return; // The page is gone.
    const body = await response.json().catch(() => null);
    if (!Array.isArray(body?.items)) return route.fulfill({ response });
    return route.fulfill({ response, json: { ...body, items: [], next_cursor: undefined, total: 0 } });
  },
  error: problem(500, "Something went wrong here."),
  forbidden: problem(403, "Your role does not include this."),
};
const PHONE = { width: 390, height: 844 };
const PICTURE = { type: "jpeg", quality: 80 };
const COLUMNS = ["full", "dark", "phone", "loading", "empty", "error", "forbidden"];

// Who is signed in, and what the app itself needs, is always answered.
const ALWAYS = /\/api\/v1\/(auth\/|brand$|events\/stream|msp\/events\/stream)/;

// A demo of its own, unless one is named that runs already.
const running = process.env.BAILIWICK_TEST_URL;
const demo = running ? { url: running, stop: async () => {} } : await start();
const chromium = await browser();

const ADMIN_OF_HARBOR = "admin@harbor.example";
const GUEST = "owner@guest.example";

// What only has to be made once: somebody of a customer of Harbor, somebody who is invited, and a credit note.
async function prepare(northwind, harbor) {
  if (await as(demo, GUEST).catch(() => null)) return;
  const { items: [overdue] } = await harbor("GET", "/msp/invoices?overdue=true&limit=1");
  await harbor("POST", `/msp/customers/${overdue.customer_id}/invitations`, { email: GUEST, role: "customer_owner" });
  await accept(demo, GUEST, "Robin Keller");
  await northwind("POST", "/msp/customers/ACME/invitations", { email: "next@guest.example", role: "customer_viewer" });
  const credit = { source: "promotional", amount: { ...overdue.total, amount_minor: 5000 }, description: "Welcome", expires_on: "2099-12-31" };
  await harbor("POST", `/msp/customers/${overdue.customer_id}/credit/grants`, credit);
  const { items: [unpaid] } = await northwind("GET", "/msp/invoices?status=finalized&limit=1");
  await northwind("POST", "/msp/customers/ACME/credit/grants", { ...credit, amount: { ...unpaid.total, amount_minor: 5000 } });
  const { lines: [line] } = await northwind("GET", `/msp/invoices/${unpaid.id}`);
  const half = { ...line.amount, amount_minor: Math.ceil(line.amount.amount_minor / 2) };
  await northwind("POST", `/msp/invoices/${unpaid.id}/credit-notes`, { reason: "Out of order for half of the month", lines: [{ line_id: line.id, amount: half }] });
}

// Whose pages there are, and which things they are about.
async function wanted() {
  const [northwind, harbor] = [await as(demo), await as(demo, ADMIN_OF_HARBOR)];
  const owner = await as(demo, "owner@acme.example");
  await prepare(northwind, harbor);
  const { items: [credit] } = await northwind("GET", "/msp/credit-notes?limit=1");
  const { items: [invoice] } = await northwind("GET", "/msp/invoices?status=paid&limit=1");
  const { lines: [line] } = await northwind("GET", `/msp/invoices/${invoice.id}`);
  const { items: [own] } = await owner("GET", "/portal/invoices?limit=1");
  const { items: [plan] } = await northwind("GET", "/msp/plans?limit=1");
  const { items: [msp] } = await (await as(demo, "admin@platform.example"))("GET", "/platform/msps?limit=1");
  const token = await invitation(demo, "next@guest.example");

  return { invoice, apps: [
    { name: "Before the portal of Northwind", url: at(demo, "northwind"), pages: [
      "/sign-in", "/forgot-password", "/reset-password?token=none", `/invitation?token=${token}`, "/invitation?token=none", "/payment/done", "/payment/cancelled",
    ] },
    { name: "Before the portal of Harbor", url: at(demo, "harbor"), pages: ["/sign-in"] },
    { name: "Before the dashboard", url: demo.url, pages: ["/sign-in"] },
    { name: "Dashboard", url: demo.url, email: ADMIN, pages: [
      "/", "/customers", "/customers/new", "/customers/ACME",
      ...["usage", "subscription", "invoices", "statement", "users", "limits", "activity", "settings"].map((tab) => `/customers/ACME?tab=${tab}`),
      "/usage", "/plans", "/plans/new", `/plans/${plan.code}`, `/plans/${plan.code}/edit`, "/invoices", `/invoices/${invoice.id}`,
      `/invoices/${invoice.id}?line=${line.id}`, `/invoices/${invoice.id}?check=1`, [`/invoices/${credit.invoice_id}`, "credited"],
      "/invoices/new", "/invoices/run", "/revenue", "/ledger", "/ledger?tab=balances", "/ledger?tab=transactions", "/ledger?tab=payouts", "/ledger?tab=meters", "/activity", "/settings", "/settings/brand",
      "/settings/team", "/settings/billing", "/settings/taxes", "/settings/api-keys", "/settings/api-keys/new", "/settings/payments", "/settings/sandboxes", "/profile", "/no/such/page",
    ] },
    { name: "Platform", url: demo.url, email: "admin@platform.example", pages: ["/msps", "/msps/new", `/msps/${msp.id ?? msp.slug}`, "/platform/activity"] },
    { name: "Portal of Northwind", url: at(demo, "northwind"), email: "owner@acme.example", pages: [
      "/", "/usage", "/invoices", `/invoices/${own.id}`, `/invoices/${own.id}?check=1`, `/invoices/${own.id}?payment=done`, "/payment-methods", "/users", "/profile",
    ] },
    { name: "Portal of Harbor", url: at(demo, "harbor"), email: GUEST, pages: ["/", "/invoices"] },
  ] };
}

const taken = (page, options = PICTURE) => page.screenshot({ animations: "disabled", ...options });

// The page, when all that it waits for has come; where answers are held back, when it waits.
async function arrive(page, url, state) {
  const forced = STATES[state];
  const only = (at) => at.pathname.startsWith("/api/v1/") && !ALWAYS.test(at.pathname);
  if (forced) await page.route(only, (route) => (route.request().method() === "GET" ? forced(route) : route.continue()));
  await page.goto(url);
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  if (state === "loading") await page.waitForTimeout(500);
  else await settled(page).catch((error) => console.error(`${url}, ${state}: ${error.message}`));
}

// What can be seen before one is signed in is there without an answer. What waits is what the server has sent, before the
// program has come; the other states are what becomes of the form.
async function knock(page, url, state) {
  const answer = { error: problem(500, "Something went wrong here."), forbidden: problem(403, "This is not allowed.") }[state];
  if (state === "loading") await page.route(/\.wasm$/, () => {});
  if (answer) await page.route((at) => at.pathname.startsWith("/api/v1/") && at.pathname !== "/api/v1/brand", answer);
  await page.goto(url);
  if (state === "loading") return page.waitForTimeout(300);
  await settled(page);
  const submit = page.locator("form [type=submit]");
  if (["full", "loading"].includes(state) || !(await submit.count())) return;
  for (const field of state === "empty" ? [] : await page.locator("form input").all()) await field.fill("somebody@guest.example");
  await submit.click();
  await settled(page);
}

// A page in each state, and, being there, in the dark and on a phone.
async function states(page, url, signedIn) {
  const pictures = {};
  for (const state of Object.keys(STATES)) {
    await (signedIn ? arrive : knock)(page, url, state);
    pictures[state] = await taken(page);
    if (state === "full") {
      await page.emulateMedia({ colorScheme: "dark" });
      pictures.dark = await taken(page);
      await page.emulateMedia({ colorScheme: "light" });
      await page.setViewportSize(PHONE);
      await page.waitForTimeout(250);
      pictures.phone = await taken(page);
      await page.setViewportSize(WINDOW);
    }
    await page.unrouteAll({ behavior: "ignoreErrors" });
  }
  return pictures;
}

async function signedIn({ url, email }, options) {
  const opened = await open(chromium, { viewport: WINDOW, colorScheme: "light", reducedMotion: "reduce", ...options });
  if (!email) return opened;
  await signIn(opened.page, `${url}/sign-in`, email);
  await opened.page.getByRole("navigation", { name: "Main" }).waitFor();
  return opened;
}

async function sheet({ apps }) {
  const rows = [];
  for (const app of apps) {
    // A page, or a page and what is to be seen on it.
    const pages = app.pages.map((one) => [one].flat());
    const pictures = [];
    const { page, context } = await signedIn(app);
    for (const [path] of pages) pictures.push(await states(page, app.url + path, app.email));
    await context.close();
    const short = (path) => path.replaceAll(/[a-z]{3}_[0-9a-z]{26}/g, "…").replace(/token=[\w-]{9,}/, "token=…");
    rows.push(...pages.map(([path, what], at) => ({ app: app.name, path: short(path), what, pictures: pictures[at] })));
    console.log(`${app.name}: ${pages.length} pages`);
  }
  const cell = (picture) => `<td><img src="data:image/jpeg;base64,${picture.toString("base64")}"></td>`;
  const row = ({ app, path, what, pictures }, at) => {
    const title = rows[at - 1]?.app === app ? "" : `<tr><th colspan="${COLUMNS.length + 1}" class="app">${app}</th></tr>`;
    return `${title}<tr><th>${path}${what ? `<br><i>${what}</i>` : ""}</th>${COLUMNS.map((column) => cell(pictures[column])).join("")}</tr>`;
  };
  const height = (THUMB * WINDOW.height) / WINDOW.width;
  const html = `<!doctype html><meta charset="utf-8"><style>
    body { margin: 12px; font: 500 11px/15px system-ui, sans-serif; background: #e9ecf1; color: #1f2937; }
    td, th { padding: 3px; vertical-align: top; } th { text-align: left; width: 128px; overflow-wrap: anywhere; font-weight: 560; }
    thead th { width: auto; } .app { padding: 14px 3px 4px; font-size: 14px; font-weight: 640; } i { color: #4b5563; }
    img { display: block; height: ${height}px; border-radius: 3px; }
  </style><table><thead><tr><th></th>${COLUMNS.map((column) => `<th>${column}</th>`).join("")}</tr></thead>${rows.map(row).join("")}</table>`;
  const { page, context } = await open(chromium, { viewport: { width: 1480, height: 800 } });
  await page.setContent(html);
  const table = await page.locator("table").boundingBox();
  const size = { width: Math.ceil(table.width) + 24, height: Math.ceil(table.height) + 24 };
  const picture = await page.screenshot({ fullPage: true, clip: { x: 0, y: 0, ...size } });
  // A third of what it would be as PNG.
  const small = await page.evaluate(async ([png, { width, height }]) => {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL("image/webp", 0.7).split(",")[1];
  }, [picture.toString("base64"), size]);
  await writeFile(join(OUT, SHEET), Buffer.from(small, "base64"));
  await context.close();
}

// The few that the documentation shows: as on a desk, and small enough to be kept with the sources.
async function singles({ invoice, apps }) {
  const [dashboard, first, second] = ["Dashboard", "Portal of Northwind", "Portal of Harbor"].map((name) => apps.find((app) => app.name === name));
  const shown = [
    ["home", dashboard, "/"], ["customer", dashboard, "/customers/ACME"], ["invoice", dashboard, `/invoices/${invoice.id}`],
    ["brand", dashboard, "/settings/brand"], ["portal-northwind", first, "/"], ["portal-harbor", second, "/"],
  ];
  for (const [name, app, path] of shown) {
    const { page, context } = await signedIn(app, { viewport: { width: 1440, height: 900 }, deviceScaleFactor: 0.8 });
    await arrive(page, app.url + path, "full");
    await taken(page, { path: join(OUT, `${name}.png`) });
    await context.close();
  }
}

try {
  await mkdir(OUT, { recursive: true });
  const all = await wanted();
  await singles(all);
  if (!process.argv.includes("--singles")) await sheet(all);
  for (const name of (await readdir(OUT)).toSorted()) {
    console.log(`${name}: ${Math.ceil((await stat(join(OUT, name))).size / 1024)} KB`);
  }
} finally {
  await chromium.close();
  await demo.stop();
}
