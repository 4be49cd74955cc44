// The official client against the simulator's API.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Stripe from "stripe";
import { onboarded, sessionParams, start } from "./simulator.mjs";

let simulator;
let stripe;
before(async () => {
  simulator = await start();
  stripe = simulator.client();
});
after(() => simulator.stop());

test("errors come as the client's own types", async () => {
  const error = (promise) => promise.then(() => assert.fail("no error"), (error) => error);
  const { errors } = Stripe;
  const wrongKey = await error(simulator.client("sk_live_x").balance.retrieve());
  assert.ok(wrongKey instanceof errors.StripeAuthenticationError);
  const missing = await error(stripe.customers.retrieve("cus_none"));
  assert.ok(missing instanceof errors.StripeInvalidRequestError);
  assert.deepEqual([missing.code, missing.statusCode, missing.param], ["resource_missing", 404, "id"]);
  assert.match(missing.requestId, /^req_/);
  const unknown = await error(stripe.customers.create({ colour: "red" }));
  assert.deepEqual([unknown.code, unknown.param], ["parameter_unknown", "colour"]);
  const incomplete = await error(stripe.paymentIntents.create({ amount: 1000 }));
  assert.deepEqual([incomplete.code, incomplete.param], ["parameter_missing", "currency"]);
  const stranger = await error(stripe.customers.list({}, { stripeAccount: "acct_1Nobody" }));
  assert.ok(stranger instanceof errors.StripePermissionError);
  const declined = await error(
    stripe.paymentIntents.create({
      amount: 1000,
      currency: "usd",
      confirm: true,
      payment_method: "pm_card_chargeDeclined",
      automatic_payment_methods: { enabled: true, allow_redirects: "never" },
    }),
  );
  assert.ok(declined instanceof errors.StripeCardError);
  assert.deepEqual([declined.code, declined.decline_code], ["card_declined", "generic_decline"]);
  assert.equal(declined.payment_intent.status, "requires_payment_method");
});

test("a key replays its answer and refuses other parameters", async () => {
  const options = { idempotencyKey: "customer-1" };
  const first = await stripe.customers.create({ email: "a@b.example" }, options);
  const again = await stripe.customers.create({ email: "a@b.example" }, options);
  assert.equal(again.id, first.id);
  assert.equal(again.lastResponse.headers["idempotent-replayed"], "true");
  assert.equal(first.lastResponse.headers["idempotent-replayed"], undefined);
  await assert.rejects(
    stripe.customers.create({ email: "c@d.example" }, options),
    Stripe.errors.StripeIdempotencyError,
  );
  const account = await onboarded(simulator);
  const elsewhere = await stripe.customers.create({ email: "c@d.example" }, { ...options, stripeAccount: account });
  assert.notEqual(elsewhere.id, first.id, "a key of another account is another key");
});

test("an account's objects are its own", async () => {
  const [one, two] = [await onboarded(simulator), await onboarded(simulator)];
  const customer = await stripe.customers.create({ name: "Of one" }, { stripeAccount: one });
  assert.equal((await stripe.customers.retrieve(customer.id, {}, { stripeAccount: one })).name, "Of one");
  for (const options of [{ stripeAccount: two }, {}]) {
    await assert.rejects(stripe.customers.retrieve(customer.id, {}, options), { code: "resource_missing" });
    await assert.rejects(stripe.customers.update(customer.id, { name: "x" }, options), { code: "resource_missing" });
    const listed = await stripe.customers.list({ limit: 100 }, options);
    assert.ok(listed.data.every(({ id }) => id !== customer.id));
  }
});

test("the client pages through a list", async () => {
  const stripeAccount = await onboarded(simulator);
  const made = [];
  for (let number = 0; number < 25; number += 1) {
    made.unshift((await stripe.customers.create({ name: `Customer ${number}` }, { stripeAccount })).id);
  }
  const all = await stripe.customers.list({ limit: 10 }, { stripeAccount }).autoPagingToArray({ limit: 100 });
  assert.deepEqual(all.map(({ id }) => id), made);
});

test("nested parameters and expansions go there and back", async () => {
  const stripeAccount = await onboarded(simulator);
  const made = await stripe.checkout.sessions.create(sessionParams({ expand: ["line_items"] }), { stripeAccount });
  assert.deepEqual(made.metadata, { tenant: "t1" });
  assert.deepEqual(made.line_items.data.map((line) => [line.description, line.quantity, line.amount_total]), [
    ["Invoice 2026-0001", 2, 12_000],
  ]);
  const lines = await stripe.checkout.sessions.listLineItems(made.id, {}, { stripeAccount });
  assert.equal(lines.data[0].price.unit_amount, 6000);
  const listed = await stripe.checkout.sessions.list({ expand: ["data.line_items"] }, { stripeAccount });
  assert.equal(listed.data[0].line_items.data.length, 1);
  await assert.rejects(
    stripe.checkout.sessions.retrieve(made.id, { expand: ["nothing"] }, { stripeAccount }),
    /cannot be expanded/,
  );
});

test("accounts are made, changed, listed and deleted", async () => {
  const made = await stripe.accounts.create({
    country: "US",
    email: "x@msp.example",
    business_profile: { name: "Acme", url: "https://acme.example" },
    capabilities: { card_payments: { requested: true }, transfers: { requested: true } },
    metadata: { tenant: "t9" },
  });
  assert.deepEqual(made.capabilities, { card_payments: "inactive", transfers: "inactive" });
  assert.ok(made.requirements.currently_due.length > 0 && made.requirements.disabled_reason);
  const changed = await stripe.accounts.update(made.id, { business_profile: { name: "Acme Ltd" } });
  assert.deepEqual([changed.business_profile.name, changed.business_profile.url], ["Acme Ltd", "https://acme.example"]);
  assert.ok((await stripe.accounts.list({ limit: 100 })).data.some(({ id }) => id === made.id));
  assert.equal((await stripe.accounts.del(made.id)).deleted, true);
  await assert.rejects(stripe.accounts.retrieve(made.id), Stripe.errors.StripePermissionError);
});
