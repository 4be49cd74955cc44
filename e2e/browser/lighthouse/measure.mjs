// What Lighthouse says of both apps on its mobile settings, at first visits: the cache is empty each time. Prints a table
// of medians, with the lowest and the highest of the runs, and how fast the machine was: `npm ci && npm run measure`, or `npm run measure -- sign-in` for
// the pages of that name alone.
//
// In a directory of its own, because Lighthouse is many times larger than all that the browser tests need.

import lighthouse from "lighthouse";
import { ADMIN, at, profile, signIn, start } from "../demo.mjs";

const RUNS = Number(process.env.BAILIWICK_TEST_RUNS ?? 5);
// Lighthouse makes tasks four times as long, which turns a fast desk machine into a telephone of the middle class. For another
// machine its guide says to calibrate that, by the index that Lighthouse gives a machine (docs/throttling.md, "Calibrating the
// CPU slowdown"): four times belongs to the middle of 1,500 to 2,000.
const [SLOWDOWN, INDEX] = [4, 1750];
// The stream of events never ends, so that the network is never idle.
const WAIT = 15_000;
const OWNER = "owner@acme.example";

// Title, most that is allowed, decimals.
const FIGURES = {
  "first-contentful-paint": ["FCP, ms", Infinity, 0],
  "largest-contentful-paint": ["LCP, ms", 2500, 0],
  "total-blocking-time": ["TBT, ms", 150, 0],
  "cumulative-layout-shift": ["CLS", 0.02, 3],
};

// How many times as long tasks are to be, on this machine as it is now.
let slowdown = SLOWDOWN;
const indices = [];

// One visit of somebody, or of nobody.
async function visit(url, email) {
  const { context, port, close } = await profile();
  try {
    if (email) {
      const page = await context.newPage();
      await signIn(page, url, email);
      await page.getByRole("navigation", { name: "Main" }).waitFor();
      const chromium = await context.newCDPSession(page);
      await chromium.send("Network.clearBrowserCache");
      await page.close();
    }
    const settings = { onlyCategories: ["performance", "accessibility"], disableStorageReset: true, maxWaitForLoad: WAIT };
    const { lhr } = await lighthouse(url, { port, output: "json", ...settings, throttling: { cpuSlowdownMultiplier: slowdown } });
    if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
    const index = lhr.environment.benchmarkIndex;
    indices.push(index);
    slowdown = Math.min(SLOWDOWN, Math.max(1, (SLOWDOWN * index) / INDEX));
    const figures = Object.keys(FIGURES).map((name) => lhr.audits[name].numericValue);
    return [...figures, Math.round(lhr.categories.accessibility.score * 100)];
  } finally {
    await close();
  }
}

const demo = await start();
const kept = [];
try {
  const portal = at(demo, "northwind");
  // What the machine is like now; the visit itself does not count.
  await visit(demo.url);
  const titles = Object.values(FIGURES).map(([title, most]) => (most === Infinity ? title : `${title} (≤ ${most.toLocaleString("en")})`));
  console.log(`| page | ${titles.join(" | ")} | accessibility |\n|---|${"---:|".repeat(titles.length + 1)}`);
  for (const [name, url, email] of [
    ["Dashboard, sign-in", demo.url],
    ["Dashboard, home", demo.url, ADMIN],
    ["Portal, sign-in", portal],
    ["Portal, overview", portal, OWNER],
  ].filter(([name]) => name.includes(process.argv[2] ?? ""))) {
    const visits = [];
    for (let run = 0; run < RUNS; run += 1) visits.push(await visit(url, email));
    const of = (figure) => visits.map((one) => one[figure]).toSorted((one, other) => one - other);
    const median = (figure) => of(figure)[Math.floor(RUNS / 2)];
    const written = Object.values(FIGURES).map(([, most, decimals], figure) => {
      const [middle, lowest, highest] = [median(figure), of(figure)[0], of(figure)[RUNS - 1]].map((value) =>
        value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals }));
      kept.push(median(figure) <= most);
      return `${middle} (${lowest}–${highest})`;
    });
    console.log(`| ${name} | ${written.join(" | ")} | ${median(titles.length)} |`);
  }
  const [least, most] = [Math.min(...indices), Math.max(...indices)].map((index) => `${Math.round(index)} (tasks ${((SLOWDOWN * Math.min(index, INDEX)) / INDEX).toFixed(1)} times as long)`);
  console.log(`\nIndex of the machine: ${least} to ${most}.`);
} finally {
  await demo.stop();
}
process.exitCode = kept.every(Boolean) ? 0 : 1;
