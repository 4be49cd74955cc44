"""From a usage event to a paid invoice, over HTTP alone: at the demo, and at an installation set up by hand."""

import datetime
import email
import email.policy
import random
import re
import subprocess
import types
import uuid
import zoneinfo
from decimal import Decimal

import browser
import pytest
from billing import Event, Ledger, Reporter, cents, dollars, last_month, read_lines
from support import Api, problem, wait_until

SEED = 20251031


@pytest.fixture(params=["demo", "installation"])
def shop(request):
    """An MSP that can take payments, and how its mails are read."""
    if request.param == "demo":
        login = request.getfixturevalue("demo_login")
        server = request.getfixturevalue("demo")

        def mails(address):
            items = Api(server.url).send("GET", f"{server.url}/demo/mail.json", 200, params={"to": address}).json()["items"]
            return [types.SimpleNamespace(kind=mail["kind"], sender=mail["from_name"], subject=mail["subject"],
                                          text=mail["text_body"], html=mail["html_body"]) for mail in items]

        host = "northwind.localhost"
        return types.SimpleNamespace(server=server, api=login("admin@northwind.example", host), host=host, mails=mails,
                                     platform=login("admin@platform.example"), slug="northwind",
                                     other=login("admin@harbor.example", "harbor.localhost"))
    plain = request.getfixturevalue("plain")
    connect_payments(plain)

    def mails(address):
        found = []
        for source in plain.mailbox.to(address):
            mail = email.message_from_string(source, policy=email.policy.default)
            attached = [part.get_content() for part in mail.iter_attachments()]
            found.append(types.SimpleNamespace(
                kind="invoice" if attached else "other", sender=mail["from"].addresses[0].display_name,
                subject=mail["subject"], text=mail.get_body(["plain"]).get_content(),
                html=mail.get_body(["html"]).get_content(), attached=attached,
            ))
        return found

    return types.SimpleNamespace(server=plain.server, api=plain.msp, host=None, mails=mails, platform=plain.admin,
                                 slug="alpha", other=plain.other)


def connect_payments(plain):
    """Goes through the onboarding at Stripe's stand-in, as an MSP does in a browser."""
    if plain.msp.get("/msp/payment-setup")["charges_enabled"]:
        return
    url = plain.msp.post("/msp/payment-setup/connect", {"email": "ops@alpha.example", "country": "DE"})["url"]
    page = browser.visit(url)
    assert browser.submit(url, page, button={"do": "complete"}).status_code == 303
    wait_until(lambda: plain.msp.get("/msp/payment-setup")["charges_enabled"], what="the account's webhook")


def make_customer(shop, run):
    address = f"accounts-{run}@customer.example"
    customer = shop.api.post("/msp/customers", {
        "company_name": f"Café <Zürich> & Söhne {run}", "contact_name": "Zoë O'Brien", "contact_email": address,
        "address": "Bahnhofstrasse 1\n8001 Zürich", "tax_id": "CHE-123.456.789",
    }, expect=201)
    return customer, address


def make_plan(shop, run):
    metrics = {"hosts": f"e2e.hosts-{run}", "storage": f"e2e.storage-{run}", "tickets": f"e2e.tickets-{run}",
               "free": f"e2e.unpriced-{run}"}
    for name, key in metrics.items():
        shop.api.post("/msp/metrics", {"key": key, "name": name.title(), "unit": "GB" if name == "storage" else name[:-1]},
                      expect=201)
    plan = shop.api.post("/msp/plans", {
        "code": f"E2E-{run.upper()}", "name": f"Awkward {run}", "base_fee": {"amount_minor": 4900, "currency": "USD"},
        "components": [
            {"metric": metrics["hosts"], "name": "Protected hosts", "price": {"model": "unit", "unit_price": "12.50", "included": "10"}},
            {"metric": metrics["storage"], "name": "Backup storage", "price": {"model": "unit", "unit_price": "0.0375", "included": "12.5"}},
            {"metric": metrics["tickets"], "name": "Support tickets", "price": {"model": "unit", "unit_price": "7.99", "included": "3"}},
        ],
    }, expect=201)
    return metrics, plan


def report_usage(shop, ledger, customer, metrics, month, run):
    """Sends events in every mode and form; the ledger counts those that have to count."""
    _, start, end = month
    chance = random.Random(SEED)
    source = f"urn:e2e:{run}"
    tick = datetime.timedelta(microseconds=1)
    key = shop.api.post("/msp/api-keys", {"name": f"collector {run}", "scopes": ["usage:write"]}, expect=201)
    reporter = Reporter(Api(shop.server.url, key["secret"], shop.host))
    problem(reporter.api.send("GET", "/msp/customers"), 403)

    def event(name, quantity, time, id=None):
        return Event(id or uuid.UUID(int=chance.getrandbits(128)).hex, metrics[name], customer, quantity, time, source)

    accepted = {"accepted": 1, "duplicates": 0, "rejected": []}
    repeated = {"accepted": 0, "duplicates": 1, "rejected": []}
    # The first and the last instant of the month, and what is just outside.
    first = event("hosts", "7", start)
    last = event("hosts", 9, end - tick, id="Grüße % \"quoted\"")
    for sending, one in [(reporter.structured, first), (reporter.binary, last),
                         (reporter.old_structured, event("storage", 0.1, start + tick)),
                         (reporter.old_binary, event("storage", "0.000000001", end - tick)),
                         (reporter.structured, event("hosts", "1000", start - tick)),
                         (reporter.binary, event("hosts", 1000, end))]:
        assert sending(one) == accepted
        ledger.add(one)
    # Once more, in the other mode: it is the same event.
    assert reporter.binary(first) == repeated and reporter.structured(last) == repeated
    conflict = event("hosts", "8", start, id=first.id)
    assert reporter.structured(conflict, expect=409)["code"] == "conflict"

    def moment():
        return start + (end - start) * chance.random()

    events = [event("hosts", chance.randint(0, 3), moment()) for _ in range(600)]
    events += [event("storage", f"{chance.randint(0, 10**9)}e-{chance.randint(6, 9)}", moment()) for _ in range(1200)]
    events += [event("storage", chance.randint(0, 9999) / 1000, moment()) for _ in range(1200)]
    events += [event("free", 5, moment()), event("free", "2.5", moment())]
    chance.shuffle(events)
    bad = {"specversion": "1.0", "id": "bad", "source": source, "type": metrics["hosts"], "subject": customer,
           "data": {"quantity": "-1"}}
    batch = [*events[:1000], bad, *events[1000:2000], conflict, last, *events[2000:], events[5]]
    rejected = [(1000, "invalid", "/data/quantity"), (2001, "conflict", "/id")]

    def read(result):
        told = [(one["index"], one["code"], one["errors"][0]["pointer"]) for one in result["rejected"]]
        return result["accepted"], result["duplicates"], told

    assert read(reporter.batch(batch)) == (len(events), 2, rejected)
    ledger.add(*events)
    assert read(reporter.batch(batch)) == (0, len(events) + 2, rejected)

    # The last event makes the storage cost end with half a cent whose even neighbour is below.
    used, _ = ledger.usage(metrics["storage"], start, end)
    charged = used - Decimal("12.5")
    missing = Decimal("1.2") - charged % 8
    filler = event("storage", str(missing if missing >= 0 else missing + 8), moment())
    assert reporter.binary(filler) == accepted
    ledger.add(filler)
    exact = (used + filler.amount() - Decimal("12.5")) * Decimal("0.0375") * 100
    assert exact % 2 == Decimal("0.5"), exact
    return reporter, event, moment


def check_usage(shop, ledger, customer, metrics, month):
    period, start, end = month
    usage = shop.api.get(f"/msp/customers/{customer}/usage", period=period)
    when = [datetime.datetime.fromisoformat(usage[name]) for name in ("from", "until")]
    assert (usage["period"], when) == (period, [start, end])
    figures = {figure["metric"]: (Decimal(figure["quantity"]), figure["events"]) for figure in usage["metrics"]}
    for metric in metrics.values():
        assert figures[metric] == ledger.usage(metric, start, end), metric


def check_pdf(shop, invoice, brand, others):
    answer = shop.api.send("GET", f"/msp/invoices/{invoice['id']}/pdf", 200)
    assert answer.headers["content-type"] == "application/pdf" and answer.content.startswith(b"%PDF-")
    text = subprocess.run(["pdftotext", "-layout", "-", "-"], input=answer.content, capture_output=True, check=True)
    info = subprocess.run(["pdfinfo", "-"], input=answer.content, capture_output=True, check=True).stdout.decode()
    text = text.stdout.decode()
    wanted = [brand["display_name"], brand["legal_name"] or "", invoice["number"], invoice["customer_name"],
              dollars(invoice["total"]["amount_minor"]), "Zürich", "CHE-123.456.789"]
    wanted += [line["description"] for line in invoice["lines"]]
    wanted += [dollars(line["amount"]["amount_minor"]) for line in invoice["lines"]]
    squeezed = re.sub(r"\s+", " ", text)
    for part in wanted:
        assert part in squeezed, f"{part!r} is missing in the PDF:\n{text}"
    for name in (*others, "Bailiwick"):
        assert name.lower() not in (text + info).lower(), f"{name} stands in the PDF:\n{text}\n{info}"
    return answer.content


def test_from_usage_to_a_paid_invoice(shop):
    run = uuid.uuid4().hex[:8]
    api = shop.api
    brand = api.get("/msp/brand")["settings"]
    others = [shop.other.get("/msp/brand")["settings"]["display_name"]]
    [tenant] = [msp for msp in shop.platform.items("/platform/msps") if msp["slug"] == shop.slug]
    month = last_month(zoneinfo.ZoneInfo(tenant["time_zone"]))
    period, start, end = month
    day = start.astimezone(zoneinfo.ZoneInfo(tenant["time_zone"])).date().isoformat()

    customer, address = make_customer(shop, run)
    code = customer["code"]
    metrics, plan = make_plan(shop, run)
    subscription = api.post(f"/msp/customers/{code}/subscriptions", {"plan": plan["code"], "starts_on": day}, expect=201)
    assert subscription["starts_on"] == day

    ledger = Ledger()
    reporter, event, moment = report_usage(shop, ledger, code, metrics, month, run)
    check_usage(shop, ledger, code, metrics, month)

    # A draft, then something late, then the invoice: it counts all that has come until it is issued.
    draft = api.post("/msp/invoices", {"customer": code, "period": period}, expect=201)
    assert (draft["status"], draft["number"], draft["subscriptions"][0]["subscription_id"]) == ("draft", None, subscription["id"])
    assert read_lines(draft) == ledger.lines(plan, start, end)
    problem(api.send("POST", f"/msp/invoices/{draft['id']}/pay-link"), 409)
    late = event("hosts", "2", moment())
    reporter.structured(late)
    ledger.add(late)
    invoice = api.post(f"/msp/invoices/{draft['id']}/finalize", headers={"Idempotency-Key": f"issue-{run}"})
    lines = ledger.lines(plan, start, end)
    assert read_lines(invoice) == lines
    total = sum(line["amount"] for line in lines)
    assert [line["amount"] > 0 for line in lines] == [True, True, True, False]
    assert invoice["total"] == {"amount_minor": total, "currency": "USD"}
    assert (invoice["id"], invoice["status"]) == (draft["id"], "finalized") and invoice["number"]

    # From here on nothing changes it.
    again = api.send("POST", f"/msp/invoices/{invoice['id']}/finalize", 200, headers={"Idempotency-Key": f"issue-{run}"})
    assert again.headers["idempotency-replayed"] == "true" and again.json() == invoice
    problem(api.send("POST", f"/msp/invoices/{invoice['id']}/finalize"), 409)
    problem(api.send("DELETE", f"/msp/invoices/{invoice['id']}"), 409)
    problem(api.send("POST", "/msp/invoices", json={"customer": code, "period": period}), 409)
    too_late = event("hosts", "500", moment())
    reporter.structured(too_late)
    assert api.get(f"/msp/invoices/{invoice['id']}") == invoice

    pdf = check_pdf(shop, invoice, brand, others)
    check_invoice_mail(shop, invoice, address, brand, others, pdf)
    pay(shop, invoice, brand)
    check_paid(shop, invoice, address, brand)
    check_forged_webhooks(shop, invoice)
    check_next_number(shop, invoice, plan)


def check_invoice_mail(shop, invoice, address, brand, others, pdf):
    def arrived():
        return [mail for mail in shop.mails(address) if mail.kind == "invoice"]

    [mail] = wait_until(arrived, what="the invoice's mail")
    assert mail.subject == f"Invoice {invoice['number']} from {brand['display_name']}"
    assert mail.sender == (brand["mail_from_name"] or brand["display_name"])
    assert dollars(invoice["total"]["amount_minor"]) in mail.text
    for name in (*others, "Bailiwick"):
        assert name not in mail.text and name not in mail.html, name
    assert getattr(mail, "attached", [pdf]) == [pdf]


def pay(shop, invoice, brand):
    link = shop.api.post(f"/msp/invoices/{invoice['id']}/pay-link")
    assert shop.api.post(f"/msp/invoices/{invoice['id']}/pay-link")["url"] == link["url"]
    page = browser.visit(link["url"])
    assert page.status_code == 200
    seen = browser.text(page)
    assert dollars(invoice["total"]["amount_minor"]) in seen and invoice["number"] in seen, seen
    # A card that is declined first: that pays nothing.
    declined = browser.submit(link["url"], page, {"card": "4000 0000 0000 0002"})
    assert declined.status_code == 200 and "declined" in browser.text(declined)
    assert shop.api.get(f"/msp/invoices/{invoice['id']}")["status"] == "finalized"
    location = browser.pay(link["url"])
    assert "/payment/done" in location, location


def check_paid(shop, invoice, address, brand):
    api = shop.api
    paid = wait_until(lambda: (now := api.get(f"/msp/invoices/{invoice['id']}"))["status"] == "paid" and now,
                      what="the webhook of the payment")
    assert paid["paid_at"] and paid["version"] > invoice["version"]
    nothing = invoice["total"] | {"amount_minor": 0}
    assert (invoice["paid"], invoice["outstanding"]) == (nothing, invoice["total"])
    assert (paid["paid"], paid["outstanding"]) == (invoice["total"], nothing)
    changed = {"status", "paid_at", "version", "paid", "outstanding"}
    assert {k: v for k, v in paid.items() if k not in changed} == {k: v for k, v in invoice.items() if k not in changed}
    [payment] = [one for one in api.items("/msp/payments") if one["invoice_id"] == invoice["id"]]
    total = invoice["total"]["amount_minor"]
    share = api.get("/msp/payment-setup")["application_fee_basis_points"]
    fee = cents(Decimal(total) / 100 * share / 10_000)
    assert share > 0 and fee > 0
    assert payment["amount"] == invoice["total"]
    assert payment["application_fee"] == {"amount_minor": fee, "currency": "USD"}
    problem(api.send("POST", f"/msp/invoices/{invoice['id']}/pay-link"), 409)

    kinds = wait_until(lambda: "payment.failed" in (found := event_types(shop, invoice)) and found,
                       what="the event of the declined card")
    for kind in ("invoice.finalized", "checkout.created", "payment.failed", "payment.received", "invoice.paid"):
        assert kinds.count(kind) == 1, kinds
    assert api.get("/msp/events/check")["intact"] is True

    def receipts():
        return [mail for mail in shop.mails(address) if mail.subject == f"We received your payment for {invoice['number']}"]

    [receipt] = wait_until(receipts, what="the receipt")
    assert dollars(total) in receipt.text and brand["display_name"] in receipt.text


def event_types(shop, invoice):
    return [event["type"] for event in shop.api.items("/msp/events", subject=f"invoice:{invoice['id']}")]


def check_forged_webhooks(shop, invoice):
    """Whoever does not have the secret changes nothing."""
    def state():
        return shop.api.get(f"/msp/invoices/{invoice['id']}"), shop.api.items("/msp/payments"), event_types(shop, invoice)

    before = state()
    event = {"id": "evt_forged1", "object": "event", "type": "checkout.session.expired", "created": 1,
             "account": shop.api.get("/msp/payment-setup")["account"], "data": {"object": {"id": "cs_test_forged"}}}
    now = int(datetime.datetime.now().timestamp())
    for path in ("/webhooks/stripe", "/webhooks/stripe/connect"):
        for signature in (None, "", "t=,v1=", f"t={now},v1={'0' * 64}", f"t={now - 4000},v1={'a' * 64}",
                          f"t={now},v0={'0' * 64}", "v1=" + "0" * 64, f"t={now},v1=zz", "t=99999999999999999999,v1=" + "0" * 64):
            headers = {} if signature is None else {"Stripe-Signature": signature}
            answer = Api(shop.server.url).send("POST", path, json=event, headers=headers)
            assert problem(answer, 422)["errors"][0]["pointer"] == "Stripe-Signature"
    assert state() == before


def check_next_number(shop, invoice, plan):
    """Numbers have no gaps: a draft takes none, and one that is thrown away leaves none."""
    drafts = []
    for _ in range(2):
        body = {"company_name": f"Later {uuid.uuid4().hex[:8]}", "plan": plan["code"]}
        code = shop.api.post("/msp/customers", body, expect=201)["code"]
        this_month = shop.api.get(f"/msp/customers/{code}/usage")["period"]
        drafts.append(shop.api.post("/msp/invoices", {"customer": code, "period": this_month}, expect=201))
    shop.api.send("DELETE", f"/msp/invoices/{drafts[0]['id']}", 204)
    issued = shop.api.post(f"/msp/invoices/{drafts[1]['id']}/finalize")
    head, number = re.fullmatch(r"(.*?)(\d+)", invoice["number"]).groups()
    assert int(issued["number"].removeprefix(head)) == int(number) + 1, (invoice["number"], issued["number"])
