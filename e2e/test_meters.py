"""Usage of a plan that is billed at Stripe goes to a meter there, once; over HTTP alone."""

import datetime
import uuid

import pytest
from support import wait_until
from test_path import connect_payments
from test_refunds import at_stripe


@pytest.fixture
def metered(plain):
    """An MSP whose customer is on a plan that is billed at Stripe, and a customer of its account there."""
    connect_payments(plain)
    run = uuid.uuid4().hex[:8]
    api = plain.msp
    metric = f"calls.{run}"
    api.post("/msp/metrics", {"key": metric, "name": "Calls", "unit": "call"}, 201)
    code = api.post("/msp/customers", {"company_name": f"Metered {run}"}, 201)["code"]
    plan = {
        "code": f"METER-{run.upper()}", "name": "Metered", "base_fee": {"amount_minor": 0, "currency": "USD"}, "billed_at": "stripe",
        "components": [{"metric": metric, "name": "Calls", "price": {"model": "unit", "unit_price": "0.01"}}],
    }
    plan = api.post("/msp/plans", plan, 201)["code"]
    today = datetime.datetime.now(datetime.timezone.utc).date()
    api.post(f"/msp/customers/{code}/subscriptions", {"plan": plan, "starts_on": str(today - datetime.timedelta(days=20))}, 201)
    return api, code, metric, plain


def use(api, code, metric, day, quantity):
    event = {
        "specversion": "1.0", "id": uuid.uuid4().hex, "source": "e2e", "type": metric, "subject": code,
        "time": f"{day}T08:00:00Z", "data": {"quantity": quantity},
    }
    api.post("/ingest/events", event)


def settled(api, metric, status, count):
    def come():
        found = [one for one in api.items("/msp/payments/meters/pushes", status=status) if one["metric"] == metric]
        return found if len(found) == count else None

    return wait_until(come, 60, what=f"{count} pushes that are {status}")


def test_usage_reaches_the_meter_once_and_late_usage_as_well(metered):
    api, code, metric, plain = metered
    yesterday = datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=1)
    use(api, code, metric, yesterday, "2.5")
    api.post("/msp/payments/meters/push", {}, 202)
    settled(api, metric, "waiting", 1)
    there = at_stripe(plain, "customers", {"name": "Metered"})["id"]
    assert api.put(f"/msp/customers/{code}/stripe-customer", {"reference": "cus_nobody"}, expect=422)["errors"][0]["pointer"] == "/reference"
    assert api.put(f"/msp/customers/{code}/stripe-customer", {"reference": there})["reference"] == there
    [sent] = settled(api, metric, "sent", 1)
    assert (sent["day"], sent["quantity"], sent["stripe_customer"]) == (str(yesterday), "2.5", there)
    use(api, code, metric, yesterday, "1")
    api.post("/msp/payments/meters/push", {}, 202)
    settled(api, metric, "sent", 2)
    [meter] = [one for one in api.get("/msp/payments/meters")["items"] if one["metric"] == metric]
    assert (meter["event_name"], meter["open"], meter["refused"], meter["problem"]) == (metric, 0, 0, None)
    assert api.post("/msp/invoices", {"customer": code, "period": str(yesterday)[:7]}, 409)["code"] == "billed_at_stripe"
