// The hosted pages, through their forms, and what they leave behind.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { onboarded, sessionParams, start, submit } from "./simulator.mjs";

let simulator;
let stripe;
before(async () => {
  simulator = await start();
  stripe = simulator.client();
});
after(() => simulator.stop());

const types = (events) => events.map(({ event }) => event.type);
const ofSession = (intent) => ({ event }) => {
  const object = event.data.object;
  return [object.id, object.payment_intent, object.charge].includes(intent);
};

test("a session is paid through the form", async () => {
  const stripeAccount = await onboarded(simulator);
  const session = await stripe.checkout.sessions.create(sessionParams(), { stripeAccount });
  const paid = await submit(session.url, {});
  assert.deepEqual([paid.status, paid.location], [303, `https://app.example/ok?session=${session.id}`]);
  const read = await stripe.checkout.sessions.retrieve(
    session.id,
    { expand: ["payment_intent.latest_charge"] },
    { stripeAccount },
  );
  assert.deepEqual([read.status, read.payment_status, read.customer_details.email], [
    "complete",
    "paid",
    "pay@customer.example",
  ]);
  const charge = read.payment_intent.latest_charge;
  assert.deepEqual([charge.amount, charge.application_fee_amount, charge.status], [12_000, 300, "succeeded"]);
  const fee = await stripe.applicationFees.retrieve(charge.application_fee);
  assert.deepEqual([fee.amount, fee.account, fee.charge], [300, stripeAccount, charge.id]);

  const events = await simulator.hooks.waitFor(4, ofSession(read.payment_intent.id));
  assert.deepEqual(types(events), [
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "checkout.session.completed",
  ]);
  assert.ok(events.every(({ path, event }) => path === "/connect" && event.account === stripeAccount));
  const [earned] = await simulator.hooks.waitFor(1, ({ event }) => event.data.object.id === fee.id);
  assert.deepEqual([earned.path, earned.event.type, earned.event.account], [
    "/platform",
    "application_fee.created",
    undefined,
  ]);

  const refund = await stripe.refunds.create(
    { payment_intent: read.payment_intent.id, refund_application_fee: true },
    { stripeAccount },
  );
  assert.deepEqual([refund.amount, refund.status], [12_000, "succeeded"]);
  assert.equal((await stripe.applicationFees.retrieve(fee.id)).refunded, true);
});

test("a declined card stays on the page and can be followed by a good one", async () => {
  const stripeAccount = await onboarded(simulator);
  const session = await stripe.checkout.sessions.create(sessionParams(), { stripeAccount });
  const declined = await submit(session.url, { card: "4000 0000 0000 0002" });
  assert.equal(declined.status, 200);
  assert.match(declined.html, /role="alert">Your card was declined\./);
  const failed = await simulator.hooks.waitFor(
    1,
    ({ event }) => event.account === stripeAccount && event.type === "payment_intent.payment_failed",
  );
  const intent = failed[0].event.data.object;
  assert.equal(intent.last_payment_error.decline_code, "generic_decline");
  assert.equal((await stripe.checkout.sessions.retrieve(session.id, {}, { stripeAccount })).status, "open");
  assert.equal((await submit(session.url, {})).status, 303);
  const read = await stripe.checkout.sessions.retrieve(session.id, {}, { stripeAccount });
  assert.deepEqual([read.payment_status, read.payment_intent], ["paid", intent.id]);
});

test("a session is expired once, and not when it is complete", async () => {
  const stripeAccount = await onboarded(simulator);
  const expire = (session) => stripe.checkout.sessions.expire(session.id, {}, { stripeAccount });
  const session = await stripe.checkout.sessions.create(sessionParams(), { stripeAccount });
  const expired = await expire(session);
  assert.deepEqual([expired.status, expired.payment_status, expired.url], ["expired", "unpaid", null]);
  const [told] = await simulator.hooks.waitFor(1, ({ event }) => event.data.object.id === session.id);
  assert.deepEqual([told.path, told.event.type, told.event.account], [
    "/connect",
    "checkout.session.expired",
    stripeAccount,
  ]);
  const refused = { type: "StripeInvalidRequestError", statusCode: 400 };
  await assert.rejects(expire(session), refused);
  const paid = await stripe.checkout.sessions.create(sessionParams(), { stripeAccount });
  assert.equal((await submit(paid.url, {})).status, 303);
  await assert.rejects(expire(paid), refused);
  assert.equal((await stripe.checkout.sessions.retrieve(paid.id, {}, { stripeAccount })).payment_status, "paid");
});

test("a bank debit is processing until the bank has spoken", async () => {
  const stripeAccount = await onboarded(simulator);
  const price = { quantity: 1, price_data: { currency: "usd", unit_amount: 9000, product_data: { name: "Invoice" } } };
  for (const [bank, status, told] of [
    ["000123456789", "succeeded", "checkout.session.async_payment_succeeded"],
    ["000111111113", "requires_payment_method", "checkout.session.async_payment_failed"],
  ]) {
    const session = await stripe.checkout.sessions.create(sessionParams({ line_items: [price] }), { stripeAccount });
    assert.deepEqual(session.payment_method_types, ["card", "us_bank_account"]);
    assert.equal((await submit(session.url, { card: bank })).location, `https://app.example/ok?session=${session.id}`);
    const expand = { expand: ["payment_intent.latest_charge", "payment_intent.payment_method"] };
    const begun = await stripe.checkout.sessions.retrieve(session.id, expand, { stripeAccount });
    assert.deepEqual([begun.status, begun.payment_status], ["complete", "unpaid"]);
    const intent = begun.payment_intent;
    assert.deepEqual([intent.status, intent.latest_charge.status, intent.latest_charge.paid], [
      "processing",
      "pending",
      false,
    ]);
    assert.deepEqual([intent.payment_method.type, intent.payment_method.us_bank_account.last4], [
      "us_bank_account",
      bank.slice(-4),
    ]);
    const ended = await simulator.control(`payment_intents/${intent.id}/finish`);
    assert.equal(ended.body.status, status);
    const after = await stripe.checkout.sessions.retrieve(session.id, expand, { stripeAccount });
    assert.deepEqual([after.status, after.payment_status], ["complete", status === "succeeded" ? "paid" : "unpaid"]);
    const [charge] = (await stripe.charges.list({ payment_intent: intent.id }, { stripeAccount })).data;
    assert.deepEqual([charge.id, charge.paid, charge.failure_code], [
      intent.latest_charge.id,
      status === "succeeded",
      status === "succeeded" ? null : "account_closed",
    ]);
    const events = await simulator.hooks.waitFor(7, ofSession(intent.id));
    assert.deepEqual(types(events), [
      "payment_intent.created",
      "charge.pending",
      "payment_intent.processing",
      "checkout.session.completed",
      ...(status === "succeeded"
        ? ["charge.succeeded", "payment_intent.succeeded"]
        : ["charge.failed", "payment_intent.payment_failed"]),
      told,
    ]);
  }
  // Dollars alone are debited from accounts of the United States.
  const euros = await stripe.checkout.sessions.create(sessionParams(), { stripeAccount });
  assert.equal((await submit(euros.url, { card: "000123456789" })).status, 200);
});

test("3-D Secure stands between the card and the payment", async () => {
  const stripeAccount = await onboarded(simulator);
  const session = await stripe.checkout.sessions.create(sessionParams(), { stripeAccount });
  const asked = await submit(session.url, { card: "4000 0025 0000 3155" });
  assert.equal(asked.status, 303);
  assert.equal((await stripe.checkout.sessions.retrieve(session.id, {}, { stripeAccount })).payment_status, "unpaid");
  const passed = await submit(asked.location, {}, { do: "complete" });
  assert.equal(passed.location, `https://app.example/ok?session=${session.id}`);
  assert.equal((await stripe.checkout.sessions.retrieve(session.id, {}, { stripeAccount })).payment_status, "paid");
});

test("onboarding tells by webhook, not by its way back", async () => {
  const account = await stripe.accounts.create({ country: "DE", email: "new@msp.example" });
  const link = () =>
    stripe.accountLinks.create({
      account: account.id,
      type: "account_onboarding",
      refresh_url: "https://app.example/refresh",
      return_url: "https://app.example/return",
    });
  const left = await submit((await link()).url, {}, { do: "later" });
  assert.equal(left.location, "https://app.example/return");
  assert.equal((await stripe.accounts.retrieve(account.id)).details_submitted, false);
  const { url } = await link();
  const done = await submit(url, {}, { do: "complete" });
  assert.equal(done.location, "https://app.example/return");
  const again = await fetch(url, { redirect: "manual" });
  assert.equal(again.headers.get("location"), "https://app.example/refresh");
  const [updated] = await simulator.hooks.waitFor(1, ({ event }) => event.account === account.id);
  assert.deepEqual([updated.path, updated.event.type], ["/connect", "account.updated"]);
  const { charges_enabled, payouts_enabled, details_submitted } = updated.event.data.object;
  assert.ok(charges_enabled && payouts_enabled && details_submitted);
  assert.equal(updated.event.data.previous_attributes.charges_enabled, false);
});
