// What Lighthouse says of both apps on its mobile settings, at first visits: the cache is empty each time. Prints a table
// of medians, with the lowest and the highest of the runs: `npm ci && npm run measure`, or `npm run measure -- sign-in` for
// the pages of that name alone.
//
// In a directory of its own, because Lighthouse is many times larger than all that the browser tests need.

import lighthouse from "lighthouse";
import { ADMIN, at, profile, signIn, start } from "../demo.mjs";

const RUNS = Number(process.env.BAILIWICK_TEST_RUNS ?? 5);
const OWNER = "owner@acme.example";

// Title, most that is allowed, decimals.
const FIGURES = {
  "first-contentful-paint": ["FCP, ms", Infinity, 0],
  "largest-contentful-paint": ["LCP, ms", 2500, 0],
  "total-blocking-time": ["TBT, ms", 150, 0],
  "cumulative-layout-shift": ["CLS", 0.02, 3],
};

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
    const { lhr } = await lighthouse(url, { port, output: "json", onlyCategories: ["performance", "accessibility"], disableStorageReset: true });
    if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
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
} finally {
  await demo.stop();
}
process.exitCode = kept.every(Boolean) ? 0 : 1;
