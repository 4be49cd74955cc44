"""Two `bailiwick serve` on one database behave as one."""

import concurrent.futures
import subprocess
import threading
import time
import types
import uuid
from urllib.parse import quote

import browser
import pytest
import support
from support import Api, problem, wait_until

# A change on one instance holds on every other within a second.
PATIENCE = 1.0


@pytest.fixture(scope="module")
def pair():
    """Two servers: the first with its private database, the second on that database from outside."""
    directory, beside = support.data_dir(), support.data_dir()
    mailbox = support.Mailbox()
    ports = support.free_port(), support.free_port()
    simulators = support.Simulators(ports[1])
    shared = mailbox.settings() | simulators.settings() | {"access_token_seconds": 900}
    first = support.Server(directory, port=ports[0], **shared)
    second = None
    try:
        email = support.admin_create(directory, **shared)
        first.start()
        host = quote(str(directory / "postgres/run"), safe="")
        address = {name: f"postgres://{user}@localhost/bailiwick?host={host}" for name, user in
                   [("url", "bailiwick_owner"), ("login_url", "bailiwick_login"), ("system_url", "bailiwick_system")]}
        second = support.Server(
            beside, port=ports[1], master_key=(directory / "master.key").read_text().strip(),
            **{f"database__{name}": value for name, value in address.items()}, **shared,
        )
        second.start()
        admin = support.sign_in(first, email)
        admin.post("/platform/msps", {"name": "Alpha IT", "slug": "alpha", "admin_email": "admin@alpha.example"}, 201)
        # Invited on one, accepted on the other.
        msp = support.accept(second, mailbox, "admin@alpha.example", "Ada Alpha")
        yield types.SimpleNamespace(first=first, second=second, admin=admin, msp=msp, mailbox=mailbox, simulators=simulators,
                                    directory=directory)
        second.stop()
        first.stop()
    finally:
        if second:
            second.discard()
        first.discard()
        simulators.stop()
        mailbox.stop()
        support.remove(directory)
        support.remove(beside)


def ends_within_a_second(call):
    """Asks until the answer is 401, and insists that this is soon."""
    began = time.monotonic()
    while call().status_code != 401:
        assert time.monotonic() - began < PATIENCE, "still let in after a second"
        time.sleep(0.02)
    # And it stays that way.
    for _ in range(5):
        problem(call(), 401)
        time.sleep(0.02)


def person(pair, name, role="msp_operator"):
    """Somebody new at Alpha; signed in at the first server."""
    email = f"{name}-{uuid.uuid4().hex[:6]}@alpha.example"
    pair.msp.post("/msp/invitations", {"email": email, "role": role}, 201)
    return support.accept(pair.first, pair.mailbox, email, name.title())


def test_a_session_works_on_both_and_ends_on_both(pair):
    here = person(pair, "sessions")
    there = here.at(pair.second)
    assert here.get("/auth/me") == there.get("/auth/me")
    # Both have it in their memory now.
    here.send("POST", "/auth/sign-out", 204)
    ends_within_a_second(lambda: there.send("GET", "/auth/me"))
    problem(here.send("GET", "/auth/me"), 401)
    problem(there.send("POST", "/auth/refresh", json={"refresh_token": here.tokens["refresh_token"]}), 401)


def test_a_suspended_person_is_out_on_both(pair):
    here = person(pair, "suspended")
    there, me = here.at(pair.second), here.get("/auth/me")
    there.get("/auth/me")
    [member] = [one for one in pair.msp.items("/msp/users") if one["user_id"] == me["user_id"]]
    pair.msp.put(f"/msp/users/{member['id']}", {"role": member["role"], "suspended": True})
    ends_within_a_second(lambda: here.send("GET", "/auth/me"))
    ends_within_a_second(lambda: there.send("GET", "/auth/me"))
    pair.msp.put(f"/msp/users/{member['id']}", {"role": member["role"], "suspended": False})
    support.sign_in(pair.second, me["email"])


def test_a_suspended_msp_is_out_on_both(pair):
    made = pair.admin.post("/platform/msps", {"name": "Gamma", "slug": "gamma", "admin_email": "admin@gamma.example"}, 201)
    gamma = support.accept(pair.first, pair.mailbox, "admin@gamma.example", "Gus")
    key = gamma.post("/msp/api-keys", {"name": "k", "scopes": ["customers:read"]}, 201)["secret"]
    callers = [gamma, gamma.at(pair.second), Api(pair.first.url, key), Api(pair.second.url, key)]
    for caller in callers:
        caller.get("/msp/customers")
    pair.admin.at(pair.second).post(f"/platform/msps/{made['id']}/suspend")
    for caller in callers:
        ends_within_a_second(lambda caller=caller: caller.send("GET", "/msp/customers"))
    pair.admin.post(f"/platform/msps/{made['id']}/resume")
    wait_until(lambda: callers[3].send("GET", "/msp/customers").status_code == 200, 2, what="the return")


def test_a_changed_role_holds_on_both(pair):
    here = person(pair, "roles", "msp_admin")
    there, me = here.at(pair.second), here.get("/auth/me")
    assert "users:write" in there.get("/auth/me")["permissions"]
    [member] = [one for one in pair.msp.items("/msp/users") if one["user_id"] == me["user_id"]]
    pair.msp.put(f"/msp/users/{member['id']}", {"role": "msp_operator"})
    wait_until(lambda: there.send("GET", "/msp/api-keys").status_code == 403, PATIENCE, 0.02, "the new role")
    wait_until(lambda: here.send("GET", "/msp/api-keys").status_code == 403, PATIENCE, 0.02, "the new role")


def test_a_revoked_key_ends_on_both(pair):
    made = pair.msp.post("/msp/api-keys", {"name": "k", "scopes": ["customers:read"]}, 201)
    keys = [Api(server.url, made["secret"]) for server in (pair.first, pair.second)]
    for key in keys:
        key.get("/msp/customers")
    pair.msp.send("DELETE", f"/msp/api-keys/{made['key']['id']}", 204)
    for key in keys:
        ends_within_a_second(lambda key=key: key.send("GET", "/msp/customers"))


def test_a_new_password_ends_all_sessions(pair):
    here = person(pair, "passwords")
    there = support.sign_in(pair.second, here.get("/auth/me")["email"])
    change = {"current_password": support.PASSWORD, "new_password": "another horse battery"}
    here.send("POST", "/auth/change-password", 204, json=change)
    ends_within_a_second(lambda: there.at(pair.first).send("GET", "/auth/me"))
    ends_within_a_second(lambda: there.send("GET", "/auth/me"))


def test_tokens_refreshed_on_both_at_once(pair):
    """Two tabs that wake up together, each at another instance: nobody is signed out."""
    here = person(pair, "tabs")
    barrier = threading.Barrier(2)

    def refresh(server):
        barrier.wait()
        return Api(server.url).send("POST", "/auth/refresh", json={"refresh_token": here.tokens["refresh_token"]})

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(refresh, (pair.first, pair.second)))
    assert [answer.status_code for answer in answers] == [200, 200], [answer.text for answer in answers]
    for answer, server in zip(answers, (pair.second, pair.first)):
        Api(server.url, answer.json()["access_token"]).get("/auth/me")


def test_an_idempotency_key_has_one_effect(pair):
    """The same request on both at the same time, many times over."""
    for number in range(10):
        key = {"Idempotency-Key": uuid.uuid4().hex}
        body = {"company_name": f"Once {number}", "code": f"ONCE-{number}"}
        barrier = threading.Barrier(4)

        def send(server):
            barrier.wait()
            return pair.msp.at(server).send("POST", "/msp/customers", json=body, headers=key)

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(send, [pair.first, pair.second] * 2))
        # One who comes while the first is still at it may be told to wait.
        good = [answer for answer in answers if answer.status_code == 201]
        assert good and all(answer.status_code in (201, 409, 503) for answer in answers), [a.text for a in answers]
        assert len({answer.text for answer in good}) == 1
        assert sum("idempotency-replayed" not in answer.headers for answer in good) == 1
        later = pair.msp.at(pair.second).send("POST", "/msp/customers", 201, json=body, headers=key)
        assert later.text == good[0].text and later.headers["idempotency-replayed"] == "true"
    codes = [one["code"] for one in pair.msp.items("/msp/customers")]
    assert sorted(code for code in codes if code.startswith("ONCE-")) == sorted(f"ONCE-{n}" for n in range(10))


def test_an_event_counts_once(pair):
    pair.msp.post("/msp/customers", {"company_name": "Counted", "code": "COUNTED"}, 201)
    pair.msp.post("/msp/metrics", {"key": "c", "name": "C", "unit": "c"}, 201)
    events = [{"specversion": "1.0", "id": f"e{n}", "source": "s", "type": "c", "subject": "COUNTED", "data": {"quantity": 1}}
              for n in range(500)]

    def send(number):
        server, order = (pair.first, events) if number % 2 else (pair.second, events[::-1])
        headers = {"Content-Type": "application/cloudevents-batch+json"}
        return pair.msp.at(server).send("POST", "/ingest/events", 200, json=order, headers=headers).json()

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        results = list(pool.map(send, range(6)))
    assert sum(one["accepted"] for one in results) == 500 and not any(one["rejected"] for one in results)
    [figure] = [one for one in pair.msp.get("/msp/customers/COUNTED/usage")["metrics"] if one["metric"] == "c"]
    assert (figure["quantity"], figure["events"]) == ("500", 500)


def test_a_job_is_done_once(pair):
    """Mails queued on both go out once each, whoever takes them."""
    addresses = [f"once-{n}-{uuid.uuid4().hex[:6]}@alpha.example" for n in range(20)]

    def invite(item):
        number, address = item
        caller = pair.msp.at(pair.first if number % 2 else pair.second)
        caller.post("/msp/invitations", {"email": address, "role": "msp_operator"}, 201)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(invite, enumerate(addresses)))
    wait_until(lambda: all(pair.mailbox.to(address) for address in addresses), 30, what="the mails")
    time.sleep(1)
    assert [len(pair.mailbox.to(address)) for address in addresses] == [1] * len(addresses)
    sent = [event["data"]["to"] for event in pair.msp.items("/msp/events", type="mail.sent")]
    assert sorted(to for to in sent if to in addresses) == sorted(addresses)


def test_numbers_have_no_gaps(pair):
    """Invoices issued on both at once are numbered one after the other."""
    api = pair.msp
    if not api.get("/msp/payment-setup")["charges_enabled"]:
        url = api.post("/msp/payment-setup/connect", {"email": "ops@alpha.example", "country": "DE"})["url"]
        assert browser.submit(url, browser.visit(url), button={"do": "complete"}).status_code == 303
        # The webhook comes to the second, the question goes to the first.
        wait_until(lambda: api.at(pair.first).get("/msp/payment-setup")["charges_enabled"], what="the account's webhook")
    api.post("/msp/plans", {"code": "FLAT", "name": "Flat", "base_fee": {"amount_minor": 1000, "currency": "USD"}}, 201)
    drafts = []
    for number in range(12):
        code = api.post("/msp/customers", {"company_name": f"Billed {number}", "plan": "FLAT"}, 201)["code"]
        period = api.get(f"/msp/customers/{code}/usage")["period"]
        drafts.append(api.post("/msp/invoices", {"customer": code, "period": period}, 201)["id"])

    def issue(item):
        number, draft = item
        return api.at(pair.first if number % 2 else pair.second).send("POST", f"/msp/invoices/{draft}/finalize")

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        # Each on both: one of the two issues it.
        answers = list(pool.map(issue, enumerate(draft for draft in drafts for _ in range(2))))
    assert sorted(answer.status_code for answer in answers) == [200] * 12 + [409] * 12, [a.text for a in answers if a.status_code not in (200, 409)]
    numbers = sorted(int(answer.json()["number"].rsplit("-", 1)[1]) for answer in answers if answer.status_code == 200)
    assert numbers == list(range(numbers[0], numbers[0] + 12))
    assert api.get("/msp/events/check")["intact"] is True


def test_a_hundred_times_the_same_key_is_one_effect(pair):
    """A hundred requests with one key, all at once and on both: one credit note, one number, a hundred times its answer."""
    api = pair.msp
    plan = {"code": "KEYED", "name": "Keyed", "base_fee": {"amount_minor": 10_000, "currency": "USD"}}
    api.post("/msp/plans", plan, 201)
    code = api.post("/msp/customers", {"company_name": "Keyed", "plan": "KEYED"}, 201)["code"]
    period = api.get(f"/msp/customers/{code}/usage")["period"]
    draft = api.post("/msp/invoices", {"customer": code, "period": period}, 201)
    keys = {"finalize": uuid.uuid4().hex, "credit-notes": uuid.uuid4().hex}

    def hundred(path, body, status):
        def send(number):
            caller = api.at(pair.first if number % 2 else pair.second)
            headers = {"Idempotency-Key": keys[path]}
            return caller.send("POST", f"/msp/invoices/{draft['id']}/{path}", json=body, headers=headers)

        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(send, range(100)))
        # One who comes while the first is still at it may be told to wait.
        good = [answer for answer in answers if answer.status_code == status]
        assert good and all(answer.status_code in (status, 409, 503) for answer in answers), [a.text for a in answers]
        assert len({answer.text for answer in good}) == 1
        assert sum("idempotency-replayed" not in answer.headers for answer in good) == 1

    hundred("finalize", None, 200)
    line = api.get(f"/msp/invoices/{draft['id']}")["lines"][0]
    amount = {"amount_minor": 1, "currency": "USD"}
    hundred("credit-notes", {"reason": "One cent", "lines": [{"line_id": line["id"], "amount": amount}]}, 201)
    assert [note["total"] for note in api.items("/msp/credit-notes", customer=code)] == [amount]
    assert api.get(f"/msp/invoices/{draft['id']}")["credited"] == amount
    assert len(api.items("/msp/invoices", customer=code)) == 1


def test_the_private_database_is_for_one(pair):
    """A third server on the same data directory says what is wrong and harms nothing."""
    # Not through `Server`: that would end the database, which is the first's.
    command = [support.program("bailiwick"), "serve", "--listen", f"127.0.0.1:{support.free_port()}", "--data-dir", pair.directory]
    third = subprocess.run(command, env=support.environment(), stdin=subprocess.DEVNULL, timeout=60, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert third.returncode == 1 and "another bailiwick is using" in third.stdout, third.stdout
    assert pair.msp.at(pair.first).get("/auth/me") and pair.msp.at(pair.second).get("/auth/me")
