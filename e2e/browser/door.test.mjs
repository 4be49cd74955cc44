// The sign-in page as it stands there before the app does, and how the app takes it over. The app's program is held back
// for as long as a test wants.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspect, nothing } from "./accessible.mjs";
import { ADMIN, PASSWORD, at, browser, comeIn, faults, open, settled, signIn, start } from "./demo.mjs";

const OWNER = "owner@acme.example";

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

// A browser in which the app comes when it is let. A slow one paints what it has of the page before it has read it all.
async function knock(url, { slow = 1, ...options } = {}) {
  const opened = await open(chromium, { reducedMotion: "reduce", ...options });
  const { page, context } = opened;
  let letIn;
  const may = new Promise((done) => (letIn = done));
  // A program that is kept waiting for long has been preloaded in vain, which Chromium remarks upon.
  opened.real = () => faults(opened.complaints).filter((text) => !text.includes("preload"));
  await context.route(/\/assets\/\w+\/app-[0-9a-f]+\.wasm$/, async (route) => {
    await may;
    await route.continue();
  });
  await context.addInitScript(() => {
    window.shifts = [];
    new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map((entry) => entry.value)))
      .observe({ type: "layout-shift", buffered: true });
  });
  const devtools = await context.newCDPSession(page);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: slow });
  await page.goto(url);
  await page.locator("main#splash").waitFor();
  return { ...opened, letIn: async () => {
    letIn();
    await comeIn(page);
  } };
}

// Everything in the page as a person, or what reads it to one, finds it; where each thing is, and its words.
const found = (page) => page.locator("main.door").evaluate((main) => [main, ...main.querySelectorAll("*")].map((element) => {
  const { x, y, width, height } = element.getBoundingClientRect();
  // The app does not name where the browser would send the form, and neither is the place of what comes first.
  const attributes = [...element.attributes].filter(({ name, value }) => value !== "splash" && !["method", "action"].includes(name));
  const words = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join("");
  return [element.tagName, ...attributes.map(({ name, value }) => `${name}=${value}`).toSorted(), words, x, y, width, height].join(" ");
}));

// How far anything has moved since this was asked last.
async function shifts(page) {
  await page.waitForTimeout(300);
  return page.evaluate(() => window.shifts.splice(0));
}

for (const [what, url, path, title, others, options] of [
  ["Northwind's portal", () => at(demo, "northwind"), "/sign-in", "Sign in · Northwind IT portal", /harbor|bailiwick/i],
  ["Northwind's portal by a link, on a phone", () => at(demo, "northwind"), "/invoices/INV-1?a=b", "Sign in · Northwind IT portal", /harbor|bailiwick/i, { slow: 6, viewport: { width: 390, height: 844 } }],
  ["Harbor's portal, in German", () => at(demo, "harbor"), "/", "Anmelden · Harbor Managed Services portal", /northwind|bailiwick/i, { slow: 6, locale: "de-DE" }],
  ["the dashboard", () => demo.url, "/", null, /northwind|harbor/i, { colorScheme: "dark" }],
]) {
  test(`the sign-in page is there before the app: ${what}`, async () => {
    const { page, context, letIn, real } = await knock(url() + path, options);
    if (title) assert.equal(await page.title(), title);
    assert.doesNotMatch(await page.content(), others);
    assert.deepEqual(await shifts(page), []);
    nothing(await inspect(page, what));
    await page.evaluate(() => window.scrollTo(0, 0) ?? document.activeElement.blur());
    await shifts(page);
    const before = await found(page);
    const named = await page.title();
    await letIn();
    await settled(page);
    await page.locator(".with-toggle button").waitFor();
    assert.deepEqual(await found(page), before);
    assert.equal(await page.title(), named);
    assert.equal(await page.locator("main").count(), 1);
    assert.deepEqual(await shifts(page), []);
    assert.deepEqual(real(), []);
    await context.close();
  });
}

for (const [what, turn, device] of [
  ["a pointer that moves", (page) => page.mouse.move(200, 200)],
  ["a key", (page) => page.keyboard.press("Tab")],
  ["a touch", (page) => page.touchscreen.tap(5, 5), { hasTouch: true, isMobile: true }],
  ["a program that fills it in", (page) => page.getByLabel("Email", { exact: true }).evaluate((field) => {
    field.value = "somebody@example.com";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  })],
]) {
  test(`nothing runs until somebody turns to the sign-in page: ${what}`, async () => {
    const { page, context, complaints } = await open(chromium, device);
    const asked = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.goto(`${at(demo, "northwind")}/sign-in`);
    await page.waitForTimeout(1000);
    assert.equal(await page.locator("main#splash").count(), 1);
    assert.deepEqual(asked.filter((path) => path.startsWith("/api")), []);
    assert.equal(asked.filter((path) => /\/app-\w+\.wasm$/.test(path)).length, 1, "the program is there already");
    await turn(page);
    await page.locator("main#splash").waitFor({ state: "detached" });
    assert.deepEqual(faults(complaints), []);
    await context.close();
  });
}

test("on a phone nothing takes the keyboard away from whoever types, and what is sent is sent", async () => {
  const { page, context, complaints } = await open(chromium, { hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } });
  await page.goto(`${at(demo, "northwind")}/sign-in`);
  const [email, password] = [page.getByLabel("Email", { exact: true }), page.getByLabel("Password", { exact: true })];
  await email.tap();
  await page.keyboard.type(OWNER);
  await password.tap();
  await page.keyboard.type(PASSWORD);
  await page.waitForTimeout(1000);
  assert.equal(await page.locator("main#splash").count(), 1);
  assert.ok(await password.evaluate((field) => field === document.activeElement));
  await page.keyboard.press("Enter");
  await page.waitForURL(`${at(demo, "northwind")}/`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  assert.deepEqual(faults(complaints, "401"), []);
  await context.close();
});

test("a button that is held down when the app comes counts as pressed", async () => {
  const { page, context, letIn, real } = await knock(`${demo.url}/sign-in`);
  await page.getByLabel("Email", { exact: true }).fill(ADMIN);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  const asked = [];
  page.on("request", (request) => request.url().includes("/auth/sign-in") && asked.push(request.method()));
  await page.getByRole("button", { name: "Sign in", exact: true }).hover();
  await page.mouse.down();
  await letIn();
  await page.mouse.up();
  await page.getByRole("navigation", { name: "Main" }).waitFor();
  assert.deepEqual(asked, ["POST"]);
  assert.deepEqual(real(), []);
  await context.close();
});

test("what is typed stays, and typing goes on where it was", async () => {
  const url = at(demo, "northwind");
  const { page, context, letIn, real } = await knock(`${url}/sign-in`);
  await page.getByLabel("Email", { exact: true }).click();
  await page.keyboard.type(OWNER);
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD.slice(0, 5));
  await letIn();
  await page.keyboard.type(PASSWORD.slice(5));
  assert.equal(await page.getByLabel("Email", { exact: true }).inputValue(), OWNER);
  assert.equal(await page.getByLabel("Password", { exact: true }).inputValue(), PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("navigation", { name: "Main" }).waitFor();
  assert.equal(page.url(), `${url}/`);
  assert.deepEqual(real(), []);
  await context.close();
});

test("what is sent before the app is there is sent when it is, once, and stands in no address", async () => {
  const { page, context, letIn, real } = await knock(`${demo.url}/customers/ACME`);
  const asked = [];
  page.on("request", (request) => asked.push(`${request.method()} ${request.url()}`));
  await page.getByLabel("Email", { exact: true }).fill(ADMIN);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.locator(".btn[aria-disabled=true] .spin").waitFor();
  await page.keyboard.press("Enter");
  await page.waitForTimeout(300);
  assert.equal(page.url(), `${demo.url}/customers/ACME`);
  assert.equal(await page.locator(".spin").count(), 1);
  await letIn();
  await page.getByRole("heading", { level: 1, name: "Acme" }).waitFor();
  assert.equal(new URL(page.url()).pathname, "/customers/ACME");
  assert.deepEqual(asked.filter((one) => one.includes("sign-in")), [`POST ${demo.url}/api/v1/auth/sign-in`]);
  assert.deepEqual(asked.filter((one) => one.includes(PASSWORD)), []);
  assert.deepEqual(real(), []);
  await context.close();
});

test("what is missing, or wrong, in what was sent early is told as ever", async () => {
  const { page, context, letIn } = await knock(`${at(demo, "northwind")}/sign-in`);
  await page.getByLabel("Email", { exact: true }).fill(OWNER);
  await page.getByRole("button", { name: "Sign in" }).click();
  await letIn();
  await page.getByText("Enter your password.").waitFor();
  const password = page.getByLabel("Password", { exact: true });
  assert.ok(await password.evaluate((field) => field === document.activeElement));
  await password.fill("not this one");
  await page.keyboard.press("Enter");
  await page.locator("[aria-invalid=true]").first().waitFor();
  assert.equal(await page.getByLabel("Email", { exact: true }).inputValue(), OWNER);
  await context.close();
});

test("without any script, what was typed is not in the address either", async () => {
  const url = at(demo, "northwind");
  const { page, context } = await open(chromium, { javaScriptEnabled: false });
  await page.goto(`${url}/sign-in`);
  await page.getByLabel("Email", { exact: true }).fill(OWNER);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForLoadState();
  assert.equal(page.url(), `${url}/sign-in`);
  assert.equal(await page.getByLabel("Password", { exact: true }).inputValue(), "");
  await context.close();
});

test("the language that somebody has chosen is that of the sign-in page", async () => {
  const url = at(demo, "northwind");
  const { page, context } = await open(chromium);
  await signIn(page, `${url}/sign-in`, OWNER);
  await page.getByRole("navigation", { name: "Main" }).waitFor();
  await page.goto(`${url}/profile`);
  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Deutsch" }).click()]);
  await page.locator("html[lang=de]").waitFor();
  await context.clearCookies({ name: /^__Host-/ });
  await page.evaluate(() => localStorage.removeItem("signed-in"));
  // As the server has sent it: the program does not come.
  await context.route(/\.wasm$/, () => {});
  await page.goto(`${url}/sign-in`);
  await page.getByRole("heading", { level: 1, name: "Anmelden" }).waitFor();
  assert.equal(await page.locator("main#splash").count(), 1);
  await context.close();
});
