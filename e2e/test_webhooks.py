"""Webhooks of Stripe: twice, late, out of order, forged; what is paid is paid once."""

import datetime
import hashlib
import hmac
import json
import time

import browser
import pytest
from support import Api, problem, wait_until


@pytest.fixture(scope="module")
def shop(plain):
    """Alpha takes payments, and has a plan with a price that the fee does not divide evenly."""
    url = plain.msp.post("/msp/payment-setup/connect", {"email": "ops@alpha.example", "country": "DE"})["url"]
    assert browser.submit(url, browser.visit(url), button={"do": "complete"}).status_code == 303
    wait_until(lambda: plain.msp.get("/msp/payment-setup")["charges_enabled"], what="the account's webhook")
    fee = {"amount_minor": 10_033, "currency": "USD"}
    plain.msp.post("/msp/plans", {"code": "FLAT", "name": "Flat", "base_fee": fee}, 201)
    yield plain
    plain.simulators.control("webhooks")


def issue(shop):
    """An invoice to be paid, and its pay link."""
    body = {"company_name": "Payer", "contact_email": "payer@payer.example"}
    code = shop.msp.post("/msp/customers", body, 201)["code"]
    period = shop.msp.get(f"/msp/customers/{code}/usage")["period"]
    # A whole month: from today on, the fee would be prorated.
    shop.msp.post(f"/msp/customers/{code}/subscriptions", {"plan": "FLAT", "starts_on": f"{period}-01"}, 201)
    draft = shop.msp.post("/msp/invoices", {"customer": code, "period": period}, 201)
    invoice = shop.msp.post(f"/msp/invoices/{draft['id']}/finalize")
    return invoice, shop.msp.post(f"/msp/invoices/{invoice['id']}/pay-link")["url"]


def status(shop, invoice):
    return shop.msp.get(f"/msp/invoices/{invoice['id']}")["status"]


def payments(shop, invoice):
    return [one for one in shop.msp.items("/msp/payments") if one["invoice_id"] == invoice["id"]]


def kinds(shop, invoice):
    return [event["type"] for event in shop.msp.items("/msp/events", subject=f"invoice:{invoice['id']}")]


def quiet(shop):
    """Waits until every webhook has been delivered and worked on."""
    wait_until(lambda: shop.simulators.read("deliveries")["pending"] == 0, 30, what="the deliveries")
    # The work on the last one is a job of the server's.
    time.sleep(1)


def paid_once(shop, invoice):
    wait_until(lambda: status(shop, invoice) == "paid", what="the payment")
    quiet(shop)
    [payment] = payments(shop, invoice)
    # 1.5 % of 100.33 is 1.50495.
    assert payment["amount"]["amount_minor"] == 10_033 and payment["application_fee"]["amount_minor"] == 150
    seen = kinds(shop, invoice)
    assert (seen.count("payment.received"), seen.count("invoice.paid")) == (1, 1), seen
    subject = f"We received your payment for {invoice['number']}"
    assert sum(subject in mail for mail in shop.mailbox.to("payer@payer.example")) == 1


@pytest.mark.parametrize("disorder", [{}, {"duplicates": 3}, {"reverse": True, "delay_ms": 300}, {"duplicates": 2, "reverse": True, "delay_ms": 500}],
                         ids=["in order", "several times", "in reverse", "both"])
def test_a_payment_counts_once(shop, disorder):
    shop.simulators.control("webhooks", disorder)
    invoice, url = issue(shop)
    browser.pay(url)
    paid_once(shop, invoice)


def test_a_payment_is_found_when_webhooks_come_late(shop):
    shop.simulators.control("webhooks", {"pause": True})
    invoice, url = issue(shop)
    browser.pay(url)
    time.sleep(1)
    assert status(shop, invoice) == "finalized"
    shop.simulators.control("webhooks")
    paid_once(shop, invoice)


def test_events_delivered_once_more_change_nothing(shop):
    shop.simulators.control("webhooks")
    invoice, url = issue(shop)
    browser.pay(url)
    paid_once(shop, invoice)
    before = shop.msp.get(f"/msp/invoices/{invoice['id']}"), kinds(shop, invoice)
    events = {delivery["event"] for delivery in shop.simulators.read("deliveries")["deliveries"]}
    assert len(events) > 3
    for event in events:
        shop.simulators.control(f"events/{event}/redeliver")
    paid_once(shop, invoice)
    assert (shop.msp.get(f"/msp/invoices/{invoice['id']}"), kinds(shop, invoice)) == before


def test_a_declined_card_pays_nothing(shop):
    shop.simulators.control("webhooks", {"reverse": True, "delay_ms": 200})
    invoice, url = issue(shop)
    declined = browser.submit(url, browser.visit(url), {"card": "4000 0000 0000 9995"})
    assert declined.status_code == 200
    quiet(shop)
    assert status(shop, invoice) == "finalized" and payments(shop, invoice) == []
    assert kinds(shop, invoice).count("payment.failed") == 1
    browser.pay(url)
    paid_once(shop, invoice)


def test_three_d_secure(shop):
    shop.simulators.control("webhooks")
    invoice, url = issue(shop)
    location = browser.pay(url, "4000 0025 0000 3155")
    time.sleep(1)
    assert status(shop, invoice) == "finalized"
    assert browser.submit(location, browser.visit(location), button={"do": "complete"}).status_code == 303
    paid_once(shop, invoice)


def debit(shop, url, account):
    """Pays a page by bank debit; gives the payment, at which the bank is at work."""
    answer = shop.simulators.control(f"checkout/{url.rsplit('/', 1)[1]}/pay", {"card": account})
    assert answer["outcome"] == "processing"
    return answer["session"]["payment_intent"]


@pytest.mark.parametrize("disorder", [{}, {"duplicates": 2, "reverse": True, "delay_ms": 500}], ids=["in order", "in disorder"])
def test_a_bank_debit_is_on_its_way_for_days(shop, disorder):
    shop.simulators.control("webhooks", disorder)
    invoice, url = issue(shop)
    payment = debit(shop, url, "000123456789")
    path = f"/msp/invoices/{invoice['id']}"
    begun = wait_until(lambda: shop.msp.get(path)["payment_processing"], what="the word that it was begun")
    assert begun["amount"] == invoice["outstanding"]
    assert problem(shop.msp.send("POST", f"{path}/pay-link"), 409)["code"] == "payment_processing"
    shop.simulators.control(f"payment_intents/{payment}/finish")
    paid_once(shop, invoice)
    assert kinds(shop, invoice).count("payment.processing") == 1


def test_a_bank_debit_that_fails_is_told_once_and_can_be_paid_again(shop):
    # Its end is told before its beginning.
    shop.simulators.control("webhooks", {"duplicates": 1, "reverse": True, "delay_ms": 300})
    invoice, url = issue(shop)
    shop.simulators.control(f"payment_intents/{debit(shop, url, '000222222227')}/finish")
    wait_until(lambda: "payment.failed" in kinds(shop, invoice), what="the word that it failed")
    quiet(shop)
    assert status(shop, invoice) == "finalized" and payments(shop, invoice) == []
    assert kinds(shop, invoice).count("payment.failed") == 1
    subject = f"Your payment for {invoice['number']} failed"
    assert sum(subject in mail for mail in shop.mailbox.to("payer@payer.example")) == 1
    again = shop.msp.post(f"/msp/invoices/{invoice['id']}/pay-link")["url"]
    assert again != url
    browser.pay(again)
    paid_once(shop, invoice)


def test_a_page_is_closed_when_something_comes_off_its_invoice(shop):
    shop.simulators.control("webhooks")
    invoice, url = issue(shop)
    line = shop.msp.get(f"/msp/invoices/{invoice['id']}")["lines"][0]["id"]
    amount = {"amount_minor": 33, "currency": "USD"}
    note = {"reason": "Rounded down", "lines": [{"line_id": line, "amount": amount}]}
    shop.msp.post(f"/msp/invoices/{invoice['id']}/credit-notes", note, 201)
    wait_until(lambda: "has expired" in browser.text(browser.visit(url)), what="the end of the page")
    after = shop.msp.post(f"/msp/invoices/{invoice['id']}/pay-link")["url"]
    browser.pay(after)
    wait_until(lambda: status(shop, invoice) == "paid", what="the payment")
    assert [one["amount"]["amount_minor"] for one in payments(shop, invoice)] == [10_000]


def signed(secret, body, when):
    digest = hmac.new(secret.encode(), f"{when}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={when},v1={digest}", "Content-Type": "application/json"}


def test_only_stripe_is_believed(shop):
    """Signed with the right secret, but late, tampered with or for the other endpoint: refused, and nothing changes."""
    shop.simulators.control("webhooks")
    invoice, url = issue(shop)
    session = url.rsplit("/", 1)[1].split("#")[0].split("?")[0]
    account = shop.msp.get("/msp/payment-setup")["account"]
    now = int(datetime.datetime.now().timestamp())
    secrets = shop.simulators.SECRETS

    def event(number):
        return json.dumps({"id": f"evt_e2e{number}", "object": "event", "type": "checkout.session.completed", "created": now, "account": account,
                           "livemode": False, "data": {"object": {"id": session, "payment_status": "paid"}}}).encode()

    def send(path, body, headers):
        return Api(shop.server.url).send("POST", path, content=body, headers=headers)

    connect = "/webhooks/stripe/connect"
    body = event(1)
    refused = [
        (connect, body, signed(secrets["connect"], body, now - 301)), (connect, body, signed(secrets["connect"], body, now + 400)),
        (connect, body, signed(secrets["platform"], body, now)), ("/webhooks/stripe", body, signed(secrets["connect"], body, now)),
        (connect, body + b" ", signed(secrets["connect"], body, now)), (connect, body.replace(b"evt_e2e1", b"evt_e2e2"), signed(secrets["connect"], body, now)),
        (connect, body, signed("", body, now)),
    ]
    for path, sent, headers in refused:
        assert problem(send(path, sent, headers), 422)["errors"][0]["pointer"] == "Stripe-Signature"
    # Well signed, and wrong: nothing that the event says is believed, Stripe is asked.
    assert send(connect, body, signed(secrets["connect"], body, now)).status_code == 204
    for wrong in (b"{}", b"[]", b"null", b"x", b"", b"\xff", b'{"id":"evt_1"}', event(3).replace(b"evt_e2e3", b"evt_" + b"x" * 500),
                  b'{"id":"evt_4","type":"a","created":99999999999999999,"data":{}}', b'{"id":"evt_5","type":"a","created":1,"data":{"a":"\\u0000"}}'):
        answer = send(connect, wrong, signed(secrets["connect"], wrong, now))
        assert answer.status_code in (400, 422), (wrong, answer.text)
        problem(answer, 400, 422)
    for odd in (json.dumps({"id": "evt_6", "type": "unheard.of", "created": now, "account": "acct_unknown", "data": {"object": {"id": "x"}}}).encode(),
                json.dumps({"id": "evt_7", "type": "checkout.session.completed", "created": now, "data": {"object": {"id": session}}}).encode(),
                json.dumps({"id": "evt_8", "type": "payment_intent.payment_failed", "created": now, "account": account, "data": {"object": {"id": "pi_nothing"}}}).encode(),
                json.dumps({"id": "evt_9", "type": "checkout.session.completed", "created": now, "account": account, "data": {"object": []}}).encode()):
        assert send(connect, odd, signed(secrets["connect"], odd, now)).status_code == 204
    time.sleep(2)
    assert status(shop, invoice) == "finalized" and payments(shop, invoice) == []
    browser.pay(url)
    paid_once(shop, invoice)
