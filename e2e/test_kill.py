"""`kill -9` in the middle of ingest, twenty times: whatever was acknowledged is there once."""

import os
import random
import threading
import time
from decimal import Decimal

import httpx
import support

KILLS = 20
CLIENTS = 4
SECONDS = float(os.environ.get("BAILIWICK_TEST_KILL_SECONDS", "90"))


class Client(threading.Thread):
    """Sends batches, each until it is acknowledged, and notes the events of those that were."""

    def __init__(self, number, url, token, done, chance):
        super().__init__(daemon=True)
        self.number, self.url, self.done, self.chance = number, url, done, chance
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/cloudevents-batch+json"}
        self.acknowledged = {}
        self.retries = self.batches = self.repeats = 0
        self.failure = None

    def batch(self):
        size = self.chance.choice([1, 20, 200])
        events = []
        for index in range(size):
            id = f"{self.number}-{self.batches}-{index}"
            quantity = f"{self.chance.randint(1, 10**6)}.{self.chance.randint(0, 999):03}"
            events.append({"specversion": "1.0", "id": id, "source": f"urn:kill:{self.number}", "type": "killed", "subject": "KILLED",
                           "time": "2025-10-15T12:00:00Z", "data": {"quantity": quantity}})
        if self.acknowledged and self.chance.random() < 0.3:
            # One that was acknowledged long ago comes once more.
            events.append(self.chance.choice(list(self.acknowledged.values())))
        return events

    def run(self):
        try:
            with httpx.Client(timeout=10) as client:
                while not self.done.is_set():
                    self.send(client, self.batch())
                    self.batches += 1
        except Exception as failure:
            self.failure = failure

    def send(self, client, events):
        deadline = time.monotonic() + 60
        while True:
            try:
                answer = client.post(f"{self.url}/api/v1/ingest/events", json=events, headers=self.headers)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code == 200:
                break
            # Busy or restarting may be said; anything else is wrong.
            assert answer is None or answer.status_code == 503, f"{answer.status_code} {answer.text}"
            assert time.monotonic() < deadline, "no answer for a minute"
            self.retries += 1
            time.sleep(0.02)
        result = answer.json()
        assert result["rejected"] == [] and result["accepted"] + result["duplicates"] == len(events), result
        self.repeats += result["duplicates"]
        self.acknowledged |= {event["id"]: event for event in events}


def test_every_acknowledged_event_is_there_once():
    seed = int(os.environ.get("BAILIWICK_TEST_SEED", time.time_ns() % 10**9))
    print(f"seed {seed} (BAILIWICK_TEST_SEED={seed} repeats the clients and the moments)")
    chance = random.Random(seed)
    directory = support.data_dir()
    # A token that lasts: a session lives through restarts.
    server = support.Server(directory, access_token_seconds=3600)
    done = threading.Event()
    clients = []
    try:
        email = support.admin_create(directory)
        server.start()
        api = support.sign_in(server, email)
        api.post("/msp/customers", {"company_name": "Killed", "code": "KILLED"}, 201)
        api.post("/msp/metrics", {"key": "killed", "name": "Killed", "unit": "k"}, 201)
        clients = [Client(n, server.url, api.token, done, random.Random(seed + n)) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        began, kills = time.monotonic(), 0
        while kills < KILLS and time.monotonic() - began < SECONDS:
            time.sleep(chance.uniform(0.02, 0.8))
            server.kill()
            kills += 1
            # Ready is not waited for: the clients come as soon as they can.
            server.start(seconds=60)
        done.set()
        for client in clients:
            client.join(timeout=90)
            assert not client.is_alive() and client.failure is None, client.failure
        events = [event for client in clients for event in client.acknowledged.values()]
        sent = {"kills": kills, "events": len(events), "batches": sum(c.batches for c in clients),
                "retries": sum(c.retries for c in clients), "repeats": sum(c.repeats for c in clients)}
        print(f"{sent} in {time.monotonic() - began:.0f} s")
        assert kills == KILLS, f"only {kills} kills in {SECONDS} s"
        assert sent["retries"] >= KILLS and sent["events"] > 1000, sent

        api = api.at(server)
        [figure] = api.get("/msp/customers/KILLED/usage", period="2025-10")["metrics"]
        total = sum((Decimal(event["data"]["quantity"]) for event in events), Decimal(0))
        assert (figure["events"], Decimal(figure["quantity"])) == (len(events), total)
        # Each of them is known, and not one of them counts again.
        for first in range(0, len(events), 5000):
            part = events[first : first + 5000]
            answer = api.post("/ingest/events", part, headers={"Content-Type": "application/cloudevents-batch+json"})
            assert answer == {"accepted": 0, "duplicates": len(part), "rejected": []}
        [again] = api.get("/msp/customers/KILLED/usage", period="2025-10")["metrics"]
        assert again == figure
        # The audit trail has lived through it as well.
        assert api.get("/msp/events/check")["intact"] is True
        server.stop()
    finally:
        done.set()
        server.discard()
        for client in clients:
            client.join(timeout=15)
        support.remove(directory)


def test_a_stop_finishes_what_is_in_flight():
    """No request that was begun is cut off, and the next start goes on with the same data."""
    directory = support.data_dir()
    server = support.Server(directory)
    try:
        email = support.admin_create(directory)
        server.start()
        api = support.sign_in(server, email)
        api.post("/msp/customers", {"company_name": "Stopped", "code": "KILLED"}, 201)
        api.post("/msp/metrics", {"key": "killed", "name": "Killed", "unit": "k"}, 201)
        done = threading.Event()
        client = Client(9, server.url, api.token, done, random.Random(1))
        events = [event | {"source": "urn:stop"} for _ in range(50) for event in client.batch()][:4000]
        events = [event | {"id": f"stop-{n}"} for n, event in enumerate(events)]
        answers = []
        thread = threading.Thread(target=lambda: answers.append(httpx.post(
            f"{server.url}/api/v1/ingest/events", json=events, headers=client.headers | {"Connection": "close"}, timeout=60)))
        thread.start()
        time.sleep(0.15)
        server.stop()
        thread.join(timeout=60)
        assert [answer.status_code for answer in answers] == [200], answers
        server.start()
        [figure] = api.get("/msp/customers/KILLED/usage", period="2025-10")["metrics"]
        assert figure["events"] == len(events)
        server.stop()
    finally:
        server.discard()
        support.remove(directory)
