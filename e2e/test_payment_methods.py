"""A payment method is saved on Stripe's page, and charged when an invoice is issued; over HTTP alone."""

import uuid

import browser
import pytest
import support
from support import wait_until
from test_path import connect_payments

PERIOD = "2025-10"


@pytest.fixture
def shop(plain):
    """An MSP that takes payments, a customer of it with its owner, and a plan of 90 dollars."""
    connect_payments(plain)
    run = uuid.uuid4().hex[:8]
    api = plain.msp
    code = api.post("/msp/customers", {"company_name": f"Saver {run}", "contact_email": f"c-{run}@c.example"}, 201)["code"]
    money = {"amount_minor": 9000, "currency": "USD"}
    plan = api.post("/msp/plans", {"code": f"SAVE-{run.upper()}", "name": "Flat", "base_fee": money}, 201)["code"]
    api.post(f"/msp/customers/{code}/subscriptions", {"plan": plan, "starts_on": f"{PERIOD}-01"}, 201)
    email = f"owner-{run}@c.example"
    api.post(f"/msp/customers/{code}/invitations", {"email": email, "role": "customer_owner"}, 201)
    owner = support.accept(plain.server, plain.mailbox, email, "Olga Owner")
    return api, code, owner, plain


def save(owner, card):
    """Saves a card in the portal, and waits until it is there."""
    before = {one["id"] for one in owner.get("/portal/payment-methods")["items"]}
    url = owner.post("/portal/payment-methods/link")["url"]
    assert "/payment-methods?saved=" in browser.save(url, card)

    def come():
        return [one for one in owner.get("/portal/payment-methods")["items"] if one["id"] not in before]

    [method] = wait_until(come, what="the webhook of the saved card")
    return method


def issue(api, code, period):
    draft = api.post("/msp/invoices", {"customer": code, "period": period}, 201)["id"]
    return api.post(f"/msp/invoices/{draft}/finalize")["id"]


def test_an_invoice_is_paid_by_a_saved_card(shop):
    api, code, owner, plain = shop
    assert owner.get("/portal/payment-methods")["items"] == []
    method = save(owner, "4242 4242 4242 4242")
    assert (method["kind"], method["brand"], method["last4"], method["is_default"]) == ("card", "visa", "4242", True)
    invoice = issue(api, code, PERIOD)
    paid = wait_until(lambda: (now := api.get(f"/msp/invoices/{invoice}"))["status"] == "paid" and now, what="the charge")
    assert paid["last_charge"]["status"] == "succeeded"
    [payment] = [one for one in api.items("/msp/payments") if one["invoice_id"] == invoice]
    share = api.get("/msp/payment-setup")["application_fee_basis_points"]
    assert payment["amount"]["amount_minor"] == 9000
    assert payment["application_fee"]["amount_minor"] == 9000 * share // 10_000 > 0
    # The webhook of the same payment comes behind, and counts it no second time.
    events = [event["type"] for event in api.items("/msp/events", subject=f"invoice:{invoice}")]
    assert [events.count(kind) for kind in ("charge.begun", "payment.received", "invoice.paid")] == [1, 1, 1]

    # Removed, it is charged no more.
    api.send("DELETE", f"/msp/payment-methods/{method['id']}", 204)
    later = issue(api, code, "2025-11")
    assert api.get(f"/msp/invoices/{later}")["last_charge"] is None
    assert api.send("POST", f"/msp/invoices/{later}/charge").json()["code"] == "no_payment_method"


@pytest.mark.parametrize(("card", "code_of_it"), [
    ("4000 0000 0000 0341", "card_declined"),
    ("4000 0027 6000 3184", "authentication_required"),
])
def test_a_card_that_is_declined_later_leaves_the_invoice_open(shop, card, code_of_it):
    api, code, owner, plain = shop
    save(owner, card)
    invoice = issue(api, code, PERIOD)

    def failed():
        now = api.get(f"/msp/invoices/{invoice}")
        return now["last_charge"] and now["last_charge"]["status"] == "failed" and now

    open_ = wait_until(failed, what="the decline")
    assert open_["status"] == "finalized" and open_["outstanding"] == open_["total"]
    assert open_["last_charge"]["failure"]
    if code_of_it == "authentication_required":
        assert open_["last_charge"]["failure_code"] == code_of_it
    address = api.get(f"/msp/customers/{code}")["contact_email"]
    wait_until(lambda: any("failed" in source for source in plain.mailbox.to(address)), what="the mail of the decline")
    # It pays on the page instead: with another card, which the bank lets through.
    link = owner.post(f"/portal/invoices/{invoice}/pay-link")
    browser.pay(link["url"])
    wait_until(lambda: api.get(f"/msp/invoices/{invoice}")["status"] == "paid", what="the payment by page")
