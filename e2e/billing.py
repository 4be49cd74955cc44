"""What usage has to cost, computed without the engine: from the events that a test has sent, with `decimal`."""

import dataclasses
import datetime
import decimal
import json
from decimal import Decimal

from cloudevents.core.bindings import http as core_http
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from cloudevents.v1.http import CloudEvent as OldCloudEvent
from cloudevents.v1.conversion import to_binary as old_to_binary
from cloudevents.v1.conversion import to_structured as old_to_structured

CENT = Decimal("0.01")


def cents(amount):
    """Rounded once, half away from zero, to whole cents."""
    return int(amount.quantize(CENT, rounding=decimal.ROUND_HALF_UP) * 100)


def dollars(minor):
    return f"${minor // 100:,}.{minor % 100:02}"


@dataclasses.dataclass(frozen=True)
class Event:
    """A usage event; the same `id` with the same content is the same event."""

    id: str
    metric: str
    customer: str
    quantity: object
    time: datetime.datetime
    source: str

    def attributes(self):
        return {"id": self.id, "source": self.source, "type": self.metric, "subject": self.customer, "time": self.time,
                "specversion": "1.0", "datacontenttype": "application/json"}

    def data(self):
        return {"quantity": self.quantity}

    def amount(self):
        # A float stands for the decimal that JSON writes for it.
        return Decimal(json.dumps(self.quantity).strip('"'))

    def client(self):
        """As the `cloudevents` package has it."""
        return CloudEvent(self.attributes(), self.data())

    def old_client(self):
        """As versions 1 of the package have it."""
        return OldCloudEvent(self.attributes() | {"time": self.time.isoformat()}, self.data())


class Reporter:
    """Reports usage with the `cloudevents` client in each of its modes."""

    def __init__(self, api):
        self.api = api

    def send(self, headers, body, expect=200):
        answer = self.api.send("POST", "/ingest/events", expect, headers=headers, content=body)
        return answer.json()

    def structured(self, event, expect=200):
        message = core_http.to_structured_event(event.client())
        return self.send(message.headers, message.body, expect)

    def binary(self, event, expect=200):
        message = core_http.to_binary_event(event.client())
        return self.send(message.headers, message.body, expect)

    def old_structured(self, event):
        return self.send(*old_to_structured(event.old_client()))

    def old_binary(self, event):
        return self.send(*old_to_binary(event.old_client()))

    def batch(self, events, expect=200):
        """Events as the client writes them; what is a `dict` already goes as it is."""
        form = JSONFormat()
        texts = [json.dumps(e).encode() if isinstance(e, dict) else form.write(e.client()) for e in events]
        body = b"[" + b",".join(texts) + b"]"
        return self.send({"Content-Type": "application/cloudevents-batch+json"}, body, expect)


class Ledger:
    """The events that count."""

    def __init__(self):
        self.events = {}

    def add(self, *events):
        for event in events:
            known = self.events.setdefault((event.source, event.id), event)
            assert known == event, "a test must not count a conflict"

    def usage(self, metric, start, end):
        """Sum and number of a metric's events in [start, end)."""
        amounts = [e.amount() for e in self.events.values() if e.metric == metric and start <= e.time < end]
        return sum(amounts, Decimal(0)), len(amounts)

    def lines(self, plan, start, end):
        """What the invoice of a plan has to say."""
        fee = plan["base_fee"]["amount_minor"]
        lines = [{"kind": "base_fee", "metric": None, "description": plan["name"], "amount": fee, "events": 0,
                  "used": Decimal(1), "quantity": Decimal(1)}] if fee else []
        for component in plan["components"]:
            used, events = self.usage(component["metric"], start, end)
            charged = max(Decimal(0), used - Decimal(component["price"].get("included", "0")))
            lines.append({
                "kind": "usage", "metric": component["metric"], "description": component["name"],
                "amount": cents(charged * Decimal(component["price"]["unit_price"])), "events": events, "used": used,
                "quantity": charged,
            })
        return lines


def read_lines(invoice):
    """The lines of the API's answer in the form of `Ledger.lines`."""
    return [
        {"kind": line["kind"], "metric": line["metric"], "description": line["description"],
         "amount": line["amount"]["amount_minor"], "events": line["events"], "used": Decimal(line["used"]),
         "quantity": Decimal(line["quantity"])}
        for line in invoice["lines"]
    ]


def last_month(zone):
    """The month before the running one as (`2025-10`, first instant, first instant no more) in a time zone."""
    first = datetime.datetime.now(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    before = (first - datetime.timedelta(days=1)).replace(day=1)
    # Anew from the calendar: the offset may have changed within the month.
    start = datetime.datetime(before.year, before.month, 1, tzinfo=zone)
    end = datetime.datetime(first.year, first.month, 1, tzinfo=zone)
    utc = datetime.timezone.utc
    return f"{before:%Y-%m}", start.astimezone(utc), end.astimezone(utc)
