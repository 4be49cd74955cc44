"""What counts once: repeats and conflicts, alone, within a batch and from many clients at once."""

import concurrent.futures
import datetime
import uuid
from decimal import Decimal

import pytest
from billing import Event, Reporter
from support import Api

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


@pytest.fixture
def tally(plain):
    """A new customer and metric: gives events for them, and what the usage endpoint says of them."""
    run = uuid.uuid4().hex[:8]
    code, metric = f"U-{run.upper()}", f"u.{run}"
    plain.msp.post("/msp/customers", {"company_name": f"Usage {run}", "code": code}, 201)
    plain.msp.post("/msp/metrics", {"key": metric, "name": "U", "unit": "u"}, 201)

    class Tally:
        def event(self, id, quantity="1"):
            return Event(id, metric, code, quantity, NOW, f"urn:{run}")

        def read(self):
            [figure] = [f for f in plain.msp.get(f"/msp/customers/{code}/usage")["metrics"] if f["metric"] == metric]
            return Decimal(figure["quantity"]), figure["events"]

        def reporter(self):
            return Reporter(Api(plain.server.url, plain.msp.token))

    return Tally()


def short(result):
    return result["accepted"], result["duplicates"], [(one["index"], one["code"]) for one in result["rejected"]]


def test_repeats_within_a_batch(tally):
    a, b = tally.event("a"), tally.event("b", "2")
    assert short(tally.reporter().batch([a, b, a, a])) == (2, 2, [])
    assert tally.read() == (3, 2)


def test_a_conflict_within_a_batch(tally):
    a, other = tally.event("a"), tally.event("a", "5")
    assert short(tally.reporter().batch([a, other, a])) == (1, 1, [(1, "conflict")])
    assert tally.read() == (1, 1)


def test_every_conflict_with_what_is_stored_is_told(tally):
    """However often it stands in the batch: none of them counts."""
    a, other = tally.event("a"), tally.event("a", "5")
    assert short(tally.reporter().batch([a])) == (1, 0, [])
    assert short(tally.reporter().batch([other, other])) == (0, 0, [(0, "conflict"), (1, "conflict")])
    assert tally.read() == (1, 1)


def test_a_repeat_of_what_is_stored_is_none_because_of_its_neighbour(tally):
    a, other = tally.event("a"), tally.event("a", "5")
    assert short(tally.reporter().batch([a])) == (1, 0, [])
    assert short(tally.reporter().batch([other, a])) == (0, 1, [(0, "conflict")])
    assert tally.read() == (1, 1)


def test_many_clients_at_once(tally):
    """The same events from eight clients in other orders: each counts once."""
    events = [tally.event(f"e{n}", str(n)) for n in range(400)]

    def send(client):
        shift = client * 50
        return short(tally.reporter().batch(events[shift:] + events[:shift]))

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = list(pool.map(send, range(8)))
    assert sum(accepted for accepted, _, _ in results) == 400
    assert all(accepted + duplicates == 400 and not rejected for accepted, duplicates, rejected in results)
    assert tally.read() == (sum(range(400)), 400)


def test_the_largest_batch(tally):
    events = [tally.event(f"e{n}", "0.000000001") for n in range(10_000)]
    assert short(tally.reporter().batch(events)) == (10_000, 0, [])
    assert short(tally.reporter().batch(events)) == (0, 10_000, [])
    assert tally.read() == (Decimal("0.00001"), 10_000)
