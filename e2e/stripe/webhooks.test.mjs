// The official client's check of signatures, and deliveries in disorder.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import Stripe from "stripe";
import { SECRETS, onboarded, start } from "./simulator.mjs";

let simulator;
let stripe;
before(async () => {
  simulator = await start();
  stripe = simulator.client();
});
beforeEach(() => simulator.control("webhooks", {}));
after(() => simulator.stop());

const named = (...names) => ({ event }) => names.includes(event.data.object.name);

test("signatures hold, and nothing else does", async () => {
  const stripeAccount = await onboarded(simulator);
  await stripe.customers.create({ name: "signed" }, { stripeAccount });
  await stripe.customers.create({ name: "signed – ünïcode" });
  const received = await simulator.hooks.waitFor(2, ({ event }) => event.data.object.name?.startsWith("signed"));
  assert.deepEqual(received.map(({ path }) => path).sort(), ["/connect", "/platform"]);
  for (const { path, body, signature } of received) {
    const secret = SECRETS[path];
    const event = stripe.webhooks.constructEvent(body, signature, secret);
    assert.equal(event.type, "customer.created");
    assert.equal(event.account, path === "/connect" ? stripeAccount : undefined);
    const refused = (...given) =>
      assert.throws(() => stripe.webhooks.constructEvent(...given), Stripe.errors.StripeSignatureVerificationError);
    refused(Buffer.from(body.toString().replace("customer.created", "customer.deleted")), signature, secret);
    refused(body, signature, "whsec_other");
    refused(body, signature, SECRETS[path === "/connect" ? "/platform" : "/connect"]);
    const time = Number(signature.match(/t=(\d+)/)[1]);
    refused(body, signature, secret, 300, undefined, (time + 301) * 1000);
    assert.ok(stripe.webhooks.constructEvent(body, signature, secret, 300, undefined, (time + 299) * 1000));
  }
});

test("an event can be fetched again by its id", async () => {
  await stripe.customers.create({ name: "fetched" });
  const [{ event }] = await simulator.hooks.waitFor(1, named("fetched"));
  const read = await stripe.events.retrieve(event.id);
  assert.deepEqual([read.type, read.data.object.name], ["customer.created", "fetched"]);
});

test("duplicates carry the same event", async () => {
  await simulator.control("webhooks", { duplicates: 3 });
  await stripe.customers.create({ name: "fourfold" });
  const received = await simulator.hooks.waitFor(4, named("fourfold"));
  assert.equal(new Set(received.map(({ event }) => event.id)).size, 1);
  for (const { path, body, signature } of received) stripe.webhooks.constructEvent(body, signature, SECRETS[path]);
});

test("the newest comes first if asked", async () => {
  await simulator.control("webhooks", { pause: true });
  for (const name of ["r1", "r2", "r3"]) await stripe.customers.create({ name });
  await simulator.control("webhooks", { reverse: true });
  const received = await simulator.hooks.waitFor(3, named("r1", "r2", "r3"));
  assert.deepEqual(received.map(({ event }) => event.data.object.name), ["r3", "r2", "r1"]);
});

test("what is not accepted comes again", async () => {
  simulator.hooks.state.status = 500;
  await stripe.customers.create({ name: "again" });
  await simulator.hooks.waitFor(1, named("again"));
  simulator.hooks.state.status = 200;
  const received = await simulator.hooks.waitFor(2, named("again"));
  assert.equal(received[0].event.id, received[1].event.id);
  const { body } = await simulator.control(`events/${received[0].event.id}/redeliver`);
  assert.equal(body.queued, 1);
  await simulator.hooks.waitFor(3, named("again"));
});
