// Every page, looked at: that none is forgotten, the dashboard and the platform, and that what is wrong is noticed.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { inspect } from "./accessible.mjs";
import { ADMIN, faults, open, settled } from "./demo.mjs";
import { DASHBOARD, DOORS, PAYMENT, PLATFORM, PORTAL, chromium, demo, everyPage } from "./every_page.mjs";

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

everyPage(
  ["the dashboard of Northwind", "northwind", ADMIN, DOORS, DASHBOARD, true],
  ["the platform's pages", null, "admin@platform.example", DOORS, PLATFORM, true],
);

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
