"""Payments that are paid back: ours and those made at Stripe, with webhooks in any order; over HTTP alone."""

import uuid

import pytest
import httpx
from support import wait_until
from test_payment_methods import PERIOD, issue, save, shop  # noqa: F401 (a fixture)


def usd(minor):
    return {"amount_minor": minor, "currency": "USD"}


def paid(api, code, owner, card):
    """An invoice of 90 dollars that was paid by this card, and its payment."""
    save(owner, card)
    invoice = issue(api, code, PERIOD)
    wait_until(lambda: api.get(f"/msp/invoices/{invoice}")["status"] == "paid", what="the charge")
    [payment] = api.items("/msp/payments", invoice=invoice)
    return invoice, payment


def credit(api, invoice, minor):
    line = api.get(f"/msp/invoices/{invoice}")["lines"][0]["id"]
    body = {"reason": "Too much", "lines": [{"line_id": line, "amount": usd(minor)}]}
    return api.post(f"/msp/invoices/{invoice}/credit-notes", body, 201)


def refunds(api, invoice):
    return api.items("/msp/refunds", invoice=invoice)


def in_state(api, invoice, status):
    def come():
        found = refunds(api, invoice)
        return found if found and all(refund["status"] == status for refund in found) else None

    [refund] = wait_until(come, what=f"a refund that has {status}")
    return refund


def held(api, code):
    return [balance["amount_minor"] for balance in api.get(f"/msp/customers/{code}/credit")["balances"]]


def at_stripe(plain, path, form=None):
    """A call of the MSP's own, on its account."""
    account = plain.msp.get("/msp/payment-setup")["account"]
    headers = {"Authorization": "Bearer sk_test_msp", "Stripe-Account": account}
    url = f"{plain.simulators.url}/v1/{path}"
    answer = httpx.post(url, data=form, headers=headers) if form else httpx.get(url, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("disorder", [{}, {"duplicates": 2, "reverse": True, "delay_ms": 300}], ids=["in order", "twice, in reverse"])
def test_a_credit_note_is_paid_back_to_the_card(shop, disorder):  # noqa: F811
    api, code, owner, plain = shop
    plain.simulators.control("webhooks", disorder)
    try:
        paid_back(api, code, owner, plain)
    finally:
        plain.simulators.control("webhooks")


def paid_back(api, code, owner, plain):
    invoice, payment = paid(api, code, owner, "4242 4242 4242 4242")
    credit(api, invoice, 5000)
    assert held(api, code) == [5000]
    begun = api.post(f"/msp/payments/{payment['id']}/refunds", {"reason": "Too much"}, 201)
    assert (begun["status"], begun["amount"]) == ("pending", usd(5000))
    done = in_state(api, invoice, "succeeded")
    there = at_stripe(plain, f"refunds/{done['reference']}")
    assert (there["amount"], there["payment_intent"], there["metadata"]["refund"]) == (5000, payment["reference"], begun["id"])
    wait_until(lambda: plain.simulators.read("deliveries")["pending"] == 0, 30, what="the deliveries")
    assert held(api, code) == []
    assert api.items("/msp/payments", invoice=invoice)[0]["refunded"] == usd(5000)
    assert [refund["id"] for refund in refunds(api, invoice)] == [begun["id"]]
    [charge] = at_stripe(plain, f"charges?payment_intent={payment['reference']}")["data"]
    assert charge["amount_refunded"] == 5000
    address = api.get(f"/msp/customers/{code}")["contact_email"]
    wait_until(lambda: any("Your refund for" in mail for mail in plain.mailbox.to(address)), what="the mail of the refund")


@pytest.mark.parametrize(("card", "first", "then", "credit_left"), [
    ("4000 0000 0000 7726", "pending", "succeeded", []),
    ("4000 0000 0000 5126", "succeeded", "failed", [9000]),
])
def test_a_refund_moves_on_when_stripe_tells(shop, card, first, then, credit_left):  # noqa: F811
    api, code, owner, plain = shop
    invoice, payment = paid(api, code, owner, card)
    credit(api, invoice, 9000)
    api.post(f"/msp/payments/{payment['id']}/refunds", {"reason": "Too much"}, 201)
    refund = wait_until(lambda: (found := refunds(api, invoice)[0])["reference"] and found, what="the answer")
    assert refund["status"] == first
    plain.simulators.control(f"refunds/{refund['reference']}/finish", {})
    ended = in_state(api, invoice, then)
    assert held(api, code) == credit_left
    assert ended["failure"] == ("The card has expired or was cancelled." if then == "failed" else None)


def test_what_is_refunded_at_stripe_is_known_and_settled_by_a_credit_note(shop):  # noqa: F811
    api, code, owner, plain = shop
    invoice, payment = paid(api, code, owner, "4242 4242 4242 4242")
    at_stripe(plain, "refunds", {"payment_intent": payment["reference"], "amount": "4000"})
    refund = in_state(api, invoice, "succeeded")
    assert (refund["amount"], refund["uncredited"]) == (usd(4000), usd(4000))
    credit(api, invoice, 9000)
    assert refunds(api, invoice)[0]["uncredited"] == usd(0)
    assert held(api, code) == [5000]
    # No more than is left of the payment can follow.
    back = api.post(f"/msp/payments/{payment['id']}/refunds", {"reason": "The rest"}, 201)
    assert back["amount"] == usd(5000)
    wait_until(lambda: {one["status"] for one in refunds(api, invoice)} == {"succeeded"}, what="the other refund")
    assert held(api, code) == []
    assert api.post(f"/msp/payments/{payment['id']}/refunds", {"reason": str(uuid.uuid4())}, 409)["code"] == "already_refunded"


@pytest.mark.parametrize(("evidence", "status", "uncredited"), [("winning_evidence", "won", 0), ("losing_evidence", "lost", 9000)])
def test_a_dispute_is_booked_as_stripe_tells_of_it(shop, evidence, status, uncredited):  # noqa: F811
    api, code, owner, plain = shop
    plain.simulators.control("webhooks", {"duplicates": 2, "reverse": True, "delay_ms": 300})
    try:
        invoice, payment = paid(api, code, owner, "4000 0000 0000 0259")
        # It may be told before the payment is known: then it is worked on again some seconds later.
        [dispute] = wait_until(lambda: api.items("/msp/disputes", invoice=invoice), 30, what="the dispute")
        assert (dispute["status"], dispute["amount"], dispute["fee"]) == ("needs_response", usd(9000), usd(1500))
        attention = api.get("/msp/portfolio")["attention"]
        assert [one["due_by"] for one in attention if one["kind"] == "dispute_open" and one["invoice_id"] == invoice]
        at_stripe(plain, f"disputes/{dispute['reference']}", {"evidence[uncategorized_text]": evidence})

        def decided():
            [now] = api.items("/msp/disputes", invoice=invoice)
            return now["status"] == status and now

        now = wait_until(decided, 30, what="the decision")
        assert now["uncredited"] == usd(uncredited) and now["closed_at"]
        wait_until(lambda: plain.simulators.read("deliveries")["pending"] == 0, 30, what="the deliveries")
        events = [event["type"] for event in api.items("/msp/events", subject=f"invoice:{invoice}")]
        assert events.count("dispute.opened") == events.count(f"dispute.{status}") == 1
    finally:
        plain.simulators.control("webhooks")
