"""Malformed and hostile input: always a 4xx problem that names the field, nothing stored, never a 5xx."""

import base64
import gzip
import json
import socket
import uuid

import pytest
from support import Api, problem, wait_until

JSON = {"Content-Type": "application/json"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
EVENT = {"Content-Type": "application/cloudevents+json"}
RTL = "Acme \u202egnp.exe"
LONG = "x" * 10_000
NAMES = ["tenant_id", "role", "total", "status", "id", "version", "created_at", "__proto__"]


def cursor(*keys):
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")


def deep(levels, opening="[", closing="]"):
    return opening * levels + closing * levels


@pytest.fixture(scope="module")
def here(plain):
    """Alpha with a customer, a metric, a plan and an API key for usage."""
    api = plain.msp
    customer = api.post("/msp/customers", {"company_name": "Acme", "code": "ACME", "contact_email": "a@acme.example"}, 201)
    api.post("/msp/metrics", {"key": "hosts", "name": "Hosts", "unit": "host"}, 201)
    plan = api.post("/msp/plans", {"code": "PLAN", "name": "Plan", "base_fee": {"amount_minor": 100, "currency": "USD"},
                                   "components": [{"metric": "hosts", "name": "Hosts", "price": {"model": "unit", "unit_price": "1"}}]}, 201)
    api.post("/msp/customers/ACME/subscriptions", {"plan": "PLAN"}, 201)
    foreign = plain.other.post("/msp/customers", {"company_name": "Foreign", "code": "FOREIGN"}, 201)
    invitation = api.post("/msp/invitations", {"email": "new@alpha.example", "role": "msp_operator"}, 201)
    api.post("/msp/customers", {"company_name": "Free", "code": "FREE"}, 201)
    # The invitation's mail is an event too.
    wait_until(lambda: "new@alpha.example" in [e["data"]["to"] for e in api.items("/msp/events", type="mail.sent")], what="the mail")
    plain.customer, plain.foreign, plain.plan, plain.invitation = customer, foreign, plan, invitation
    plain.names = {"customer": customer["id"], "foreign": foreign["id"], "invitation": invitation["id"]}
    return plain


LISTS = ["customers", "metrics", "plans", "subscriptions", "invoices", "payments", "users", "invitations", "api-keys"]


@pytest.fixture(autouse=True)
def nothing_changes(here, request):
    """Whatever a test sends, the tenant is afterwards as it was; every change would be an event as well."""
    if "stores" in request.keywords:
        yield
        return

    def state():
        lists = {name: here.msp.items(f"/msp/{name}") for name in LISTS}
        for key in lists["api-keys"]:
            key.pop("last_used_at")
        usage = here.msp.get("/msp/customers/ACME/usage")["metrics"]
        return lists, usage, here.msp.get("/msp/brand"), here.msp.get("/msp/events", limit=1)["items"]

    before = state()
    yield
    assert state() == before


def field(answer, statuses, pointer):
    """An answer that names the field, where there is one to name."""
    body = problem(answer, *statuses)
    if pointer is not None:
        # Or more exactly: the entry of a list.
        told = [error["pointer"] for error in body.get("errors", [])]
        assert any(one == pointer or one.startswith(f"{pointer}/") for one in told), body


CREATE = "/msp/customers"
BODIES = [
    # Not what was announced, or not readable at all.
    ("no body", CREATE, b"", JSON, (400,), None),
    ("not JSON", CREATE, b"{", JSON, (400,), None),
    ("two values", CREATE, b'{"company_name":"A"} {}', JSON, (400,), None),
    ("text", CREATE, b"company_name=A", {"Content-Type": "text/plain"}, (415,), None),
    ("form", CREATE, b"company_name=A", {"Content-Type": "application/x-www-form-urlencoded"}, (415,), None),
    ("no type", CREATE, b'{"company_name":"A"}', {}, (415,), None),
    ("absurd type", CREATE, b'{"company_name":"A"}', {"Content-Type": "/;;;="}, (415,), None),
    ("multipart", CREATE, b"--x\r\nContent-Disposition: form-data", {"Content-Type": "multipart/form-data; boundary=x"}, (415,), None),
    ("UTF-16", CREATE, '{"company_name":"A"}'.encode("utf-16"), JSON, (400,), None),
    ("not UTF-8", CREATE, b'{"company_name":"\xff\xfe"}', JSON, (400, 422), None),
    ("overlong UTF-8", CREATE, b'{"company_name":"\xc0\xaf"}', JSON, (400, 422), None),
    ("lone surrogate", CREATE, rb'{"company_name":"\ud800"}', JSON, (400, 422), None),
    ("deep", CREATE, deep(100_000).encode(), JSON, (400, 422), None),
    ("deep in a field", CREATE, ('{"company_name":' + deep(30_000, '{"a":', "}") + "}").encode(), JSON, (400, 422), None),
    ("deep in an unknown field", CREATE, ('{"x":' + deep(60_000) + "}").encode(), JSON, (400, 422), None),
    ("an array", CREATE, b"[]", JSON, (422,), ""),
    ("a number", CREATE, b"5", JSON, (422,), ""),
    ("null", CREATE, b"null", JSON, (422,), ""),
    ("NaN", CREATE, b'{"company_name":"A","limits":{"max_machines":NaN}}', JSON, (400,), None),
    ("Infinity", CREATE, b'{"company_name":"A","limits":{"max_machines":-Infinity}}', JSON, (400,), None),
    ("too large", CREATE, b'{"company_name":"' + b"x" * 300_000 + b'"}', JSON, (413,), None),
    ("a bomb", CREATE, gzip.compress(b'{"company_name":"' + b"x" * 50_000_000 + b'"}'), JSON | {"Content-Encoding": "gzip"}, (400, 413, 415), None),
    ("not gzip", CREATE, b'{"company_name":"A"}', JSON | {"Content-Encoding": "gzip"}, (400, 415), None),
    ("suspension in another form", f"{CREATE}/ACME/suspend", b"reason=x", {"Content-Type": "text/plain"}, (400, 415), None),
    # Usage.
    ("an event of another kind", "/ingest/events", b"<usage/>", {"Content-Type": "text/xml"}, (415,), None),
    ("no event", "/ingest/events", b"", EVENT, (400,), None),
    ("half an event", "/ingest/events", b'{"specversion":"1.0"', EVENT, (400,), None),
    ("no batch", "/ingest/events", b"{}", BATCH, (422,), ""),
    ("half a batch", "/ingest/events", b"[{", BATCH, (400,), None),
    ("10,001 events", "/ingest/events", b"[" + b",".join([b"{}"] * 10_001) + b"]", BATCH, (413, 422), None),
    ("17 MB", "/ingest/events", b"[" + b" " * 17_000_000 + b"]", BATCH, (413,), None),
    # Webhooks are read before anybody is known.
    ("a large webhook", "/webhooks/stripe/connect", b"{" + b" " * 2_000_000 + b"}", JSON | {"Stripe-Signature": "t=1,v1=" + "0" * 64}, (413, 422), None),
    ("a long sign-in", "/auth/sign-in", b'{"email":"a@b.example","password":"' + b"x" * 400_000 + b'"}', JSON, (413,), None),
]


@pytest.mark.parametrize("path, body, headers, statuses, pointer", [pytest.param(*case[1:], id=case[0]) for case in BODIES])
def test_bodies(here, path, body, headers, statuses, pointer):
    field(here.msp.send("POST", path, content=body, headers=headers), statuses, pointer)


def customer(**fields):
    return {"company_name": "A"} | fields


def plan(**fields):
    return {"code": "P2", "name": "P", "base_fee": {"amount_minor": 1, "currency": "USD"}} | fields


def component(**fields):
    return plan(components=[{"metric": "hosts", "name": "H", "price": {"model": "unit", "unit_price": "1"}} | fields])


def price(model="unit", **fields):
    terms = {"model": model} | ({"unit_price": "1"} if model == "unit" else {}) | fields
    return plan(components=[{"metric": "hosts", "name": "H", "price": terms}])


def tiers(*tiers, model="graduated"):
    return price(model, tiers=[{"from": start, "up_to": end, "unit_price": "1"} for start, end in tiers])


def preview(**fields):
    component = {"metric": "m", "name": "M", "unit": "m", "price": {"model": "dynamic"}}
    return {"currency": "USD", "plan": {"name": "P", "components": [component]}} | fields


def money(amount, currency="USD"):
    return plan(base_fee={"amount_minor": amount, "currency": currency})


FIELDS = [
    ("POST", CREATE, {}, "/company_name"),
    ("POST", CREATE, customer(company_name=None), "/company_name"),
    ("POST", CREATE, customer(company_name=5), "/company_name"),
    ("POST", CREATE, customer(company_name=["A"]), "/company_name"),
    ("POST", CREATE, customer(company_name=""), "/company_name"),
    ("POST", CREATE, customer(company_name=" \t\u00a0\u2003"), "/company_name"),
    ("POST", CREATE, customer(company_name=LONG), "/company_name"),
    ("POST", CREATE, customer(company_name="😀" * 201), "/company_name"),
    ("POST", CREATE, customer(company_name="A\r\nBcc: x@evil.example"), "/company_name"),
    ("POST", CREATE, customer(company_name="A\nB"), "/company_name"),
    ("POST", CREATE, customer(company_name="A\u0085B"), "/company_name"),
    ("POST", CREATE, customer(company_name="A\u2028B"), "/company_name"),
    ("POST", CREATE, customer(company_name="A\x1b[31m"), "/company_name"),
    ("POST", CREATE, customer(company_name=RTL), "/company_name"),
    ("POST", CREATE, customer(company_name="\ufeffA"), "/company_name"),
    ("POST", CREATE, customer(company_name="A\0B"), None),
    ("POST", CREATE, customer(code="acme"), "/code"),
    ("POST", CREATE, customer(code="ACME"), "/code"),
    ("POST", CREATE, customer(code="A" * 33), "/code"),
    ("POST", CREATE, customer(code="../.."), "/code"),
    ("POST", CREATE, customer(code="ÄÖ"), "/code"),
    ("POST", CREATE, customer(contact_email="nobody"), "/contact_email"),
    ("POST", CREATE, customer(contact_email="a@b.example\r\nBcc: c@d.example"), "/contact_email"),
    ("POST", CREATE, customer(contact_email="a@b.example, c@d.example"), "/contact_email"),
    ("POST", CREATE, customer(contact_email="<a@b.example>"), "/contact_email"),
    ("POST", CREATE, customer(contact_email="a" * 300 + "@b.example"), "/contact_email"),
    ("POST", CREATE, customer(contact_name="x" * 121), "/contact_name"),
    ("POST", CREATE, customer(phone="call me"), "/phone"),
    ("POST", CREATE, customer(address="A\0B"), None),
    ("POST", CREATE, customer(address="Street 1\n" * 100), "/address"),
    ("POST", CREATE, customer(notes="x" * 10_001), "/notes"),
    ("POST", CREATE, customer(notes="a\u202eb"), "/notes"),
    ("POST", CREATE, customer(tax_id="x" * 51), "/tax_id"),
    ("POST", CREATE, customer(status="suspended"), "/status"),
    ("POST", CREATE, customer(status="god"), "/status"),
    ("POST", CREATE, customer(status=1), "/status"),
    ("POST", CREATE, customer(trial_ends_on="tomorrow"), "/trial_ends_on"),
    ("POST", CREATE, customer(trial_ends_on="2025-02-30"), "/trial_ends_on"),
    ("POST", CREATE, customer(trial_ends_on="+262142-12-31"), "/trial_ends_on"),
    ("POST", CREATE, customer(trial_ends_on="-262142-01-01"), "/trial_ends_on"),
    ("POST", CREATE, customer(trial_ends_on=20251031), "/trial_ends_on"),
    ("POST", CREATE, customer(feature_flags={"A B": True}), "/feature_flags"),
    ("POST", CREATE, customer(feature_flags={"a": "yes"}), "/feature_flags/a"),
    ("POST", CREATE, customer(feature_flags={f"f{n}": True for n in range(101)}), "/feature_flags"),
    ("POST", CREATE, customer(feature_flags=[]), "/feature_flags"),
    ("POST", CREATE, customer(limits={"max_machines": -1}), "/limits/max_machines"),
    ("POST", CREATE, customer(limits={"max_machines": 2**31}), "/limits/max_machines"),
    ("POST", CREATE, customer(limits={"max_machines": 10**400}), None),
    ("POST", CREATE, customer(limits={"max_machines": 1.5}), "/limits/max_machines"),
    ("POST", CREATE, customer(limits={"max_machines": "5"}), "/limits/max_machines"),
    ("POST", CREATE, customer(limits={"machines": 5}), "/limits/machines"),
    ("POST", CREATE, customer(limits=5), "/limits"),
    # An array is no object, though its entries would fit.
    ("POST", CREATE, ["Listed", "LISTED"], ""),
    ("POST", CREATE, customer(limits=[5, 5, 5, 5]), "/limits"),
    ("POST", "/msp/metrics", ["listed", "L", "l"], ""),
    ("POST", "/msp/plans", plan(base_fee=[1, "USD"]), "/base_fee"),
    ("POST", "/msp/plans", plan(components=[["hosts", "H", "1"]]), "/components/0"),
    ("PATCH", "/msp/metrics/hosts", [None, None], ""),
    ("PUT", f"{CREATE}/ACME/limits", [1, 1, 1, 1], ""),
    ("POST", "/auth/sign-in", ["a@b.example", "x"], ""),
    ("POST", CREATE, customer(plan="NONE"), "/plan"),
    ("POST", CREATE, customer(plan=""), "/plan"),
    ("POST", CREATE, customer(plan=LONG), "/plan"),
    *[("POST", CREATE, customer(**{name: "x"}), f"/{name}") for name in NAMES if name not in ("status",)],
    ("PATCH", f"{CREATE}/ACME", {"company_name": RTL}, "/company_name"),
    ("PATCH", f"{CREATE}/ACME", {"notes": LONG + "x"}, "/notes"),
    ("PATCH", f"{CREATE}/ACME", {"trial_ends_on": "-262142-01-01"}, "/trial_ends_on"),
    ("PATCH", f"{CREATE}/ACME", {"code": "OTHER"}, "/code"),
    ("PATCH", f"{CREATE}/ACME", {"status": "active"}, "/status"),
    ("PATCH", f"{CREATE}/ACME", {"tenant_id": "x"}, "/tenant_id"),
    ("PUT", f"{CREATE}/ACME/limits", {"storage_gb": -1}, "/storage_gb"),
    ("PUT", f"{CREATE}/ACME/limits", {"storage_gb": 9 * 10**18}, "/storage_gb"),
    ("PUT", f"{CREATE}/ACME/limits", {"api_requests_per_minute": 0}, "/api_requests_per_minute"),
    ("PUT", f"{CREATE}/ACME/limits", {"tenant_id": 1}, "/tenant_id"),
    ("POST", f"{CREATE}/ACME/suspend", {"reason": "x" * 501}, "/reason"),
    ("POST", f"{CREATE}/ACME/suspend", {"reason": "a\r\nb"}, "/reason"),
    ("POST", f"{CREATE}/ACME/suspend", {"status": "x"}, "/status"),
    ("POST", f"{CREATE}/ACME/subscriptions", {"plan": "NONE"}, "/plan"),
    ("POST", f"{CREATE}/ACME/subscriptions", {"plan": "PLAN", "starts_on": "0000-00-00"}, "/starts_on"),
    ("POST", f"{CREATE}/FREE/subscriptions", {"plan": "PLAN", "starts_on": "+262142-12-31"}, "/starts_on"),
    ("POST", f"{CREATE}/ACME/subscriptions", {"plan": "PLAN", "price": 0}, "/price"),
    ("POST", f"{CREATE}/FREE/subscriptions", {"plan": "PLAN", "trial_days": 731}, "/trial_days"),
    ("POST", f"{CREATE}/FREE/subscriptions", {"plan": "PLAN", "trial_days": -1}, "/trial_days"),
    ("POST", f"{CREATE}/ACME/invitations", {"email": "a@b.example", "role": "msp_admin"}, "/role"),
    ("POST", "/msp/invitations", {"email": "a@b.example", "role": "platform_admin"}, "/role"),
    ("POST", "/msp/invitations", {"email": "a@b.example", "role": "customer_owner"}, "/role"),
    ("POST", "/msp/invitations", {"email": "a@b.example", "role": "god"}, "/role"),
    ("POST", "/msp/invitations", {"email": "a@b.example\r\nX: y", "role": "msp_admin"}, "/email"),
    ("POST", "/msp/invitations", {"email": "a@b.example", "role": "msp_operator", "tenant_id": "x"}, "/tenant_id"),
    ("POST", "/msp/invitations", {"email": "a@b.example", "role": "msp_operator", "only_customers": ["{foreign}"]}, "/only_customers"),
    ("POST", "/msp/invitations", {"email": "a@b.example", "role": "msp_operator", "only_customers": ["ACME"]}, "/only_customers/0"),
    ("POST", "/msp/invitations", {"email": "a@b.example", "role": "msp_admin", "only_customers": ["{customer}"]}, "/only_customers"),
    ("POST", "/msp/invitations", {"email": "a@b.example", "role": "msp_operator", "only_customers": ["{customer}"] * 501}, "/only_customers"),
    ("POST", "/msp/metrics", {"key": "Hosts", "name": "H", "unit": "h"}, "/key"),
    ("POST", "/msp/metrics", {"key": "hosts", "name": "H", "unit": "h"}, "/key"),
    ("POST", "/msp/metrics", {"key": "a\n", "name": "H", "unit": "h"}, "/key"),
    ("POST", "/msp/metrics", {"key": "new", "name": RTL, "unit": "h"}, "/name"),
    ("POST", "/msp/metrics", {"key": "new", "name": "H", "unit": "x" * 31}, "/unit"),
    ("POST", "/msp/metrics", {"key": "new", "name": "H", "unit": "h", "counts_as": "money"}, "/counts_as"),
    ("POST", "/msp/plans", plan(code="PLAN"), "/code"),
    ("POST", "/msp/plans", plan(name=LONG), "/name"),
    ("POST", "/msp/plans", plan(total=5), "/total"),
    ("POST", "/msp/plans", plan(base_fee=5), "/base_fee"),
    ("POST", "/msp/plans", plan(base_fee={"amount_minor": 1}), "/base_fee/currency"),
    ("POST", "/msp/plans", money(-1), "/base_fee/amount_minor"),
    ("POST", "/msp/plans", money(0.5), "/base_fee/amount_minor"),
    ("POST", "/msp/plans", money("100"), "/base_fee/amount_minor"),
    ("POST", "/msp/plans", money(2**63), "/base_fee/amount_minor"),
    ("POST", "/msp/plans", money(2**63 - 1), "/base_fee/amount_minor"),
    ("POST", "/msp/plans", money(10**300), None),
    ("POST", "/msp/plans", money(1, "usd"), "/base_fee/currency"),
    ("POST", "/msp/plans", money(1, "DOGE"), "/base_fee/currency"),
    ("POST", "/msp/plans", money(1, None), "/base_fee/currency"),
    ("POST", "/msp/plans", component(metric="none"), "/components/0/metric"),
    ("POST", "/msp/plans", price(unit_price=1), "/components/0/price/unit_price"),
    ("POST", "/msp/plans", price(unit_price="-1"), "/components/0/price/unit_price"),
    ("POST", "/msp/plans", price(unit_price="NaN"), "/components/0/price/unit_price"),
    ("POST", "/msp/plans", price(unit_price="1e5"), "/components/0/price/unit_price"),
    ("POST", "/msp/plans", price(unit_price="1,5"), "/components/0/price/unit_price"),
    ("POST", "/msp/plans", price(unit_price="٣"), "/components/0/price/unit_price"),
    ("POST", "/msp/plans", price(unit_price="9" * 400), "/components/0/price/unit_price"),
    ("POST", "/msp/plans", price(unit_price="0.0000000001"), "/components/0/price/unit_price"),
    ("POST", "/msp/plans", price(included="-0.1"), "/components/0/price/included"),
    ("POST", "/msp/plans", price(included="99999999999"), "/components/0/price/included"),
    ("POST", "/msp/plans", plan(components=[{"metric": "hosts", "name": "H", "price": {"model": "unit", "unit_price": "1"}}] * 2), "/components/1/metric"),
    ("POST", "/msp/plans", plan(components=[{"metric": "hosts", "name": "H", "price": {"model": "unit", "unit_price": "1"}}] * 51), "/components"),
    ("POST", "/msp/plans", plan(components=5), "/components"),
    ("POST", "/msp/plans", component(unit_price="1"), "/components/0/unit_price"),
    ("POST", "/msp/plans", price("steps"), "/components/0/price/model"),
    ("POST", "/msp/plans", price(model=None), "/components/0/price/model"),
    ("POST", "/msp/plans", price("flat"), "/components/0/price/amount"),
    ("POST", "/msp/plans", price("flat", amount="1", included="1"), "/components/0/price/included"),
    ("POST", "/msp/plans", price("package", amount="1", size="0"), "/components/0/price/size"),
    ("POST", "/msp/plans", price("percentage"), "/components/0/price/rate"),
    ("POST", "/msp/plans", price("percentage", rate="100.1"), "/components/0/price/rate"),
    ("POST", "/msp/plans", price("percentage", rate="1", free_transactions=-1), "/components/0/price/free_transactions"),
    ("POST", "/msp/plans", price("percentage", rate="1", minimum_fee="2", maximum_fee="1"), "/components/0/price/minimum_fee"),
    ("POST", "/msp/plans", price("dynamic", unit_price="1"), "/components/0/price/unit_price"),
    ("POST", "/msp/plans", price("graduated"), "/components/0/price/tiers"),
    ("POST", "/msp/plans", tiers(("1", None)), "/components/0/price/tiers/0/from"),
    ("POST", "/msp/plans", tiers(("0", "10"), ("11", None)), "/components/0/price/tiers/1/from"),
    ("POST", "/msp/plans", tiers(("0", "10"), ("9.999999999", None)), "/components/0/price/tiers/1/from"),
    ("POST", "/msp/plans", tiers(("0", "10"), ("10", "10"), ("10", None)), "/components/0/price/tiers/1/up_to"),
    ("POST", "/msp/plans", tiers(("0", None), ("10", None)), "/components/0/price/tiers/0/up_to"),
    ("POST", "/msp/plans", tiers(("0", "10")), "/components/0/price/tiers/0/up_to"),
    ("POST", "/msp/plans", tiers(("0", None), model="graduated_percentage"), "/components/0/price/tiers/0/unit_price"),
    ("POST", "/msp/plans", price(aggregation={"function": "median"}), "/components/0/price/aggregation/function"),
    ("POST", "/msp/plans", price(aggregation={"function": "unique_count"}), "/components/0/price/aggregation/property"),
    ("POST", "/msp/plans", price(aggregation={"function": "time_weighted_sum", "readings": "levels"}), "/components/0/price/aggregation/per"),
    ("POST", "/msp/plans", price("percentage", rate="1", aggregation={"function": "max"}), "/components/0/price/aggregation/function"),
    ("POST", "/msp/plans", price(filters=[{"property": "os", "values": []}]), "/components/0/price/filters/0/values"),
    ("POST", "/msp/plans", price(group_by=["vault", "vault"]), "/components/0/price/group_by/1"),
    ("POST", "/msp/plans", price(quantity_rounding={"mode": "up", "decimals": 10}), "/components/0/price/quantity_rounding/decimals"),
    ("POST", "/msp/plans", price(discounts=[{"name": "D"}]), "/components/0/price/discounts/0"),
    ("POST", "/msp/plans", price(discounts=[{"name": "D", "percent": "5", "amount": "5"}]), "/components/0/price/discounts/0"),
    ("POST", "/msp/plans", price(discounts=[{"name": "D", "percent": "100.000000001"}]), "/components/0/price/discounts/0/percent"),
    ("POST", "/msp/plans", price(discounts=[{"name": "", "percent": "5"}]), "/components/0/price/discounts/0/name"),
    ("POST", "/msp/plans", price(minimum="2", maximum="1"), "/components/0/price/minimum"),
    ("POST", "/msp/plans", plan(minimum="2", maximum="1"), "/minimum"),
    ("POST", "/msp/plans", plan(discounts=[{"name": "D", "percent": "-1"}]), "/discounts/0/percent"),
    ("POST", "/msp/pricing/preview", {}, "/plan"),
    ("POST", "/msp/pricing/preview", preview(plan_id="BASIC"), "/plan"),
    ("POST", "/msp/pricing/preview", {"plan_id": "NOSUCH"}, "/plan_id"),
    ("POST", "/msp/pricing/preview", {"plan_id": "PLAN", "currency": "JPY"}, "/currency"),
    ("POST", "/msp/pricing/preview", preview(currency=None), "/currency"),
    ("POST", "/msp/pricing/preview", preview(time_zone="Mars/Olympus"), "/time_zone"),
    ("POST", "/msp/pricing/preview", preview(period={"start": "2026-02-01", "end": "2026-02-01"}), "/period/end"),
    ("POST", "/msp/pricing/preview", preview(period={"start": "1999-02-01", "end": "2026-02-01"}), "/period"),
    ("POST", "/msp/pricing/preview", preview(period={"start": "2026-02-01", "end": "2028-02-01"}), "/period"),
    ("POST", "/msp/pricing/preview", preview(period={"start": "2026-02-01", "end": "2026-03-01"},
                                             service={"start": "2026-02-01", "end": "2026-03-02"}), "/service"),
    ("POST", "/msp/pricing/preview", preview(usage=[{"metric": "m"}]), "/usage/0"),
    ("POST", "/msp/pricing/preview", preview(usage=[{"metric": "m", "quantity": "1"}]), "/usage/0/quantity"),
    ("POST", "/msp/pricing/preview", preview(usage=[{"metric": "m", "events": [{"at": "2026-02-01T00:00:00Z"}]}]), "/usage/0/events/0/amount"),
    ("POST", "/msp/pricing/preview", preview(usage=[{"metric": "m", "events": [{"at": "yesterday", "amount": "1"}]}]), "/usage/0/events/0/at"),
    ("POST", "/msp/pricing/preview", preview(usage=[{"metric": "x", "quantity": "1"}] * 2), "/usage/1/metric"),
    ("POST", "/msp/pricing/preview", preview(overrides=[{"metric": "x", "price": {"model": "dynamic"}}]), "/overrides/0/metric"),
    ("POST", "/msp/pricing/preview", preview(coupons=[{"name": "C", "percent": "-1"}]), "/coupons/0/percent"),
    ("PUT", "/msp/plans/PLAN", {"name": "P", "base_fee": {"amount_minor": 1, "currency": "EUR"}}, "/base_fee/currency"),
    ("POST", "/msp/api-keys", {"name": "k", "scopes": ["everything"]}, "/scopes/0"),
    ("POST", "/msp/api-keys", {"name": "k", "scopes": "usage:write"}, "/scopes"),
    ("POST", "/msp/api-keys", {"name": "k", "scopes": ["msps:write"]}, "/scopes"),
    ("POST", "/msp/api-keys", {"name": "k", "scopes": ["usage:write"] * 101}, "/scopes"),
    ("POST", "/msp/api-keys", {"name": RTL, "scopes": ["usage:write"]}, "/name"),
    ("POST", "/msp/api-keys", {"name": "k", "scopes": ["usage:write"], "requests_per_minute": 0}, "/requests_per_minute"),
    ("POST", "/msp/api-keys", {"name": "k", "scopes": ["usage:write"], "requests_per_minute": 2**40}, "/requests_per_minute"),
    ("POST", "/msp/api-keys", {"name": "k", "scopes": ["usage:write"], "expires_at": "soon"}, "/expires_at"),
    ("POST", "/msp/api-keys", {"name": "k", "scopes": ["usage:write"], "expires_at": "2001-01-01T00:00:00Z"}, "/expires_at"),
    ("POST", "/msp/api-keys", {"name": "k", "scopes": ["usage:write"], "expires_at": "-262142-01-01T00:00:00Z"}, "/expires_at"),
    ("POST", "/msp/api-keys", {"name": "k", "scopes": ["usage:write"], "only_customers": ["{foreign}"]}, "/only_customers"),
    ("POST", "/msp/api-keys", {"name": "k", "scopes": ["usage:write"], "secret": "x"}, "/secret"),
    ("POST", "/msp/invoices", {"customer": "ACME", "period": "2025-13"}, "/period"),
    ("POST", "/msp/invoices", {"customer": "ACME", "period": "0000-01"}, "/period"),
    ("POST", "/msp/invoices", {"customer": "ACME", "period": "99999-01"}, "/period"),
    ("POST", "/msp/invoices", {"customer": "ACME", "period": "2025-1"}, "/period"),
    ("POST", "/msp/invoices", {"customer": "ACME", "period": 2025}, "/period"),
    ("POST", "/msp/invoices", {"customer": "{foreign}", "period": "2025-10"}, "/customer"),
    ("POST", "/msp/invoices", {"customer": "", "period": "2025-10"}, "/customer"),
    ("POST", "/msp/invoices", {"customer": LONG, "period": "2025-10"}, "/customer"),
    ("POST", "/msp/invoices", {"customer": "ACME", "period": "2025-10", "total": 0}, "/total"),
    ("POST", "/msp/invoice-runs", {"period": "x"}, "/period"),
    ("POST", "/msp/payment-setup/connect", {"email": "nobody", "country": "DE"}, "/email"),
    ("POST", "/msp/payment-setup/connect", {"email": "a@b.example", "country": "de"}, "/country"),
    ("POST", "/msp/payment-setup/connect", {"email": "a@b.example", "country": "Ä"}, "/country"),
    ("PATCH", "/auth/me", {"name": RTL}, "/name"),
    ("PATCH", "/auth/me", {"name": "A", "role": "platform_admin"}, "/role"),
    ("PATCH", "/auth/me", {"name": "A", "email": "x@y.example"}, "/email"),
    ("POST", "/auth/sign-in", {"email": "a@b.example"}, "/password"),
    ("POST", "/auth/sign-in", {"email": 5, "password": "x"}, "/email"),
    ("POST", "/auth/sign-in", {"email": "a@b.example", "password": "x", "tenant_id": "x"}, "/tenant_id"),
    ("POST", "/auth/sign-in", {"email": "a@b.example", "password": "x", "role": "msp_admin"}, "/role"),
    ("POST", "/auth/switch-tenant", {"tenant_id": "../"}, "/tenant_id"),
    ("POST", "/auth/change-password", {"current_password": "x", "new_password": "short"}, None),
    ("POST", "/auth/password-reset", {"email": "nobody"}, "/email"),
    ("POST", "/auth/password-reset/confirm", {"token": "x", "new_password": 5}, "/new_password"),
]
BRAND = {"display_name": "Alpha", "primary_color": "#112233", "accent_color": "#445566"}
FIELDS += [("PUT", "/msp/brand", BRAND | change, pointer) for change, pointer in [
    ({"display_name": ""}, "/display_name"), ({"display_name": "A\r\nB"}, "/display_name"),
    ({"mail_from_name": "A\r\nBcc: x@y.example"}, "/mail_from_name"), ({"mail_reply_to": "a@b.example\nX: y"}, "/mail_reply_to"),
    ({"primary_color": "red"}, "/primary_color"), ({"primary_color": "#12345"}, "/primary_color"),
    ({"accent_color": "#11223g"}, "/accent_color"), ({"accent_color": "url(javascript:1)"}, "/accent_color"),
    ({"support_url": "javascript:alert(1)"}, "/support_url"), ({"support_url": "http://a.example"}, "/support_url"),
    ({"support_url": "https://a.example/\"><script>"}, "/support_url"), ({"support_email": "x"}, "/support_email"),
    ({"hosts": ["a b"]}, "/hosts/0"), ({"hosts": ["ok.example", "http://x.example"]}, "/hosts/1"),
    ({"hosts": [f"h{n}.example" for n in range(21)]}, "/hosts"), ({"hosts": "x.example"}, "/hosts"),
    ({"invoice_footer": "x" * 1001}, "/invoice_footer"), ({"login_message": RTL}, "/login_message"),
    ({"tenant_id": "x"}, "/tenant_id"), ({"logo_url": "x"}, "/logo_url"),
]]


def named(value, names):
    """A body with the ids of this run in place of their names."""
    text = json.dumps(value)
    for name, real in names.items():
        text = text.replace("{" + name + "}", real)
    return text.encode()


def label(case):
    method, path, body, pointer = case
    return f"{method} {path} {pointer} {json.dumps(body)[:60]}"


def test_fields(here):
    """One after the other in one test: they are many, and quick."""
    wrong = []
    for case in FIELDS:
        method, path, body, pointer = case
        answer = here.msp.send(method, path, content=named(body, here.names), headers=JSON)
        try:
            # A wrong password is no wrong field; a number that no reader holds is none of JSON's.
            field(answer, (422,) if pointer is not None else (400, 401, 422), pointer)
        except AssertionError as error:
            wrong.append(f"{label(case)}\n    {str(error).splitlines()[0][:400]}")
    assert not wrong, f"{len(wrong)} of {len(FIELDS)}:\n" + "\n".join(wrong)


QUERIES = [
    ("/msp/customers?limit=0", "limit"), ("/msp/customers?limit=201", "limit"), ("/msp/customers?limit=-1", "limit"),
    ("/msp/customers?limit=1e1", "limit"), ("/msp/customers?limit=" + "9" * 50, "limit"), ("/msp/customers?limit=", "limit"),
    ("/msp/customers?limit=1&limit=2", "limit"), ("/msp/customers?status=gone", "status"), ("/msp/customers?tenant_id=x", "tenant_id"),
    ("/msp/customers?q=" + "x" * 201, "q"), ("/msp/customers?q=a%0d%0ab", "q"), ("/msp/customers?q=%e2%80%ae", "q"),
    ("/msp/customers?q=a%00b", None), ("/msp/customers?q=" + "x" * 10_000, None), ("/msp/customers?" + "&".join(f"a{n}=1" for n in range(2000)), None),
    ("/msp/plans?status=x", "status"), ("/msp/subscriptions?status=x", "status"), ("/msp/subscriptions?plan=" + "x" * 300, None),
    ("/msp/invoices?period=2025-00", "period"), ("/msp/invoices?period=%32%30", "period"), ("/msp/invoices?overdue=maybe", "overdue"),
    ("/msp/invoices?customer=NONE", "customer"), ("/msp/invoices?customer={foreign}", "customer"), ("/msp/invoices?customer=%00", None),
    ("/msp/invoices?status=gone", "status"), ("/msp/invoice-runs/preview?period=2025", "period"), ("/msp/plans/PLAN/migration?effective_on=x", "effective_on"), ("/msp/customers/ACME/usage?period=2025-10-01", "period"),
    ("/msp/customers/ACME/usage?period=1999-12", "period"), ("/msp/customers/ACME/usage?period=2200-01", "period"),
    ("/msp/events?from=yesterday", "from"), ("/msp/events?customer_id=ACME", "customer_id"),
    ("/msp/events?actor=%00", None), ("/msp/events?limit=1000", "limit"),
]


def test_queries(here):
    wrong = []
    for query, pointer in QUERIES:
        answer = here.msp.send("GET", query.replace("{foreign}", here.foreign["id"]))
        try:
            field(answer, (400, 414, 422, 431), pointer)
        except AssertionError as error:
            wrong.append(f"{query[:80]}\n    {str(error)[:400]}")
    assert not wrong, "\n".join(wrong)


HARMLESS = [
    "/msp/customers?q=%25", "/msp/customers?q=_%5c'%22%3b--", "/msp/customers?q=%ff%fe", "/msp/customers?q=%f0%9f%98%80",
    "/msp/customers?q=", "/msp/customers?", "/msp/events?type=" + "'%20or%201=1", "/msp/events?type=.", "/msp/events?subject=%25",
    "/msp/events?from=%2B262142-12-31T23:59:59Z", "/msp/events?from=-262142-01-01T00:00:00Z", "/msp/events?until=-262142-01-01T00:00:00Z",
    "/msp/events?until=9999-12-31T23:59:60Z",
]


@pytest.mark.parametrize("query", HARMLESS)
def test_queries_that_may_be_answered(here, query):
    """Odd, but not wrong in form: answered or refused, never a failure, and nobody else's rows."""
    answer = here.msp.send("GET", query)
    assert answer.status_code in (200, 400, 422), answer.text
    assert here.foreign["id"] not in answer.text


def test_cursors(here):
    lists = [f"/msp/{name}" for name in LISTS] + ["/msp/events", "/msp/customers/ACME/users"]
    api, names = here.msp, []
    far = ["+262142-12-31T23:59:59Z", "-262142-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
    identifiers = ["00000000-0000-0000-0000-000000000000", here.customer["id"], here.foreign["id"], "cus_", "x", "\0", None, 5, -1, 2**63, 2**64, 1e300]
    made = [cursor(*keys) for keys in [
        (), (1,), (2**63,), (-1,), (2**31,), ("\0",), ("a\0b", here.customer["id"]), ("a", "b", "c"), ([[]],), ({},), (None,), (None, None),
        *[(one, other) for one in far for other in identifiers], *[(one, other) for one in ("", "zzz", "\0") for other in identifiers],
        *[(one,) for one in far], *[(one, two, three) for one in far for two in ("", 0, "\0") for three in identifiers[:3]],
        ("-262142-01-01", here.customer["id"]), ("+262142-12-31", here.customer["id"]),
    ]]
    made += [base64.urlsafe_b64encode(text).decode().rstrip("=") for text in
             (b"null", b"5", b"-1", b"9223372036854775807", b"9223372036854775808", b'"\\u0000"', b"{}", b'"x"', deep(500).encode(), b"\xff")]
    made += ["", "x", "=", "AAAA", "😀", "%00", "../../etc", "A" * 3000, "null", "W10"]
    for path in lists:
        for text in made:
            answer = api.send("GET", path, params={"cursor": text})
            # A cursor is no secret: one that reads as a place in the list leads there.
            if answer.status_code not in (200, 400, 422) or here.foreign["id"] in answer.text:
                names.append(f"{path} cursor={text[:60]} {base64.urlsafe_b64decode(text + '==')[:60] if text.isalnum() else ''}: "
                             f"{answer.status_code} {answer.text[:200]}")
            elif answer.status_code != 200:
                problem(answer, 400, 422)
    assert not names, f"{len(names)}:\n" + "\n".join(names[:60])


def test_ids(here):
    api = here.msp
    texts = ["%00", "%ff", "a%2fb", "..%2f..", "%2e%2e", "😀", "x" * 199, "x" * 300, "x" * 5000, "' or 1=1", "cus_", "null", "0", "-1",
             "cus_" + "z" * 26, here.foreign["id"], "FOREIGN", "acme", "ACME%20", "%20"]
    paths = ["/msp/customers/{}", "/msp/customers/{}/limits", "/msp/customers/{}/usage", "/msp/customers/{}/users", "/msp/plans/{}",
             "/msp/invoices/{}", "/msp/invoices/{}/pdf", "/msp/users/{}", "/msp/subscriptions/{}", "/auth/nothing/{}"]
    for path in paths:
        for text in texts:
            problem(api.send("GET", path.format(text)), 404, 414)
    for method, path in [("DELETE", "/msp/invitations/{}"), ("DELETE", "/msp/api-keys/{}"), ("DELETE", "/msp/users/{}"), ("DELETE", "/msp/invoices/{}"),
                         ("DELETE", "/auth/sessions/{}"), ("POST", "/msp/customers/{}/suspend"), ("POST", "/msp/customers/{}/close"),
                         ("POST", "/msp/invoices/{}/finalize"), ("POST", "/msp/invoices/{}/send"), ("POST", "/msp/invoices/{}/pay-link"),
                         ("POST", "/msp/plans/{}/archive"), ("POST", "/msp/subscriptions/{}/cancel")]:
        for text in texts:
            problem(api.send(method, path.format(text)), 404, 414)


def test_if_match(here):
    for tag in ["", "x", '"', '""', '"-1"', '"999999999999999999999"', '"1", "2"', "W/", 'W/"x"', '"1e0"', "٣".encode(), b"\xff", '"' + "1" * 5000 + '"',
                '"2147483648"', '"999"']:
        answer = here.msp.send("PATCH", "/msp/customers/ACME", json={"notes": "x"}, headers={"If-Match": tag})
        problem(answer, 400, 412, 422, 431)


def test_idempotency_keys(here):
    for key in ["", "x" * 256, "ä".encode(), b"\xff\xfe", "x" * 5000]:
        answer = here.msp.send("POST", "/msp/customers", json=customer(company_name="Nobody"), headers={"Idempotency-Key": key})
        assert problem(answer, 422)["errors"][0]["pointer"] == "Idempotency-Key", key


@pytest.mark.stores
def test_an_idempotency_key_belongs_to_one_request(here):
    key = {"Idempotency-Key": f"key-{uuid.uuid4()}"}
    first = here.msp.send("POST", "/msp/customers", 201, json=customer(company_name="Once"), headers=key)
    again = here.msp.send("POST", "/msp/customers", 201, json=customer(company_name="Once"), headers=key)
    assert again.json() == first.json() and again.headers["etag"] == first.headers["etag"]
    other = here.msp.send("POST", "/msp/customers", json=customer(company_name="Twice"), headers=key)
    assert problem(other, 422)["errors"][0]["pointer"] == "Idempotency-Key"
    elsewhere = here.msp.send("POST", "/msp/metrics", json={"key": "k", "name": "K", "unit": "k"}, headers=key)
    assert problem(elsewhere, 422)["errors"][0]["pointer"] == "Idempotency-Key"
    # The same key of somebody else is another key.
    assert here.other.send("POST", "/msp/customers", 201, json=customer(company_name="Once"), headers=key).json()["id"] != first.json()["id"]
    assert len([c for c in here.msp.items("/msp/customers") if c["company_name"] in ("Once", "Twice")]) == 1


def test_tokens(here):
    token = here.msp.token
    head, body, sign = token.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    hs256 = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
    padded = base64.urlsafe_b64decode(body + "==")
    other = base64.urlsafe_b64encode(padded.replace(b"ten_", b"ten_0", 1)).decode().rstrip("=")
    for value in [None, "", "Bearer", "Basic YTpi", f"Bearer {token}x", f"Bearer {head}.{body}.", f"Bearer {none}.{body}.", f"Bearer {none}.{body}.{sign}",
                  f"Bearer {hs256}.{body}.{sign}", f"Bearer {head}.{other}.{sign}", f"Bearer {here.msp.tokens['refresh_token']}", "Bearer bwk_x", "Bearer " + "x" * 7000,
                  "Bearer ..", b"Bearer \xff\xff", f"Bearer {token} {token}", token]:
        headers = {} if value is None else {"Authorization": value}
        answer = Api(here.server.url).send("GET", "/auth/me", headers=headers)
        problem(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_request_ids(here):
    for text in ["x", "x" * 65, "a b c d e f", "a\"bcdefgh", b"\xff" * 10, "<script>alert(1)</script>"]:
        answer = here.msp.send("GET", "/auth/me", 200, headers={"X-Request-Id": text})
        assert answer.headers["x-request-id"] != text and len(answer.headers["x-request-id"]) == 24


def event(**change):
    return {"specversion": "1.0", "id": uuid.uuid4().hex, "source": "bad", "type": "hosts", "subject": "ACME", "data": {"quantity": "1"}} | change


def raw(text):
    """An event whose data is this text."""
    return json.dumps(event(data="{}")).replace('"{}"', text)


EVENTS = [
    (event(specversion="0.3"), "/specversion"), (event(specversion=1.0), "/specversion"), (event(id=""), "/id"), (event(id=None), "/id"), (event(id=5), "/id"),
    (event(id="x" * 201), "/id"), (event(id="a\0b"), "/id"), (event(id="a\nb"), "/id"), (event(source=""), "/source"), (event(source=["x"]), "/source"),
    (event(source="x" * 201), "/source"), (event(type="none"), "/type"), (event(type="HOSTS"), "/type"), (event(type="x" * 65), "/type"),
    (event(subject="NONE"), "/subject"), (event(subject="FOREIGN"), "/subject"), (event(subject="{foreign}"), "/subject"), (event(subject=None), "/subject"),
    (event(subject="cus_"), "/subject"), (event(subject="x" * 65), "/subject"), (event(time="yesterday"), "/time"), (event(time=5), "/time"),
    (event(time="2025-02-30T00:00:00Z"), "/time"), (event(time="2025-10-01"), "/time"), (event(time="+262142-01-01T00:00:00Z"), "/time"),
    (event(time="-262142-01-01T00:00:00Z"), "/time"), (event(time="1999-12-31T23:59:59Z"), "/time"), (event(time="2199-01-01T00:00:00Z"), "/time"),
    (event(time="0000-01-01T00:00:00Z"), "/time"), (event(datacontenttype="text/plain"), "/datacontenttype"), (event(data_base64="AAAA"), "/data_base64"),
    (event(data="1"), "/data"), (event(data=[1]), "/data"), (event(data=5), "/data"), (event(data={"quantity": "-1"}), "/data/quantity"),
    (event(data={"quantity": -0.5}), "/data/quantity"), (event(data={"quantity": "NaN"}), "/data/quantity"), (event(data={"quantity": "Infinity"}), "/data/quantity"),
    (event(data={"quantity": True}), "/data/quantity"), (event(data={"quantity": []}), "/data/quantity"), (event(data={"quantity": {}}), "/data/quantity"),
    (event(data={"quantity": "1 000"}), "/data/quantity"), (event(data={"quantity": "1,5"}), "/data/quantity"), (event(data={"quantity": "0x10"}), "/data/quantity"),
    (event(data={"quantity": "10000000000.1"}), "/data/quantity"), (event(data={"quantity": "1e11"}), "/data/quantity"), (event(data={"quantity": 1e300}), "/data/quantity"),
    (event(data={"quantity": "0.0000000001"}), "/data/quantity"), (event(data={"quantity": "1e-10"}), "/data/quantity"), (event(data={"quantity": "9" * 400}), "/data/quantity"),
    (event(data={"quantity": ""}), "/data/quantity"), (event(data={"quantity": "٣"}), "/data/quantity"), (event(data={"quantity": "1e"}), "/data/quantity"),
    (event(data={"quantity": "1", "note": "a\0b"}), "/data"), (event(data={"quantity": "1", "note": "x" * 20_000}), "/data"),
    (raw('{"quantity": 1e999999999}'), None), (raw('{"quantity": NaN}'), None), (raw('{"quantity": 1, "x": 1e999999}'), None),
    (raw('{"quantity": 1, "quantity": 2}'), "/data/quantity"), (raw('{"quantity": 1, "x": "\\ud800"}'), "/data"),
    (raw('{"quantity": 1, "x": ' + deep(7000) + "}"), None),
]


def test_events(here):
    """Alone they are refused; in a batch they are told by place, and the good ones around them would be kept."""
    wrong, texts, pointers = [], [], []
    for body, pointer in EVENTS:
        text = (body if isinstance(body, str) else json.dumps(body)).replace("{foreign}", here.foreign["id"])
        answer = here.msp.send("POST", "/ingest/events", content=text.encode(), headers=EVENT)
        try:
            field(answer, (400, 422), pointer)
        except AssertionError as error:
            wrong.append(f"{text[:160]} {pointer}\n    {str(error)[:400]}")
            continue
        if answer.status_code == 422:
            texts.append(text)
            pointers.append(pointer)
    assert not wrong, f"{len(wrong)} of {len(EVENTS)}:\n" + "\n".join(wrong)
    texts += ["5", "null", "[]", '"x"', "{}"]
    answer = here.msp.send("POST", "/ingest/events", 200, content=("[" + ",".join(texts) + "]").encode(), headers=BATCH).json()
    assert (answer["accepted"], answer["duplicates"]) == (0, 0)
    assert [one["index"] for one in answer["rejected"]] == list(range(len(texts)))
    for one, pointer in zip(answer["rejected"], pointers):
        assert one["code"] == "invalid" and pointer in [None, *[error["pointer"] for error in one["errors"]]], (one, texts[one["index"]][:200])


def test_binary_events(here):
    good = {"ce-specversion": "1.0", "ce-id": "x", "ce-source": "bad", "ce-type": "hosts", "ce-subject": "ACME", "content-type": "application/json"}
    for change, body, pointer in [
        ({"ce-specversion": "2"}, b'{"quantity":1}', "/specversion"), ({"ce-id": "%00"}, b'{"quantity":1}', "/id"), ({"ce-id": "%0d%0aX: y"}, b'{"quantity":1}', "/id"),
        ({"ce-id": b"\xff"}, b'{"quantity":1}', "/id"), ({"ce-id": ""}, b'{"quantity":1}', "/id"), ({"ce-subject": "FOREIGN"}, b'{"quantity":1}', "/subject"),
        ({"ce-time": "%00"}, b'{"quantity":1}', "/time"), ({"content-type": "text/plain"}, b"1", "/datacontenttype"), ({}, b"[]", "/data"), ({}, b"{", None),
        ({"ce-type": "none"}, b'{"quantity":1}', "/type"), ({}, b'{"quantity":-1}', "/data/quantity"), ({}, b"\xff", None),
    ]:
        field(here.msp.send("POST", "/ingest/events", content=body, headers=good | change), (400, 415, 422), pointer)


def talk(server, data):
    """Sends bytes as they are; gives the status and the body of the answer, or nothing where none came."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        received = b""
        try:
            while piece := connection.recv(65536):
                received += piece
        except OSError:
            pass
    if not received:
        return None, b""
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), head + b"\r\n\r\n" + body


def test_broken_http(here):
    """What is no HTTP is refused by the HTTP server itself, without a problem, or the connection is closed."""
    auth = f"Host: x\r\nAuthorization: Bearer {here.msp.token}\r\nContent-Type: application/json\r\n".encode()
    chunked = b"POST /api/v1/msp/customers HTTP/1.1\r\n" + auth + b"Transfer-Encoding: chunked\r\n\r\n"
    get = b"GET /api/v1/auth/me HTTP/1.1\r\n"
    for data in [
        b"\0\0\0\0", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        get + b"Host: a\r\nHost: b\r\nbad header\r\n\r\n", get + b"X: a\0b\r\n\r\n", get + b"X" * 200_000, get + b"A: b\r\n" * 5000 + b"\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /api/v1/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
        chunked + b"zz\r\nabc\r\n0\r\n\r\n", chunked + b"5\r\nab", chunked + b"fffffffffffffffff\r\nabc\r\n", chunked + b"-1\r\nabc\r\n0\r\n\r\n",
        chunked + b'14\r\n{"company_name":"A"}\r\nX\r\n',
        b"POST /api/v1/msp/customers HTTP/1.1\r\n" + auth + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
        b"POST /api/v1/msp/customers HTTP/1.1\r\n" + auth + b"Content-Length: -1\r\n\r\n{}",
        b"POST /api/v1/msp/customers HTTP/1.1\r\n" + auth + b"Content-Length: 99999999999999999999\r\n\r\n{}",
        b"POST /api/v1/msp/customers HTTP/1.1\r\n" + auth + b"Content-Length: 1000\r\n\r\n{\"company_name\":\"A\"}",
        b"POST /api/v1/msp/customers HTTP/1.1\r\n" + auth + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n14\r\n{\"company_name\":\"A\"}\r\n0\r\n\r\n",
    ]:
        status, answer = talk(here.server, data)
        assert status is None or 400 <= status < 500, (data[:120], answer[:300])
        assert here.msp.send("GET", "/auth/me").status_code == 200
    # Odd, but HTTP: an answer of the API.
    for host in (b"", b":", b"a:b:c", b"[::1]:80", b"x" * 300, b"a b", b"\xff", b"northwind.localhost:99999999"):
        status, answer = talk(here.server, b"GET /api/v1/brand HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")
        assert status in (200, 400), (host, answer[:300])
    status, answer = talk(here.server, chunked.replace(b"HTTP/1.1\r\n", b"HTTP/1.1\r\nConnection: close\r\n") + b"4a000\r\n" + b"x" * 0x4a000 + b"\r\n0\r\n\r\n")
    assert status == 413, answer[:300]


def test_methods_and_addresses(here):
    for method, path in [("TRACE", "/msp/customers"), ("PUT", "/msp/customers"), ("DELETE", "/msp/customers"), ("PATCH", "/msp/plans/PLAN"), ("FOO", "/msp/customers"),
                         ("GET", "/auth/sign-in"), ("DELETE", "/msp/customers/ACME")]:
        problem(here.msp.send(method, path), 404, 405)
    for path in ["/", "/api", "/api/v2/msp/customers", "/api/v1", "/api/v1/", "/api/v1//msp/customers", "/.git/config", "/api/v1/msp/customers/../../..", "/%2e%2e/etc/passwd",
                 "/docs/../../etc/passwd", "/demo/mail", "/demo/mail.json?to=x", "/demo/stripe/_simulator/deliveries"]:
        answer = here.msp.send("GET", here.server.url + path)
        assert answer.status_code == 404, (path, answer.status_code)
        problem(answer, 404)


@pytest.mark.stores
def test_strange_names_are_kept_as_they_are(here):
    """What a name may be it is everywhere: in JSON, in the list, in the search, in the event."""
    for name in ["<script>alert(1)</script>", "Robert'); DROP TABLE customers;--", "Müller & Söhne “GmbH”", "株式会社 🐟", "שלום עולם", "مرحبا", "{{7*7}} ${x} %s", "x" * 200,
                 "😀" * 200, "null", "Zalgo H̸̡̪̯ͨ͊̽̅̾̎", "A\u00adB", "\\u0000 \\n", "=cmd|' /C calc'!A0"]:
        made = here.msp.send("POST", "/msp/customers", json=customer(company_name=name))
        if made.status_code != 201:
            # Refused clearly is fine as well.
            field(made, (422,), None)
            continue
        assert made.json()["company_name"] == name
        assert here.msp.get(f"/msp/customers/{made.json()['code']}")["company_name"] == name
        found = here.msp.items("/msp/customers", q=name)
        assert made.json()["id"] in [one["id"] for one in found], name
    assert here.msp.get("/msp/events/check")["intact"] is True


@pytest.mark.stores
def test_the_address_of_a_caller_cannot_be_made_up(here):
    """Rates are limited by address: a header of the caller's own choice must not be one."""
    statuses = []
    for number in range(13):
        headers = {"X-Forwarded-For": f"203.0.113.{number}", "Forwarded": f"for=203.0.113.{number}"}
        answer = here.msp.send("PATCH", "/auth/me", 200, json={"name": f"Ada {number}"}, headers=headers)
        statuses.append(answer.status_code)
    addresses = {event["address"] for event in here.msp.items("/msp/events", limit=20)[:5]}
    assert not any(address and address.startswith("203.0.113.") for address in addresses), addresses
