"""A year of a customer's life in a sandbox, over HTTP alone: every invoice is what arithmetic on paper gives, to the cent.

The arithmetic is written out here, apart from the program's own: `half_up` is the only rounding, once per line.
"""

import calendar
import datetime
import time
from decimal import ROUND_HALF_UP, Decimal

import browser
import pytest
import support
from support import wait_until

NINE = Decimal("0.000000001")


def half_up(amount, step=Decimal("0.01")):
    return amount.quantize(step, rounding=ROUND_HALF_UP)


def cents(amount):
    return int(half_up(amount) * 100)


def fee(whole, days, of):
    """A fee for some days of a month."""
    return half_up(Decimal(whole) * days / of)


def hosts(used, included, price, days, of):
    """Usage beyond an allowance that is cut to the days."""
    free = half_up(Decimal(included) * days / of, NINE)
    return half_up(max(Decimal(used) - free, Decimal(0)) * Decimal(price))


@pytest.fixture(scope="module")
def msp(plain):
    """An MSP with two plans and a schedule of dunning."""
    admin = plain.msp
    admin.post("/msp/metrics", {"key": "hosts", "name": "Hosts", "unit": "host"}, 201)
    for code, base, included, price in [("BASIC", 10_000, "10", "2.50"), ("PRO", 25_000, "50", "2")]:
        component = {"metric": "hosts", "name": "Hosts", "price": {"model": "unit", "unit_price": price, "included": included}}
        body = {"code": code, "name": code.title(), "base_fee": {"amount_minor": base, "currency": "USD"}, "components": [component]}
        admin.post("/msp/plans", body, 201)
    steps = [(1, "remind"), (3, "charge"), (7, "late_fee"), (14, "pause"), (60, "cancel")]
    dunning = [{"days": days, "action": action} | ({"fee_percent": "5"} if action == "late_fee" else {}) for days, action in steps]
    admin.put("/msp/billing", {"payment_days": 14, "dunning": dunning})
    return plain


@pytest.fixture
def life(msp):
    """A customer-to-be in a sandbox of the MSP."""
    # A session of its own: it is moved into the sandbox.
    admin = support.sign_in(msp.server, "admin@alpha.example")
    made = admin.post("/msp/sandboxes", {"name": "A year"}, 201)
    tokens = admin.post("/auth/switch-tenant", {"tenant_id": made["id"]})
    life = Life(support.Api(msp.server.url, tokens["access_token"]), made["id"])
    life.connect()
    return life


class Life:
    """A customer in a sandbox."""

    def __init__(self, api, sandbox):
        self.api, self.sandbox = api, sandbox
        self.year = datetime.date.today().year + 1
        self.events = 0
        self.began = time.monotonic()

    def connect(self):
        url = self.api.post("/msp/payment-setup/connect", {"email": "ops@alpha.example", "country": "DE"})["url"]
        assert browser.submit(url, browser.visit(url), button={"do": "complete"}).status_code == 303
        wait_until(lambda: self.api.get("/msp/payment-setup")["charges_enabled"], what="the account's webhook")

    def day(self, month, day):
        return datetime.date(self.year, month, day)

    def until(self, month, day, years=0):
        to = datetime.date(self.year + years, month, day)
        self.api.post(f"/msp/sandboxes/{self.sandbox}/advance", {"to": to.isoformat()}, 202)
        wait_until(lambda: self.api.get(f"/msp/sandboxes/{self.sandbox}")["advancing_to"] is None, seconds=120, what=f"{to}")

    def report(self, quantity, month, day):
        self.events += 1
        at = f"{self.day(month, day)}T12:00:00Z"
        event = {"specversion": "1.0", "id": f"e{self.events}", "source": "urn:year", "type": "hosts", "subject": "YEAR", "time": at,
                 "data": {"quantity": quantity}}
        taken = self.api.post("/ingest/events", event, headers={"Content-Type": "application/cloudevents+json"})
        assert (taken["accepted"], taken["rejected"]) == (1, []), taken

    def card(self, number):
        """Saves a card and makes it the one that is charged."""
        path = "/msp/customers/YEAR/payment-methods"
        before = {one["id"] for one in self.api.get(path)["items"]}
        browser.save(self.api.post(f"{path}/link")["url"], number)
        [new] = wait_until(lambda: [one for one in self.api.get(path)["items"] if one["id"] not in before], what="the saved card")
        self.api.post(f"/msp/payment-methods/{new['id']}/default")

    def invoice(self, month):
        [found] = self.api.items("/msp/invoices", customer="YEAR", period=f"{self.year}-{month:02}")
        return self.api.get(f"/msp/invoices/{found['id']}")

    def status(self):
        return self.subscription()["status"]

    def subscription(self):
        """The one that has not ended."""
        [found] = self.api.items("/msp/subscriptions", customer="YEAR", ended="false")
        return found

    def check(self, month, status, *amounts):
        """An invoice has lines of these amounts, and comes to their sum."""
        invoice = self.invoice(month)
        lines = [line["amount"]["amount_minor"] for line in invoice["lines"]]
        assert lines == [cents(amount) for amount in amounts], f"{month}: {invoice['lines']}"
        assert invoice["total"] == {"amount_minor": cents(sum(amounts)), "currency": "USD"}
        assert invoice["status"] == status, f"{month}: {invoice['last_charge']} {invoice['dunning']}"
        return invoice


def test_a_year_of_a_customers_life(life):
    api, zero = life.api, Decimal(0)
    february = calendar.monthrange(life.year, 2)[1]

    # January: on trial for two weeks, then charged.
    life.until(1, 1)
    api.post("/msp/customers", {"company_name": "A Year Ltd", "code": "YEAR", "contact_email": "year@c.example"}, 201)
    api.post("/msp/customers/YEAR/subscriptions", {"plan": "BASIC", "trial_days": 14}, 201)
    assert life.status() == "trial"
    life.card("4242 4242 4242 4242")
    life.until(1, 6)
    life.report(500, 1, 5)
    life.until(1, 21)
    life.report(30, 1, 20)
    assert life.status() == "active"
    life.until(2, 1)
    life.check(1, "paid", fee(100, 17, 31), hosts(30, 10, "2.50", 17, 31))

    # February: another plan from the 11th on.
    life.until(2, 6)
    life.report(40, 2, 5)
    life.until(2, 11)
    subscription = life.subscription()["id"]
    api.post(f"/msp/subscriptions/{subscription}/changes", {"kind": "plan", "plan": "PRO"})
    life.until(2, 21)
    life.report(100, 2, 20)
    life.until(3, 1)
    rest = february - 10
    of_basic = hosts(40, 10, "2.50", 10, february)
    life.check(2, "paid", fee(100, 10, february), of_basic, fee(250, rest, february), hosts(100, 50, 2, rest, february))

    # March: usage that comes late for February is on March's invoice.
    life.until(3, 10)
    life.report(8, 2, 6)
    life.until(4, 1)
    life.check(3, "paid", Decimal(250), zero, hosts(48, 10, "2.50", 10, february) - of_basic)

    # April: the card is declined, and what is done about that.
    life.until(4, 10)
    life.card("4000 0000 0000 0341")
    life.until(4, 16)
    life.report(80, 4, 15)
    life.until(5, 30)
    april = life.check(4, "finalized", Decimal(250), hosts(80, 50, 2, 30, 30))
    done = [(step["on"], step["action"], step["skipped"]) for step in april["dunning"]["done"]]
    assert done == [(f"{life.year}-05-{day}", action, None) for day, action in
                    [(16, "remind"), (18, "charge"), (22, "late_fee"), (29, "pause")]]
    assert april["dunning"]["planned"] == [{"action": "cancel", "on": f"{life.year}-07-14", "fee": None}]
    assert life.status() == "paused"

    # May: paused from the 29th on, with a late fee of 5 % of what is open of April. Paid on 5 June, it goes on by itself.
    life.until(6, 5)
    may = life.check(5, "finalized", fee(250, 28, 31), zero, half_up(Decimal(310) * 5 / 100))
    life.card("4242 4242 4242 4242")
    for invoice in (april, may):
        assert api.post(f"/msp/invoices/{invoice['id']}/charge")["status"] == "succeeded"
    wait_until(lambda: life.status() == "active", what="the subscription going on")
    life.until(7, 1)
    life.check(6, "paid", fee(250, 26, 30), zero)

    # July: paused by hand for ten days.
    for kind, day in [("pause", 10), ("resume", 20)]:
        api.post(f"/msp/subscriptions/{subscription}/changes", {"kind": kind, "on": f"{life.year}-07-{day}"})
    life.until(8, 1)
    july = life.check(7, "paid", fee(250, 9, 31), zero, fee(250, 12, 31), zero)

    # August: forty dollars of July are credited, and used for August's invoice.
    life.until(8, 15)
    line = july["lines"][2]
    credit = {"reason": "An outage", "lines": [{"line_id": line["id"], "amount": {"amount_minor": 4_000, "currency": "USD"}}]}
    note = api.post(f"/msp/invoices/{july['id']}/credit-notes", credit, 201)
    assert note["total"]["amount_minor"] == 4_000
    life.until(9, 1)
    august = life.check(8, "paid", Decimal(250), zero)
    assert (august["credit_used"]["amount_minor"], august["paid"]["amount_minor"]) == (4_000, 21_000)

    # September: something that is charged once.
    api.post("/msp/customers/YEAR/one-off-charges", {"description": "Setup", "quantity": "2.5", "unit_price": "95"}, 201)
    life.until(10, 1)
    life.check(9, "paid", Decimal(250), zero, Decimal("237.50"))

    # October: the last month.
    life.until(10, 20)
    api.post(f"/msp/subscriptions/{subscription}/cancel", {"ends_on": f"{life.year}-11-01"})
    life.until(1, 2, years=1)
    life.check(10, "paid", Decimal(250), zero)
    [ended] = api.items("/msp/subscriptions", customer="YEAR")
    assert ended["status"] == "cancelled"

    invoices = api.items("/msp/invoices", customer="YEAR")
    assert sorted(invoice["period_start"][:7] for invoice in invoices) == [f"{life.year}-{month:02}" for month in range(1, 11)]
    numbers = sorted(invoice["number"] for invoice in invoices)
    first = int(numbers[0].rsplit("-", 1)[1])
    assert [int(number.rsplit("-", 1)[1]) for number in numbers] == list(range(first, first + 10))
    balances = {row["account"]: row["balance"]["amount_minor"] for row in api.get("/msp/ledger/balances")["accounts"]}
    assert sum(balances.values()) == 0 and balances.get("receivable", 0) == 0, balances
    print(f"a year in {time.monotonic() - life.began:.0f} s")


def test_a_year_passes_in_less_than_a_minute(life):
    life.until(1, 1)
    life.api.post("/msp/customers", {"company_name": "A Year Ltd", "code": "YEAR", "contact_email": "year@c.example"}, 201)
    life.api.post("/msp/customers/YEAR/subscriptions", {"plan": "PRO"}, 201)
    life.card("4242 4242 4242 4242")
    began = time.monotonic()
    life.until(1, 1, years=1)
    took = time.monotonic() - began
    assert all(life.invoice(month)["status"] == "paid" for month in range(1, 13))
    print(f"a year in {took:.1f} s")
    assert took < 60


def test_a_sandbox_is_apart_from_the_msp(life, plain):
    life.until(1, 1)
    life.api.post("/msp/customers", {"company_name": "A Year Ltd", "code": "YEAR"}, 201)
    assert "YEAR" not in [customer["code"] for customer in plain.msp.items("/msp/customers")]
    # Time does not go back, nor further than anybody can mean.
    path = f"/msp/sandboxes/{life.sandbox}/advance"
    for to in (f"{life.year}-01-01", f"{life.year + 5}-01-01"):
        refused = support.problem(life.api.send("POST", path, json={"to": to}), 422)
        assert [error["pointer"] for error in refused["errors"]] == ["/to"]
    support.problem(plain.other.send("GET", f"/msp/sandboxes/{life.sandbox}"), 404)
    # A customer's mail is kept, and goes to nobody.
    life.api.post("/msp/customers/YEAR/invitations", {"email": "nobody@c.example", "role": "customer_owner"}, 201)
    kinds = wait_until(lambda: [event["type"] for event in life.api.items("/msp/events") if event["type"] == "mail.sent"], what="the mail")
    assert kinds and not plain.mailbox.to("nobody@c.example")
    support.problem(life.api.send("POST", "/msp/sandboxes", json={"name": "Inside"}), 409)
    # Closed, it is gone for those who are in it.
    plain.msp.send("DELETE", f"/msp/sandboxes/{life.sandbox}", 204)
    support.problem(life.api.send("GET", "/msp/customers"), 401)
