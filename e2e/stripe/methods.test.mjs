// Saved cards: the page on which they are saved, what is known of them, and charges while the holder is away.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Stripe from "stripe";
import { onboarded, start, submit } from "./simulator.mjs";

let simulator;
let stripe;
before(async () => {
  simulator = await start();
  stripe = simulator.client();
});
after(() => simulator.stop());

const failure = (promise) => promise.then(() => assert.fail("no error"), (error) => error);
const types = (events) => events.map(({ event }) => event.type);

async function payer() {
  const stripeAccount = await onboarded(simulator);
  const customer = await stripe.customers.create({ email: "pay@customer.example" }, { stripeAccount });
  return { customer: customer.id, on: { stripeAccount } };
}

const setupParams = (customer) => ({
  mode: "setup",
  currency: "eur",
  customer,
  success_url: "https://app.example/ok?session={CHECKOUT_SESSION_ID}",
  cancel_url: "https://app.example/back",
  metadata: { setup: "mse_1" },
  setup_intent_data: { metadata: { setup: "mse_1" } },
});

// Saves a card through the form, with its 3-D Secure step if it has one.
async function saved({ customer, on }, card) {
  const session = await stripe.checkout.sessions.create(setupParams(customer), on);
  let sent = await submit(session.url, { card });
  if (sent.location?.includes("/3ds/")) sent = await submit(sent.location, {}, { do: "complete" });
  assert.equal(sent.location, `https://app.example/ok?session=${session.id}`);
  const intent = await stripe.setupIntents.retrieve(session.setup_intent, { expand: ["payment_method"] }, on);
  assert.equal(intent.status, "succeeded");
  return intent.payment_method;
}

const chargeParams = (customer, payment_method) => ({
  amount: 12_000,
  currency: "eur",
  customer,
  payment_method,
  confirm: true,
  off_session: true,
  application_fee_amount: 120,
  automatic_payment_methods: { enabled: true, allow_redirects: "never" },
  metadata: { charge: "chg_1" },
});

test("a card is saved through the form", async () => {
  const { customer, on } = await payer();
  const session = await stripe.checkout.sessions.create(setupParams(customer), on);
  assert.deepEqual([session.mode, session.payment_status, session.amount_total, session.status], [
    "setup",
    "no_payment_required",
    null,
    "open",
  ]);
  const declined = await submit(session.url, { card: "4000 0000 0000 0002" });
  assert.match(declined.html, /role="alert">Your card was declined\./);
  assert.match(declined.html, /Save card<\/button>/);
  assert.equal((await submit(session.url, {})).location, `https://app.example/ok?session=${session.id}`);

  const read = await stripe.checkout.sessions.retrieve(session.id, { expand: ["setup_intent.payment_method"] }, on);
  assert.deepEqual([read.status, read.metadata, read.setup_intent.metadata], [
    "complete",
    { setup: "mse_1" },
    { setup: "mse_1" },
  ]);
  const method = read.setup_intent.payment_method;
  assert.deepEqual([method.type, method.card.brand, method.card.last4, method.customer], [
    "card",
    "visa",
    "4242",
    customer,
  ]);
  const events = await simulator.hooks.waitFor(
    5,
    ({ event }) => event.account === on.stripeAccount && !/^(account|customer)\./.test(event.type),
  );
  assert.deepEqual(types(events), [
    "setup_intent.created",
    "setup_intent.setup_failed",
    "payment_method.attached",
    "setup_intent.succeeded",
    "checkout.session.completed",
  ]);
  const completed = events.at(-1).event.data.object;
  assert.deepEqual([completed.mode, completed.setup_intent, completed.amount_total], ["setup", read.setup_intent.id, null]);
});

test("saved cards are listed, read and detached", async () => {
  const { customer, on } = await payer();
  const first = await saved({ customer, on }, "4242 4242 4242 4242");
  const second = await stripe.paymentMethods.attach("pm_card_mastercard", { customer }, on);
  const ids = ({ data }) => data.map(({ id }) => id);
  assert.deepEqual(ids(await stripe.paymentMethods.list({ customer, type: "card" }, on)), [second.id, first.id]);
  assert.deepEqual(ids(await stripe.customers.listPaymentMethods(customer, {}, on)), [second.id, first.id]);
  assert.equal((await stripe.customers.retrievePaymentMethod(customer, first.id, {}, on)).card.last4, "4242");

  assert.equal((await stripe.paymentMethods.detach(first.id, {}, on)).customer, null);
  assert.deepEqual(ids(await stripe.paymentMethods.list({ customer }, on)), [second.id]);
  const again = await failure(stripe.paymentMethods.detach(first.id, {}, on));
  assert.ok(again instanceof Stripe.errors.StripeInvalidRequestError);
  const gone = await failure(stripe.paymentIntents.create(chargeParams(customer, first.id), on));
  assert.deepEqual([gone.statusCode, gone.code, gone.param], [400, "resource_missing", "payment_method"]);
  const [detached] = await simulator.hooks.waitFor(
    1,
    ({ event }) => event.type === "payment_method.detached" && event.data.object.id === first.id,
  );
  assert.deepEqual(detached.event.data.previous_attributes, { customer });
});

test("a saved card is charged while its holder is away, once a key", async () => {
  const who = await payer();
  const method = await saved(who, "4242 4242 4242 4242");
  const options = { ...who.on, idempotencyKey: "charge/chg_1" };
  const paid = await stripe.paymentIntents.create(chargeParams(who.customer, method.id), options);
  assert.deepEqual([paid.status, paid.amount_received, paid.application_fee_amount], ["succeeded", 12_000, 120]);
  const again = await stripe.paymentIntents.create(chargeParams(who.customer, method.id), options);
  assert.equal(again.id, paid.id);
  assert.equal(again.lastResponse.headers["idempotent-replayed"], "true");
  assert.equal((await stripe.charges.list({ customer: who.customer }, who.on)).data.length, 1);
  const [succeeded] = await simulator.hooks.waitFor(
    1,
    ({ event }) => event.type === "payment_intent.succeeded" && event.data.object.id === paid.id,
  );
  assert.deepEqual([succeeded.path, succeeded.event.data.object.metadata], ["/connect", { charge: "chg_1" }]);
});

test("refusals come as card errors with the intent inside", async () => {
  const who = await payer();
  for (const [card, code, reason] of [
    ["4000 0000 0000 0341", "card_declined", "generic_decline"],
    ["4000 0027 6000 3184", "authentication_required", "authentication_required"],
    ["4000 0082 6000 3178", "card_declined", "insufficient_funds"],
  ]) {
    const method = await saved(who, card);
    const options = { ...who.on, idempotencyKey: `charge/${card}` };
    const declined = await failure(stripe.paymentIntents.create(chargeParams(who.customer, method.id), options));
    assert.ok(declined instanceof Stripe.errors.StripeCardError);
    assert.deepEqual([declined.statusCode, declined.code, declined.decline_code], [402, code, reason]);
    const intent = declined.payment_intent;
    assert.deepEqual([intent.status, intent.last_payment_error.decline_code], ["requires_payment_method", reason]);
    const again = await failure(stripe.paymentIntents.create(chargeParams(who.customer, method.id), options));
    assert.equal(again.payment_intent.id, intent.id);
    const [failed] = await simulator.hooks.waitFor(
      1,
      ({ event }) => event.type === "payment_intent.payment_failed" && event.data.object.id === intent.id,
    );
    assert.equal(failed.event.data.object.metadata.charge, "chg_1");
  }
  for (const [token, reason] of [
    ["pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"],
    ["pm_card_chargeDeclinedExpiredCard", "expired_card"],
  ]) {
    const declined = await failure(stripe.paymentIntents.create(chargeParams(who.customer, token), who.on));
    assert.equal(declined.decline_code, reason);
  }
  const method = await saved(who, "4000 0025 0000 3155");
  const paid = await stripe.paymentIntents.create(chargeParams(who.customer, method.id), who.on);
  assert.equal(paid.status, "succeeded", "it was authenticated when it was saved");
});

test("a setup intent is made and confirmed without a page", async () => {
  const { customer, on } = await payer();
  const made = await stripe.setupIntents.create({ customer, usage: "off_session" }, on);
  const declined = await failure(
    stripe.setupIntents.confirm(made.id, { payment_method: "pm_card_chargeDeclined" }, on),
  );
  assert.ok(declined instanceof Stripe.errors.StripeCardError);
  assert.equal(declined.setup_intent.last_setup_error.code, "card_declined");
  const done = await stripe.setupIntents.confirm(made.id, { payment_method: "pm_card_visa" }, on);
  assert.equal(done.status, "succeeded");
  assert.equal((await stripe.paymentMethods.retrieve(done.payment_method, {}, on)).customer, customer);
  assert.equal((await stripe.setupIntents.list({ customer }, on)).data.length, 1);
});

test("a saved card can be told to fail from now on", async () => {
  const who = await payer();
  const method = await saved(who, "4242 4242 4242 4242");
  await simulator.control(`payment_methods/${method.id}/behave_like`, { card: "4000 0000 0000 9995" });
  const declined = await failure(stripe.paymentIntents.create(chargeParams(who.customer, method.id), who.on));
  assert.equal(declined.decline_code, "insufficient_funds");
  assert.equal((await stripe.paymentMethods.retrieve(method.id, {}, who.on)).card.last4, "4242");
});

test("another account sees nothing of it", async () => {
  const [one, two] = [await payer(), await payer()];
  const method = await saved(one, "4242 4242 4242 4242");
  const intents = await stripe.setupIntents.list({}, one.on);
  for (const options of [two.on, {}]) {
    const missing = { code: "resource_missing" };
    await assert.rejects(stripe.paymentMethods.retrieve(method.id, {}, options), missing);
    await assert.rejects(stripe.paymentMethods.detach(method.id, {}, options), missing);
    await assert.rejects(stripe.setupIntents.retrieve(intents.data[0].id, {}, options), missing);
    await assert.rejects(stripe.paymentMethods.list({ customer: one.customer }, options), missing);
    assert.deepEqual((await stripe.setupIntents.list({}, options)).data, []);
  }
  const stolen = stripe.paymentIntents.create(chargeParams(two.customer, method.id), two.on);
  await assert.rejects(stolen, { code: "resource_missing" });
});
