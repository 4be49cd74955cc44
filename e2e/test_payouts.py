"""What an account has at Stripe and how it reaches the bank, with webhooks in any order; over HTTP alone."""

import pytest
from support import wait_until
from test_payment_methods import shop  # noqa: F401 (a fixture)
from test_refunds import at_stripe, credit, in_state, paid, usd


def held(api):
    """What is available and pending, in dollars."""
    found = [one for one in api.get("/msp/payments/balance")["holdings"] if one["available"]["currency"] == "USD"]
    return tuple(sum(one[kind]["amount_minor"] for one in found) for kind in ("available", "pending"))


def known(api, reference, status):
    def come():
        return next((one for one in api.items("/msp/payments/payouts") if one["reference"] == reference and one["status"] == status), None)

    return wait_until(come, 30, what=f"a payout that is {status}")


@pytest.mark.parametrize("disorder", [{}, {"duplicates": 2, "reverse": True, "delay_ms": 300}], ids=["in order", "twice, in reverse"])
def test_every_cent_at_the_bank_is_explained(shop, disorder):  # noqa: F811
    api, code, owner, plain = shop
    simulators = plain.simulators
    account = api.get("/msp/payment-setup")["account"]
    pay_out = lambda: simulators.control(f"accounts/{account}/pay_out", {"currency": "usd"})  # noqa: E731
    # What other tests have left.
    if sum(held(api)) > 0:
        pay_out()
    left = sum(held(api))
    invoice, payment = paid(api, code, owner, "4242 4242 4242 4242")
    credit(api, invoice, 2000)
    refund = api.post(f"/msp/payments/{payment['id']}/refunds", {"reason": "Too much"}, 201)
    in_state(api, invoice, "succeeded")
    share = payment["application_fee"]["amount_minor"]
    expected = left + 9000 - 291 - share - 2000
    assert sum(held(api)) == expected
    simulators.control("webhooks", disorder)
    try:
        made = pay_out()
        assert made["amount"] == expected and held(api) == (0, 0)
        for to in ("in_transit", "paid"):
            simulators.control(f"payouts/{made['id']}/move", {"to": to})
        payout = known(api, made["id"], "paid")
        assert payout["amount"] == usd(expected)
        contents = api.get(f"/msp/payments/payouts/{payout['id']}/contents")
        assert contents["unexplained"] == usd(0)
        assert sum(one["net"]["amount_minor"] for one in contents["items"]) == expected
        ours = [one for one in contents["items"] if one["payment"] and one["payment"]["invoice_id"] == invoice]
        assert [(one["kind"], one["net"]) for one in ours] == [("refund", usd(-2000)), ("payment", usd(9000 - 291 - share))]
        assert (ours[1]["provider_fee"], ours[1]["platform_fee"]) == (usd(291), usd(share))
        assert refund["amount"] == usd(2000)

        # The bank sends it back; the next one has it.
        simulators.control(f"payouts/{made['id']}/move", {"to": "failed", "failure_code": "no_account"})
        failed = known(api, made["id"], "failed")
        assert failed["id"] == payout["id"] and failed["failure_code"] == "no_account"
        attention = api.get("/msp/portfolio")["attention"]
        assert [one["amount"] for one in attention if one["kind"] == "payout_failed"] == [usd(expected)]
        again = pay_out()
        assert again["amount"] == expected
        simulators.control(f"payouts/{again['id']}/move", {"to": "paid"})
        paid_out = known(api, again["id"], "paid")
        [back] = api.get(f"/msp/payments/payouts/{paid_out['id']}/contents")["items"]
        assert (back["kind"], back["payout_id"], back["net"]) == ("payout_returned", payout["id"], usd(expected))
        assert not [one for one in api.get("/msp/portfolio")["attention"] if one["kind"] == "payout_failed"]
        wait_until(lambda: simulators.read("deliveries")["pending"] == 0, 30, what="the deliveries")
        assert known(api, made["id"], "failed") and known(api, again["id"], "paid")
        trail = [event["type"] for event in api.items("/msp/events", subject=f"payout:{payout['id']}")]
        assert trail.count("payout.failed") == 1
    finally:
        simulators.control("webhooks")


def test_what_is_asked_for_at_stripe_is_known_and_not_explained(shop):  # noqa: F811
    api, code, owner, plain = shop
    account = api.get("/msp/payment-setup")["account"]
    paid(api, code, owner, "4242 4242 4242 4242")
    made = plain.simulators.control(f"accounts/{account}/pay_out", {"currency": "usd"})
    plain.simulators.control(f"payouts/{made['id']}/move", {"to": "canceled"})
    known(api, made["id"], "canceled")
    asked = at_stripe(plain, "payouts", {"amount": "700", "currency": "usd"})
    payout = known(api, asked["id"], "pending")
    assert (payout["automatic"], payout["amount"]) == (False, usd(700))
    assert api.get(f"/msp/payments/payouts/{payout['id']}/contents", expect=409)["code"] == "payout_not_itemised"
