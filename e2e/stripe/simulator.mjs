// Starts the simulator and a receiver of its webhooks, and gives clients of both.

import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import Stripe from "stripe";

const programs = process.env.BAILIWICK_TEST_BIN_DIR ?? fileURLToPath(new URL("../../target/debug", import.meta.url));
const program = join(programs, "bailiwick-simulators");

export const SECRETS = { "/platform": "whsec_platform", "/connect": "whsec_connect" };

// Keeps what comes in; `status` is what it answers with.
async function receiver() {
  const received = [];
  const state = { status: 200 };
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    received.push({ path: request.url, signature: request.headers["stripe-signature"], body, event: JSON.parse(body) });
    response.writeHead(state.status).end();
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const waitFor = async (count, keep = () => true) => {
    for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(20)) {
      const found = received.filter(keep);
      if (found.length >= count) return found;
    }
    throw new Error(`${count} webhooks expected, came: ${received.map((one) => one.event.type).join(", ")}`);
  };
  return { server, received, state, waitFor, url: `http://127.0.0.1:${server.address().port}` };
}

export async function start() {
  const hooks = await receiver();
  const child = spawn(
    program,
    [
      ...["--listen", "127.0.0.1:0", "--exit-with-stdin"],
      ...["--webhook-url", `${hooks.url}/platform`, "--webhook-secret", SECRETS["/platform"]],
      ...["--connect-webhook-url", `${hooks.url}/connect`, "--connect-webhook-secret", SECRETS["/connect"]],
    ],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const ended = new Promise((done) => child.once("close", done));
  const lines = createInterface({ input: child.stdout });
  const line = await new Promise((listening, failed) => {
    child.once("error", failed);
    lines.once("line", listening);
    lines.once("close", () => failed(new Error(`${program} ended at once`)));
  }).catch((error) => {
    // An open server would keep the failed test from ending.
    hooks.server.close();
    throw error;
  });
  const [host, port] = line.replace("listening on ", "").split(":");
  const base = `http://${host}:${port}`;
  const client = (key = "sk_test_e2e", options = {}) =>
    new Stripe(key, { host, port, protocol: "http", maxNetworkRetries: 0, telemetry: false, ...options });
  const control = async (path, body = {}) => {
    const response = await fetch(`${base}/_simulator/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  };
  const stop = async () => {
    child.stdin.end();
    await ended;
    hooks.server.closeAllConnections();
    await new Promise((done) => hooks.server.close(done));
  };
  return { base, client, control, hooks, stop };
}

// A connected account that may take payments.
export async function onboarded({ client, control }) {
  const account = await client().accounts.create({
    country: "DE",
    email: "ops@msp.example",
    controller: {
      stripe_dashboard: { type: "full" },
      fees: { payer: "account" },
      losses: { payments: "stripe" },
      requirement_collection: "stripe",
    },
  });
  await control(`accounts/${account.id}/onboard`);
  return account.id;
}

export function sessionParams(more = {}) {
  return {
    mode: "payment",
    success_url: "https://app.example/ok?session={CHECKOUT_SESSION_ID}",
    cancel_url: "https://app.example/back",
    client_reference_id: "inv_1",
    customer_email: "pay@customer.example",
    metadata: { tenant: "t1" },
    line_items: [
      {
        quantity: 2,
        price_data: { currency: "eur", unit_amount: 6000, product_data: { name: "Invoice 2026-0001" } },
      },
    ],
    payment_intent_data: { application_fee_amount: 300, metadata: { invoice: "inv_1" } },
    ...more,
  };
}

// Fills in and sends the form of a hosted page, as a browser would.
export async function submit(url, fields, button) {
  const page = await fetch(url);
  const html = await page.text();
  const action = html.match(/<form method="post" action="([^"]+)"/)?.[1].replaceAll("&amp;", "&");
  if (!action) throw new Error(`there is no form on ${url}`);
  const form = new URLSearchParams();
  for (const [input] of html.matchAll(/<input [^>]*>/g)) {
    const name = input.match(/ name="([^"]*)"/)?.[1];
    form.set(name, input.match(/ value="([^"]*)"/)?.[1] ?? "");
  }
  for (const [name, value] of Object.entries({ ...fields, ...button })) form.set(name, value);
  const response = await fetch(action, { method: "POST", body: form, redirect: "manual" });
  return { status: response.status, location: response.headers.get("location"), html: await response.text() };
}
