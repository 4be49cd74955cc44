// The demo with the built apps, and a browser to look at it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const target = fileURLToPath(new URL("../../target", import.meta.url));
const programs = process.env.BAILIWICK_TEST_BIN_DIR ?? join(target, "debug");
export const apps = process.env.BAILIWICK_TEST_WEB_DIR ?? join(target, "web");

const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const SWITCHES = ["--disable-background-networking", "--disable-component-update", "--disable-gpu", "--disable-quic", "--disable-sync", "--no-first-run", "--no-sandbox"];

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

// With a database of its own, whatever the developer's environment names.
const { DATABASE_URL: _, ...environment } = process.env;

// Starts the demo in a directory of its own.
export async function start() {
  const directory = await mkdtemp(join(tmpdir(), "bailiwick-browser-"));
  const [port, simulator] = [await freePort(), `127.0.0.1:${await freePort()}`];
  const child = spawn(join(programs, "bailiwick"), ["serve", "--demo", "--listen", `127.0.0.1:${port}`, "--data-dir", join(directory, "data")], {
    env: { ...environment, BAILIWICK_WEB_DIR: apps, BAILIWICK_LOG__FILTER: "warn", BAILIWICK_SIMULATOR_LISTEN: simulator },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = new Promise((done) => child.once("close", done));
  let failure = null;
  child.once("error", (error) => (failure = error));
  child.once("close", (code) => (failure ??= new Error(`the server ended with ${code}`)));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  const ready = () => fetch(`http://127.0.0.1:${port}/readyz`).then((response) => response.ok, () => false);
  for (const deadline = Date.now() + 180_000; !(await ready()); await sleep(200)) {
    if (failure) throw failure;
    if (Date.now() > deadline) {
      await stop();
      throw new Error("the server was not ready within three minutes");
    }
  }
  return { url: `http://localhost:${port}`, simulator: `http://${simulator}`, stop };
}

export async function browser() {
  const executablePath = process.env.BAILIWICK_TEST_BROWSER ?? BROWSERS.find(existsSync);
  return chromium.launch({ executablePath, args: SWITCHES });
}

// A browser of its own, with nothing kept in it, that a program can also reach at a port.
export async function profile() {
  const [directory, port] = [await mkdtemp(join(tmpdir(), "bailiwick-profile-")), await freePort()];
  const executablePath = process.env.BAILIWICK_TEST_BROWSER ?? BROWSERS.find(existsSync);
  const args = [...SWITCHES, `--remote-debugging-port=${port}`];
  const context = await chromium.launchPersistentContext(directory, { executablePath, args, locale: "en-US" });
  const close = async () => {
    await context.close();
    await rm(directory, { recursive: true, force: true });
  };
  return { context, port, close };
}

export const PASSWORD = "bailiwick-demo";
export const ADMIN = "admin@northwind.example";

// The address of the demo under a host name of its own: `northwind` is an MSP's.
export const at = (demo, name) => demo.url.replace("localhost", `${name}.localhost`);

// Does what Stripe does, or the owner of an account there.
export async function stripe(demo, path, body = {}) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${demo.simulator}/_simulator/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await answer.text();
  assert.ok(answer.ok, `${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

/** A customer's subscription that has not ended: of several, the one that was made first. */
export async function subscriptionOf(api, customer) {
  const { items } = await api("GET", `/msp/subscriptions?customer=${customer}&ended=false`);
  return items.at(-1);
}

// Asks the server as somebody. What it refuses fails the test.
export async function as(demo, email = ADMIN) {
  const send = async (token, method, path, body, type = "application/json") => {
    const headers = { ...(body !== undefined && { "content-type": type }), ...(token && { authorization: `Bearer ${token}` }) };
    const answer = await fetch(`${demo.url}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  };
  const { access_token: token } = await send(null, "POST", "/auth/sign-in", { email, password: PASSWORD });
  return (...request) => send(token, ...request);
}

// The secret of the link in an invitation's mail.
export async function invitation(demo, email) {
  const text = async (path) => (await fetch(demo.url + path)).text();
  let token;
  for (const deadline = Date.now() + 15_000; !token && Date.now() < deadline; await sleep(100)) {
    const [mail] = (await text(`/demo/mail?to=${email}`)).match(/\/demo\/mail\/mai_[a-z0-9]+/) ?? [];
    [, token] = (mail && (await text(mail)).match(/token=([\w-]+)/)) ?? [];
  }
  assert.ok(token, `no invitation has come to ${email}`);
  return token;
}

// Follows that link.
export async function accept(demo, email, name) {
  const token = await invitation(demo, email);
  const answer = await fetch(`${demo.url}/api/v1/auth/invitation/accept`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token, name, password: PASSWORD }),
  });
  assert.ok(answer.ok, await answer.text());
}

// What each page is waiting for. The stream of events stays open as long as the page, and does not count.
const pending = new WeakMap();

function watch(page) {
  const waiting = new Set();
  pending.set(page, waiting);
  page.on("request", (request) => request.url().endsWith("/events/stream") || waiting.add(request));
  // An answer that is not read to its end, as a refusal, never counts as finished.
  page.on("response", (response) => waiting.delete(response.request()));
  page.on("requestfailed", (request) => waiting.delete(request));
}

// What the server has put there goes when the app comes, which comes to the sign-in page when somebody turns to it.
export async function comeIn(page) {
  if (await page.locator("#splash.door").count()) await page.mouse.move(1, 1);
  await page.locator("#splash").waitFor({ state: "detached" });
}

// Waits until everything that was asked for has come and stands on the page.
export async function settled(page) {
  const busy = () => pending.get(page).size > 0;
  for (let [calm, deadline] = [0, Date.now() + 20_000]; calm < 4; calm = busy() ? 0 : calm + 1) {
    if (Date.now() > deadline) throw new Error(`still waiting for ${[...pending.get(page)].map((it) => it.url())}`);
    await sleep(60);
  }
  await comeIn(page);
  const loading = page.locator("[aria-busy=true]");
  for (const deadline = Date.now() + 20_000; (await loading.count()) > 0; await sleep(60)) {
    if (Date.now() > deadline) throw new Error("still loading");
  }
}

// A page that keeps what it complains about: on its console, and of what the Content-Security-Policy forbids.
export async function open(browser, options = {}) {
  const context = await browser.newContext({ locale: "en-US", timezoneId: "Europe/Berlin", ...options });
  context.setDefaultTimeout(20_000);
  const complaints = [];
  await context.exposeFunction("complain", (text) => complaints.push(text));
  await context.addInitScript(() => {
    const heard = (event) => window.complain(`forbidden by ${event.violatedDirective}: ${event.blockedURI} on ${event.documentURI}`);
    document.addEventListener("securitypolicyviolation", heard);
  });
  const page = await context.newPage();
  watch(page);
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  return { page, context, complaints };
}

// What nobody has meant. Chromium notes each refusal of the server, and a developers' build of the apps each read that
// is not followed.
export const faults = (complaints, meant = "4\\d\\d") =>
  complaints.filter((text) => !new RegExp(`status of ${meant}|reactive tracking context`).test(text));

// The heading of a page, word for word: "Edit Managed desk" is not "Managed desk".
export const heading = (page, name) => page.getByRole("heading", { level: 1, name, exact: true }).waitFor();

// Waits until something has the focus: what is wrong gets it with the frame after the one that tells it.
export const focused = (page, id) => page.waitForFunction((id) => document.activeElement.id === id, id);

// Whether an element has the focus and keeps it: a page or a step that is new takes it two frames after it is shown.
const keepsFocus = async (element) => {
  const frame = () => new Promise(requestAnimationFrame);
  for (let passed = 0; passed < 3 && element === document.activeElement; passed += 1) await frame();
  return element === document.activeElement;
};

// Moves on by the keyboard until the wanted thing has the focus.
export async function tabTo(page, wanted, most = 80) {
  for (let step = 0; step < most; step += 1) {
    if (await wanted.evaluate(keepsFocus).catch(() => false)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`the keyboard does not reach ${wanted}`);
}

export async function signIn(page, url, email = ADMIN) {
  await page.goto(url);
  await page.getByLabel("Email", { exact: true }).fill(email);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}
