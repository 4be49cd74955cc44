"""`st run` against a server with valid tokens: no 5xx, and no answer outside of the OpenAPI document."""

import base64
import collections
import datetime
import json
import os
import re
import struct
import subprocess
import sys
import time
import types
import zlib

import browser
import httpx
import pytest
import support
from support import wait_until

EXAMPLES = os.environ.get("BAILIWICK_TEST_EXAMPLES", "8")
HERE = support.ROOT / "e2e"

# These end the session whose token is in use; a run of its own with a session of its own tries them.
ENDS_THE_SESSION = ["sign_out", "switch_tenant", "end_session"]

# An answer that goes on until its caller leaves; a run of its own leaves after a second.
GOES_ON = "stream_events"

# Operations that answer with success only to what no generator can have.
NEVER_SUCCEEDS = {
    "change_password": "needs the password", "refresh_tokens": "needs a refresh token", "reset_password": "needs the token of a mail",
    "preview_invitation": "needs the token of a mail", "receive_stripe_platform_event": "needs the secret of the webhook",
    "receive_stripe_connect_event": "needs the secret of the webhook",
    "switch_tenant": "ends the session at once, so that most tries come too late", "end_session": "the same",
}


@pytest.fixture(scope="module")
def target():
    """A server with something of everything, and tokens of three kinds of people."""
    directory, mailbox, port = support.data_dir(), support.Mailbox(), support.free_port()
    simulators = support.Simulators(port)
    settings = mailbox.settings() | simulators.settings() | {"access_token_seconds": 7200, "log__format": "json"}
    server = support.Server(directory, port=port, **settings)
    try:
        email = support.admin_create(directory, **settings)
        server.start()
        admin = support.sign_in(server, email)
        msps = [admin.post("/platform/msps", {"name": n.title(), "slug": n, "admin_email": f"admin@{n}.example"}, 201) for n in ("alpha", "beta")]
        msp = support.accept(server, mailbox, "admin@alpha.example", "Ada")
        seeds, owner = fill(server, mailbox, simulators, admin, msp, msps[1])
        path = directory / "seeds.json"
        path.write_text(json.dumps(seeds))
        tokens = {"platform": admin.token, "msp": msp.token, "portal": owner.token}
        # Signed in now: later the tries of a generator will have used up what an address may try.
        tokens |= {operation: support.sign_in(server, "admin@alpha.example").token for operation in ENDS_THE_SESSION}
        yield types.SimpleNamespace(server=server, tokens=tokens, seeds=path)
        server.stop()
    finally:
        server.discard()
        simulators.stop()
        mailbox.stop()
        support.remove(directory)


def png(side=32):
    """A picture, all of one colour."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + b"\x20\x40\x80" * side) * side)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


PNG = png()


def fill_closed(api, path, period, issued):
    """Invoices that can be credited, paid, voided and written off, a credit note, and payments that can be refunded."""
    def invoice(name, number):
        customer = api.post("/msp/customers", {"company_name": name, "code": f"{name.upper()}-{number}", "plan": "PLAN"}, 201)
        made = api.post("/msp/invoices", {"customer": customer["code"], "period": period}, 201)
        return api.post(f"/msp/invoices/{made['id']}/finalize")["id"]

    for ending in ("void", "write-off", "credit-notes"):
        path[f"POST /api/v1/msp/invoices/{{invoice}}/{ending} invoice"] += [invoice(ending, number) for number in range(4)]
    path["POST /api/v1/msp/invoices/{invoice}/payments invoice"] += [invoice("paying", number) for number in range(4)]
    for number in range(4):
        # A dollar too much, which can be paid back.
        paid = invoice("paid", number)
        total = api.get(f"/msp/invoices/{paid}")["total"]["amount_minor"]
        transfer = {"reference": f"Wire {number}", "amount": {"amount_minor": total + 100, "currency": "USD"}}
        path["payment"].append(api.post(f"/msp/invoices/{paid}/payments", transfer, 201)["id"])
    line = api.get(f"/msp/invoices/{issued}")["lines"][0]["id"]
    credited = {"lines": [{"line_id": line, "amount": {"amount_minor": 100, "currency": "USD"}}], "reason": "An hour too much"}
    path["credit_note"].append(api.post(f"/msp/invoices/{issued}/credit-notes", credited, 201)["id"])


def fill_subscriptions(api, path):
    """Subscriptions that can be changed, and such that are on trial, about to change and about to end."""
    def subscription(name, number, **fields):
        code = api.post("/msp/customers", {"company_name": name, "code": f"{name.upper()}-{number}"}, 201)["code"]
        return code, api.post(f"/msp/customers/{code}/subscriptions", {"plan": "PLAN", **fields}, 201)["id"]

    for number in range(4):
        trial, leaving, changing = [subscription(name, number, **fields) for name, fields in
                                    [("trial", {"trial_days": 30}), ("leaving", {}), ("changing", {})]]
        path["subscription"].append(changing[1])
        path["POST /api/v1/msp/subscriptions/{subscription}/cancel/preview subscription"].append(changing[1])
        path["POST /api/v1/msp/subscriptions/{subscription}/trial subscription"].append(trial[1])
        api.post(f"/msp/subscriptions/{leaving[1]}/cancel", {"ends_on": "2030-01-01"})
        path["POST /api/v1/msp/subscriptions/{subscription}/reinstate subscription"].append(leaving[1])
        changed = api.post(f"/msp/subscriptions/{changing[1]}/changes", {"kind": "pause", "on": "2031-01-01"})
        path["change"] += [change["id"] for change in changed["changes"]]


def fill_payouts(api, simulators, path, period):
    """A payout that has a payment in it."""
    code = api.post("/msp/customers", {"company_name": "Card", "code": "CARD", "contact_email": "card@c.example", "plan": "PLAN"}, 201)["code"]
    browser.save(api.post(f"/msp/customers/{code}/payment-methods/link")["url"], "4242 4242 4242 4242")
    wait_until(lambda: api.get(f"/msp/customers/{code}/payment-methods")["items"], what="the saved card")
    invoice = api.post("/msp/invoices", {"customer": code, "period": period}, 201)["id"]
    api.post(f"/msp/invoices/{invoice}/finalize")
    wait_until(lambda: api.get(f"/msp/invoices/{invoice}")["status"] == "paid", what="the charge")
    account = api.get("/msp/payment-setup")["account"]
    simulators.control(f"accounts/{account}/pay_out", {"currency": "usd"})
    [payout] = wait_until(lambda: api.get("/msp/payments/payouts")["items"], what="the payout")
    path["payout"].append(payout["id"])


def customers_at_stripe(api, simulators):
    """Customers that the MSP has made at Stripe itself."""
    headers = {"Authorization": "Bearer sk_test_msp", "Stripe-Account": api.get("/msp/payment-setup")["account"]}
    made = [httpx.post(f"{simulators.url}/v1/customers", data={"name": "There"}, headers=headers) for _ in range(20)]
    return [one.json()["id"] for one in made]


def fill(server, mailbox, simulators, admin, msp, beta):
    """Makes something of everything; gives what hooks need to know, and the owner of a customer."""
    brand = {"display_name": "Alpha", "primary_color": "#112233", "accent_color": "#445566", "hosts": ["127.0.0.1"]}
    msp.put("/msp/brand", brand)
    url = msp.post("/msp/payment-setup/connect", {"email": "ops@alpha.example", "country": "DE"})["url"]
    browser.submit(url, browser.visit(url), button={"do": "complete"})
    wait_until(lambda: msp.get("/msp/payment-setup")["charges_enabled"], what="the account's webhook")
    seeds = {"path": collections.defaultdict(list), "body": {}, "whole": {}}
    path = seeds["path"]
    for api in (msp, admin):
        api.post("/msp/metrics", {"key": "hosts", "name": "Hosts", "unit": "host"}, 201)
        plan = api.post("/msp/plans", {"code": "PLAN", "name": "Plan", "base_fee": {"amount_minor": 4900, "currency": "USD"},
                                       "components": [{"metric": "hosts", "name": "Hosts", "price": {"model": "unit", "unit_price": "12.5"}}]}, 201)
        path["plan"] += ["PLAN", plan["id"]]
        for number in range(8):
            customer = api.post("/msp/customers", {"company_name": f"Customer {number}", "code": f"C-{number}", "contact_email": f"c{number}@c.example",
                                                   **({"plan": "PLAN"} if number % 2 == 0 else {})}, 201)
            path["customer"] += [customer["code"], customer["id"]]
        period = api.get("/msp/customers/C-0/usage")["period"]
        event = {"specversion": "1.0", "id": "1", "source": "s", "type": "hosts", "subject": "C-0", "data": {"quantity": 5}}
        api.post("/ingest/events", event, headers={"Content-Type": "application/cloudevents+json"})
        api.put("/msp/billing", {"payment_days": 14, "dunning": [{"days": 1, "action": "remind"}]})
        charge = {"description": "Setup", "unit_price": "95"}
        path["charge"] += [api.post(f"/msp/customers/C-{number}/one-off-charges", charge, 201)["id"] for number in (1, 3, 5)]
        granted = {"source": "promotional", "amount": {"amount_minor": 500, "currency": "USD"}, "description": "Welcome"}
        path["grant"] += [api.post(f"/msp/customers/C-{number}/credit/grants", granted, 201)["id"] for number in (1, 3, 5, 7)]
        drafts = [api.post("/msp/invoices", {"customer": f"C-{n}", "period": period}, 201)["id"] for n in (0, 2, 4)]
        for invoice in drafts[:2]:
            api.post(f"/msp/invoices/{invoice}/finalize")
            path["invoice"].append(invoice)
        fill_closed(api, path, period, drafts[0])
        path["POST /api/v1/portal/invoices/{invoice}/pay-link invoice"] += drafts[:1] if api is msp else []
        path["GET /api/v1/portal/credit-notes/{credit_note}/pdf credit_note"] += path["credit_note"] if api is msp else []
        path["POST /api/v1/portal/invoices/{invoice}/charge invoice"] += drafts[:1] if api is msp else []
        path["POST /api/v1/msp/invoices/{invoice}/charge invoice"] += drafts[1:2] if api is msp else []
        for verb in ("hold", "continue"):
            path[f"POST /api/v1/msp/invoices/{{invoice}}/dunning/{verb} invoice"].append(drafts[1])
        path["POST /api/v1/msp/invoices/{invoice}/finalize invoice"].append(drafts[2])
        # Drafts of past months, which a run for this one does not issue.
        year = int(period[:4]) - 1
        api.post("/msp/customers/C-1/subscriptions", {"plan": "PLAN", "starts_on": f"{year}-01-01"}, 201)
        path["DELETE /api/v1/msp/invoices/{invoice} invoice"] += [
            api.post("/msp/invoices", {"customer": "C-1", "period": f"{year}-{month:02}"}, 201)["id"] for month in range(1, 7)
        ]
        waiting = [api.post("/msp/invoices", {"customer": "C-1", "period": f"{year}-{month:02}"}, 201)["id"] for month in (7, 8)]
        for verb in ("hold", "release"):
            path[f"POST /api/v1/msp/invoices/{{invoice}}/{verb} invoice"] += waiting
        fill_subscriptions(api, path)
        api.send("PUT", "/msp/brand/logo", content=PNG, headers={"Content-Type": "image/png"})
        for number in range(4):
            invitation = api.post("/msp/invitations", {"email": f"i{number}@{api.get('/auth/me')['tenant_kind']}.example",
                                                       "role": "msp_operator" if api is msp else "platform_support"}, 201)
            path["invitation"].append(invitation["id"])
            path["key"].append(api.post("/msp/api-keys", {"name": f"k{number}", "scopes": ["usage:write"]}, 201)["key"]["id"])
    for number in range(3):
        email = f"staff{number}@alpha.example"
        msp.post("/msp/invitations", {"email": email, "role": "msp_operator"}, 201)
        support.accept(server, mailbox, email, f"Staff {number}")
    msp.post("/msp/customers/C-0/invitations", {"email": "owner@c.example", "role": "customer_owner"}, 201)
    owner = support.accept(server, mailbox, "owner@c.example", "Olga Owner")
    for number in range(3):
        email = f"viewer{number}@c.example"
        owner.post("/portal/invitations", {"email": email, "role": "customer_viewer"}, 201)
        if number:
            support.accept(server, mailbox, email, f"Viewer {number}")
    for number in range(3):
        made = owner.post("/portal/invitations", {"email": f"later{number}@c.example", "role": "customer_viewer"}, 201)
        path["DELETE /api/v1/portal/invitations/{invitation} invitation"].append(made["id"])
    # The first is the default, which is declined whenever it is charged: the invoice stays open, to be charged again.
    for number, card in enumerate(["4000 0000 0000 0341", *["4242 4242 4242 4242"] * 4]):
        browser.save(owner.post("/portal/payment-methods/link")["url"], card)
        wait_until(lambda: len(owner.get("/portal/payment-methods")["items"]) > number, what="the saved card")
    first, *others = [one["id"] for one in owner.get("/portal/payment-methods")["items"]]
    path["POST /api/v1/portal/payment-methods/{payment_method}/default payment_method"] = [first]
    path["DELETE /api/v1/portal/payment-methods/{payment_method} payment_method"] = others[:2]
    path["DELETE /api/v1/msp/payment-methods/{payment_method} payment_method"] = others[2:]
    # Of a customer whose people are not among those who try: theirs may be gone by then.
    browser.save(msp.post("/msp/customers/C-2/payment-methods/link")["url"], "4000 0000 0000 0341")
    [kept] = wait_until(lambda: msp.get("/msp/customers/C-2/payment-methods")["items"], what="the saved card")
    path["POST /api/v1/msp/payment-methods/{payment_method}/default payment_method"] = [kept["id"]]
    fill_payouts(msp, simulators, path, period)
    there = customers_at_stripe(msp, simulators)
    staff = [one["id"] for one in msp.items("/msp/users") if one["email"].startswith("staff")]
    # One to remove; the others stay, to be changed.
    path["DELETE /api/v1/msp/users/{member} member"], path["member"] = staff[:1], staff[1:]
    viewers = [one["id"] for one in owner.items("/portal/users") if one["email"].startswith("viewer")]
    path["DELETE /api/v1/portal/users/{member} member"] = viewers
    path["msp"] = [beta["id"]]
    # One to close; the clock of the other goes on.
    closed, kept = [msp.post("/msp/sandboxes", {"name": name}, 201)["id"] for name in ("Closed", "Kept")]
    path["DELETE /api/v1/msp/sandboxes/{sandbox} sandbox"], path["sandbox"] = [closed], [kept]
    path["PATCH /api/v1/msp/metrics/{key} key"] = ["hosts"]
    path["kind"] = ["logo", "favicon"]
    seeds["bytes"] = {"PUT /api/v1/msp/brand/{kind}": base64.b64encode(PNG).decode()}
    money = {"amount_minor": 100, "currency": "USD"}
    seeds["body"] = {
        "email": ["p#@x.example"], "contact_email": ["c#@x.example", None], "support_email": ["s@x.example", None], "mail_reply_to": [None],
        "period": [period], "lines": [None], "payment_method_id": [None], "customer": ["C-0", "C-6"], "plan": ["PLAN"], "only_customers": [None], "country": ["DE"], "code": ["N-#"],
        "limits": [{}, {"max_machines": 5}], "phone": [None, "+1 555 0100"], "feature_flags": [{}, {"beta": True}], "status": ["active", "trial"],
        "expires_at": [None], "scopes": [["usage:write"], ["customers:read", "usage:read"]], "requests_per_minute": [None, 100], "base_fee": [money],
        "reason": ["As agreed"], "components": [[{"metric": "hosts", "name": "Hosts", "price": {"model": "unit", "unit_price": "0.5", "included": "1"}}], []], "starts_on": [None], "ends_on": [None],
        "trial_ends_on": [None, "2030-01-31"], "primary_color": ["#112233"], "accent_color": ["#445566"], "support_url": [None, "https://x.example/"],
        "hosts": [["127.0.0.1"]], "time_zone": ["Europe/Berlin"], "currency": ["USD"], "billed_at": ["bailiwick"], "slug": ["m-#"], "admin_email": ["a#@m.example"], "invoice_prefix": [None],
    }
    seeds["whole"] = {
        "POST /api/v1/msp/sandboxes": [{"name": "S #"}],
        "POST /api/v1/msp/sandboxes/{sandbox}/advance": [{"to": (datetime.date.today() + datetime.timedelta(days=days)).isoformat()} for days in (2, 3, 4)],
        "PUT /api/v1/msp/billing": [{"payment_days": 14, "issue_day": None, "grace_days": 0, "dunning": [{"days": 1, "action": "remind"}]}, {"payment_days": 0}],
        "POST /api/v1/msp/customers/{customer}/one-off-charges": [{"description": "D #", "unit_price": "1.5"}],
        "POST /api/v1/msp/customers/{customer}/credit/grants": [{"source": "promotional", "amount": money, "description": "G #"}],
        "PUT /api/v1/msp/customers/{customer}/stripe-customer": [{"reference": reference} for reference in there],
        "POST /api/v1/msp/pricing/preview": [{"plan_id": "PLAN", "usage": [{"metric": "hosts", "quantity": "3"}]}],
        "POST /api/v1/msp/subscriptions/{subscription}/changes": [{"kind": "pause", "on": "2030-02-01"}, {"kind": "plan", "plan": "PLAN", "on": "2030-01-01"}],
        "POST /api/v1/msp/subscriptions/{subscription}/changes/preview": [{"kind": "pause", "on": "2030-02-01"}],
        "POST /api/v1/msp/subscriptions/{subscription}/cancel/preview": [{}, {"credit_unused": False}],
        "POST /api/v1/msp/plans/{plan}/migration": [{"effective_on": "2030-03-01"}],
        "POST /api/v1/msp/metrics": [{"key": "m#", "name": "M", "unit": "m"}],
        "POST /api/v1/msp/invitations": [{"email": "p#@x.example", "role": "msp_operator"}, {"email": "p#@x.example", "role": "platform_support"}],
        "POST /api/v1/msp/customers/{customer}/invitations": [{"email": "p#@x.example", "role": "customer_viewer"}],
        "POST /api/v1/portal/invitations": [{"email": "p#@x.example", "role": "customer_viewer"}],
        "POST /api/v1/msp/api-keys": [{"name": "k#", "scopes": ["usage:write"]}],
        "PUT /api/v1/msp/users/{member}": [{"role": "msp_operator"}, {"role": "msp_billing"}],
        "POST /api/v1/platform/msps": [{"name": "M #", "slug": "m-#", "admin_email": "a#@m.example"}],
        "PATCH /api/v1/platform/msps/{msp}": [{"name": "M #"}],
        "PATCH /api/v1/msp/metrics/{key}": [{"name": "M", "unit": "m"}, {"unit": "n"}],
        "POST /api/v1/ingest/events": [event | {"id": "#"}],
        "POST /api/v1/msp/payment-setup/connect": [{"email": "ops@x.example", "country": "DE"}],
    }
    return seeds, owner


def st(target, token, *arguments):
    """Runs `st run`; gives its output and whether it was content."""
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", HERE / "schemathesis.toml", "run", f"{target.server.url}/openapi.json",
        "--header", f"Authorization: Bearer {token}", "--max-examples", EXAMPLES,
        "--phases", "examples,coverage,fuzzing,stateful", "--seed", "20251031", "--continue-on-failure", "--no-shrink", "--suppress-health-check", "all",
        "--warnings", "off", "--no-color", "--output-truncate", "false", *arguments,
    ]
    environment = support.environment() | {"BAILIWICK_TEST_SEEDS": str(target.seeds), "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(HERE)}
    began = time.monotonic()
    done = subprocess.run(command, cwd=target.server.directory, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=600)
    summary = done.stdout[done.stdout.rfind(" SUMMARY ") :]
    counted = re.search(r"(\d+) generated", summary)
    print(f"{counted.group(0) if counted else 'nothing was tried'} in {time.monotonic() - began:.0f} s")
    assert counted and int(counted.group(1)) > 10, done.stdout[-4000:]
    return done.returncode == 0, done.stdout


def excluded():
    return [argument for operation in [*ENDS_THE_SESSION, GOES_ON] for argument in ("--exclude-operation-id", operation)]


@pytest.mark.parametrize("operation", ENDS_THE_SESSION)
def test_what_ends_the_session(target, operation):
    good, output = st(target, target.tokens[operation], "--include-operation-id", operation, "--request-timeout", "30")
    assert good, output[-30_000:]


def test_what_goes_on(target):
    good, output = st(target, target.tokens["msp"], "--include-operation-id", GOES_ON, "--request-timeout", "1")
    assert good, output[-30_000:]


# In this order: the MSP may shut the customer out, the platform the MSP.
@pytest.mark.parametrize("who", ["portal", "msp", "platform"])
def test_answers_are_as_documented(target, who):
    good, output = st(target, target.tokens[who], *excluded(), "--request-timeout", "30")
    assert good, output[-60_000:]


def test_every_operation_was_reached(target):
    """Of the requests above at least one was answered with success, at every operation where that can be."""
    document = support.httpx.get(f"{target.server.url}/openapi.json").json()
    operations = [
        (method.upper(), re.compile("^" + re.sub(r"\{[^}]*\}", "[^/]+", path) + "$"), operation["operationId"])
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in ("get", "post", "put", "patch", "delete")
    ]
    seen = collections.defaultdict(collections.Counter)
    for line in target.server.log().splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        span, status = entry.get("span") or {}, entry.get("status")
        for method, path, operation in operations:
            if status is not None and span.get("method") == method and path.match(span.get("path", "")):
                seen[operation][status] += 1
    failures = {operation: count for operation, count in seen.items() if any(status >= 500 for status in count)}
    assert not failures, json.dumps(failures, indent=1)
    never = {operation: dict(seen[operation]) for _, _, operation in operations
             if operation not in NEVER_SUCCEEDS and not any(200 <= status < 300 for status in seen[operation])}
    assert len(operations) > 60 and not never, json.dumps(never, indent=1)
