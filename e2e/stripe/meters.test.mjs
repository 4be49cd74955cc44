// Usage that is billed at Stripe, through the official client: meters, events and their sums.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { onboarded, start } from "./simulator.mjs";

let simulator;
let stripe;
before(async () => {
  simulator = await start();
  stripe = simulator.client();
});
after(() => simulator.stop());

const DAY = 86_400;
const failure = (promise) => promise.then(() => assert.fail("no error"), (error) => error);

async function metered() {
  const on = { stripeAccount: await onboarded(simulator) };
  const customer = await stripe.customers.create({ name: "Acme" }, on);
  const meter = await stripe.billing.meters.create(
    { display_name: "Calls", event_name: "calls", default_aggregation: { formula: "sum" } },
    on,
  );
  return { on, customer: customer.id, meter };
}

test("a meter adds up what it is sent, each name once", async () => {
  const { on, customer, meter } = await metered();
  assert.equal(meter.object, "billing.meter");
  const today = Math.floor(Date.now() / 1000 / DAY) * DAY;
  const send = (identifier, value, timestamp) =>
    stripe.billing.meterEvents.create(
      { event_name: "calls", identifier, timestamp, payload: { stripe_customer_id: customer, value } },
      on,
    );
  const event = await send("mpu_1", "2.5", today - DAY / 2);
  assert.equal(event.object, "billing.meter_event");
  assert.deepEqual(event.payload, { stripe_customer_id: customer, value: "2.5" });
  await send("mpu_2", "1", today - DAY / 2);
  const error = await failure(send("mpu_1", "2.5", today - DAY / 2));
  assert.equal(error.type, "StripeInvalidRequestError");
  assert.match(error.message, /already exists with identifier mpu_1/);
  const window = { customer, start_time: today - 3 * DAY, end_time: today, value_grouping_window: "day" };
  const sums = [];
  for await (const sum of stripe.billing.meters.listEventSummaries(meter.id, window, on)) sums.push(sum);
  assert.deepEqual(sums.map((sum) => sum.aggregated_value), [3.5, 0, 0]);
  assert.ok(sums.every((sum) => sum.meter === meter.id && sum.end_time - sum.start_time === DAY));
});

test("events that are too old, or of no meter, are refused", async () => {
  const { on, customer } = await metered();
  const now = Math.floor(Date.now() / 1000);
  const payload = { stripe_customer_id: customer, value: "1" };
  for (const [params, code] of [
    [{ event_name: "calls", timestamp: now - 36 * DAY, payload }, "timestamp_too_far_in_past"],
    [{ event_name: "other", payload }, "no_meter"],
  ]) {
    const error = await failure(stripe.billing.meterEvents.create(params, on));
    assert.equal(error.code, code);
  }
});

test("a meter is renamed, taken out of use and back, and told of", async () => {
  const { on, meter } = await metered();
  assert.equal((await stripe.billing.meters.update(meter.id, { display_name: "Requests" }, on)).display_name, "Requests");
  assert.equal((await stripe.billing.meters.deactivate(meter.id, {}, on)).status, "inactive");
  assert.deepEqual((await stripe.billing.meters.list({ status: "active" }, on)).data, []);
  assert.equal((await stripe.billing.meters.reactivate(meter.id, {}, on)).status, "active");
  assert.equal((await stripe.billing.meters.retrieve(meter.id, {}, on)).id, meter.id);
  const types = (await stripe.events.list({ types: ["billing.meter.*"] }, on)).data.map((event) => event.type);
  assert.deepEqual(types.sort(), ["created", "deactivated", "reactivated", "updated"].map((type) => `billing.meter.${type}`));
});
