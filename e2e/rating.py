"""The rating engine a second time, written from docs/billing-rules.md alone, in exact fractions.

The engine of the product and this one have nothing in common but that page. Where they differ, one of them is wrong, or
the page can be read in two ways. Numbers are `int` and `Fraction`: nothing is ever rounded but where the page says so.
"""

import dataclasses
import datetime
import math
import re
import zoneinfo
from fractions import Fraction

# Section 1: the decimals of ISO 4217, where they are not two.
EXPONENTS = {"JPY": 0, "KWD": 3}
QUANTITY_DECIMALS = 9


# Section 1: numbers.


def exponent_of(currency):
    return EXPONENTS.get(currency, 2)


def number(text):
    """What a decimal says; nothing where there is none."""
    return Fraction(0) if text is None else Fraction(text)


def half_away(value):
    """Rounds to a whole number, half away from zero."""
    size = math.floor(abs(value) + Fraction(1, 2))
    return size if value >= 0 else -size


def round_quantity(value):
    """For what comes from a division."""
    unit = 10**QUANTITY_DECIMALS
    return Fraction(half_away(value * unit), unit)


def to_minor(amount, exponent):
    return half_away(amount * 10**exponent)


def text_of(value):
    """A decimal without trailing zeros and without an exponent."""
    units = value * 10**QUANTITY_DECIMALS
    assert units.denominator == 1, f"{value} has more than {QUANTITY_DECIMALS} decimals"
    whole, rest = divmod(abs(units.numerator), 10**QUANTITY_DECIMALS)
    digits = f"{rest:0{QUANTITY_DECIMALS}}".rstrip("0")
    return ("-" if units < 0 else "") + str(whole) + (f".{digits}" if digits else "")


# Section 2: from events to a quantity.


def start_of_day(day, zone):
    """The first instant of a local day, in seconds since 1970."""
    midnight = datetime.datetime.combine(day, datetime.time(), zone)
    # Midnight may come twice: `fold` 0 is the first of them.
    first = round(midnight.timestamp())
    if datetime.datetime.fromtimestamp(first, zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return first
    # The clocks skip midnight. The offsets before and after the change bracket the instant when they start again.
    before, after = sorted((first, round(midnight.replace(fold=1).timestamp())))
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.datetime.fromtimestamp(middle, zone).date() < day:
            before = middle
        else:
            after = middle
    return after


def instant(text):
    """Seconds since 1970, with whatever decimals the time has."""
    parts = re.fullmatch(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)", text)
    day, clock, decimals, offset = parts.groups()
    offset = "+00:00" if offset in "Zz" else offset
    whole = datetime.datetime.fromisoformat(f"{day}T{clock}{offset}")
    seconds = (whole - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(seconds=1)
    return seconds + Fraction(f"0{decimals}" if decimals else 0)


@dataclasses.dataclass(frozen=True)
class Event:
    at: Fraction
    id: str
    quantity: Fraction
    amount: Fraction
    properties: dict


def read_event(event):
    quantity = event.get("quantity")
    return Event(instant(event["at"]), event.get("id") or "", Fraction(1) if quantity is None else Fraction(quantity),
                 number(event.get("amount")), event.get("properties") or {})


@dataclasses.dataclass(frozen=True)
class Period:
    """The period, and what of it is served, as instants; the share of section 6, as often as section 25 says."""

    start: int
    end: int
    served_from: int
    served_to: int
    share: Fraction
    quantity: int


def read_period(request, zone):
    period = request.get("period") or current_month(zone)
    service = request.get("service") or period
    days = [datetime.date.fromisoformat(one[bound]) for one in (period, service) for bound in ("start", "end")]
    quantity = request.get("quantity") or 1
    share = Fraction((days[3] - days[2]).days, (days[1] - days[0]).days) * quantity
    return Period(*(start_of_day(day, zone) for day in days), share, quantity)


def current_month(zone):
    first = datetime.datetime.now(zone).date().replace(day=1)
    following = (first + datetime.timedelta(days=31)).replace(day=1)
    return {"start": first.isoformat(), "end": following.isoformat()}


def chosen(events, price, period):
    """The events that count, in the order that counts wherever order does."""
    kept = [
        event for event in events
        if period.served_from <= event.at < period.served_to
        and all(event.properties.get(one["property"]) in one["values"] for one in price.get("filters") or [])
    ]
    return sorted(kept, key=lambda event: (event.at, event.id))


def grouped(events, opening_levels, names):
    """(group, its events, its opening level) in the order of the groups' text.

    A level carried over makes a group even where nothing happens to it: it is held, and costs.
    """
    groups = {}
    for event in events:
        key = tuple(event.properties.get(name, "") for name in names)
        groups.setdefault(key, ([], []))[0].append(event)
    for opening in opening_levels:
        key = tuple((opening.get("group") or {}).get(name, "") for name in names)
        groups.setdefault(key, ([], []))[1].append(Fraction(opening["level"]))
    if not groups:
        return [(None, [], Fraction(0))]
    return [(dict(zip(names, key)) if names else None, events, sum(levels, Fraction(0)))
            for key, (events, levels) in sorted(groups.items())]


def aggregate(events, opening, aggregation, period):
    """The quantity of one group, and the level at the end where there is such a thing."""
    function = aggregation["function"]
    quantities = [event.quantity for event in events]
    if function == "time_weighted_sum":
        return time_weighted(events, opening, aggregation, period)
    if function == "sum":
        return sum(quantities, Fraction(0)), None
    if function == "count":
        return Fraction(len(events)), None
    if function == "unique_count":
        name = aggregation["property"]
        return Fraction(len({event.properties[name] for event in events if name in event.properties})), None
    if not events:
        return Fraction(0), None
    if function == "max":
        return max(quantities), None
    if function == "latest":
        return quantities[-1], None
    if function == "percentile_95":
        rank = math.ceil(Fraction(95, 100) * len(quantities))
        return sorted(quantities)[rank - 1], None
    raise ValueError(function)


def time_weighted(events, opening, aggregation, period):
    level, since, held = opening, period.served_from, Fraction(0)
    for event in events:
        held += level * (event.at - since)
        since = event.at
        level = event.quantity if aggregation["readings"] == "levels" else level + event.quantity
    held += level * (period.served_to - since)
    divisor = 3600 if aggregation["per"] == "hours" else period.end - period.start
    return round_quantity(held / divisor), level


# Section 3: from a quantity to what is billable.


def apply_rounding(used, rounding):
    if rounding is None:
        return used
    unit = 10 ** rounding["decimals"]
    size = abs(used) * unit
    whole = {"up": math.ceil, "down": math.floor, "half_up": half_away}[rounding["mode"]](size)
    return Fraction(whole if used >= 0 else -whole, unit)


def billable(used, price, included):
    return max(Fraction(0), apply_rounding(used, price.get("quantity_rounding")) - included)


# Section 4: pricing models. Each gives an exact amount in major units.


def graduated(quantity, tiers, share, price_of):
    amount = Fraction(0)
    for index, tier in enumerate(tiers):
        start, end = number(tier["from"]), tier["up_to"]
        # The first tier is entered at zero, each other one behind its bound.
        if index == 0 or quantity > start:
            part = (quantity if end is None else min(quantity, Fraction(end))) - start
            amount += number(tier.get("flat_fee")) * share + part * price_of(tier)
    return amount


def volume(quantity, tiers, share):
    tier = next(tier for tier in tiers if tier["up_to"] is None or quantity <= Fraction(tier["up_to"]))
    return number(tier.get("flat_fee")) * share + quantity * Fraction(tier["unit_price"])


def amount_of(price, quantity, share):
    """The models that need no more than a quantity."""
    model = price["model"]
    if model == "flat":
        return Fraction(price["amount"]) * share
    if model == "unit":
        return quantity * Fraction(price["unit_price"])
    if model == "graduated":
        return graduated(quantity, price["tiers"], share, lambda tier: Fraction(tier["unit_price"]))
    if model == "volume":
        return volume(quantity, price["tiers"], share)
    if model == "package":
        return math.ceil(quantity / Fraction(price["size"])) * Fraction(price["amount"])
    if model == "graduated_percentage":
        return graduated(quantity, price["tiers"], share, lambda tier: Fraction(tier["rate"]) / 100)
    raise ValueError(model)


def percentage(price, values, included):
    """(used, quantity, amount) of transactions in their order."""
    free, allowance = price.get("free_transactions") or 0, included
    used = charged = amount = Fraction(0)
    for value in values:
        if value < 0:
            continue
        used += value
        if free > 0:
            free -= 1
            continue
        # With something left of the allowance, a value of 0 is covered wholly as well.
        if allowance > 0 and value <= allowance:
            allowance -= value
            continue
        uncovered, allowance = value - allowance, Fraction(0)
        charged += uncovered
        amount += transaction_fee(price, uncovered)
    return used, charged, amount


def transaction_fee(price, value):
    fee = number(price.get("fixed_fee")) + value * Fraction(price["rate"]) / 100
    if price.get("minimum_fee") is not None:
        fee = max(fee, Fraction(price["minimum_fee"]))
    if price.get("maximum_fee") is not None:
        fee = min(fee, Fraction(price["maximum_fee"]))
    return fee


def dynamic(events):
    """(used, quantity, amount): the amounts are the events' own."""
    used = sum((event.quantity for event in events), Fraction(0))
    return used, max(Fraction(0), used), max(Fraction(0), sum((event.amount for event in events), Fraction(0)))


# Section 5: modifiers.


def modifiers(left, terms, discounts, metric, share, exponent):
    """The lines that change `left` minor units."""
    lines = []

    def change(kind, description, by):
        nonlocal left
        if by:
            lines.append(line(kind, metric, description, by))
            left += by

    def owed(amount):
        return to_minor(Fraction(amount) * share, exponent)

    for discount in discounts:
        if discount.get("percent") is not None:
            change("discount", discount["name"], -half_away(left * Fraction(discount["percent"]) / 100))
        else:
            change("discount", discount["name"], -min(left, owed(discount["amount"])))
    if terms.get("minimum") is not None:
        change("minimum", None, max(0, owed(terms["minimum"]) - left))
    if terms.get("maximum") is not None:
        change("maximum", None, min(0, owed(terms["maximum"]) - left))
    return lines


# Section 7: splitting an amount.


def split(total_minor, weights):
    """The parts by weight; they add up to the whole."""
    size, whole = abs(total_minor), sum(Fraction(weight) for weight in weights)
    exact = [size * Fraction(weight) / whole for weight in weights]
    parts = [math.floor(share) for share in exact]
    # The largest remainders first, and the first of those that are equal.
    order = sorted(range(len(parts)), key=lambda index: (parts[index] - exact[index], index))
    for index in order[:size - sum(parts)]:
        parts[index] += 1
    return [part if total_minor >= 0 else -part for part in parts]


# Section 8: the request and the answer.


def line(kind, metric, description, amount_minor, **more):
    """A line of the invoice; what does not apply to its kind is None."""
    empty = {"group": None, "used": None, "included": None, "quantity": None, "unit_price": None}
    return {"kind": kind, "metric": metric, "description": description, **empty, "amount_minor": amount_minor,
            "events": 0, "closing_level": None, **more}


def base_fee_line(plan, period, exponent):
    fee = number(plan.get("base_fee"))
    if not fee:
        return []
    return [line("base_fee", None, plan["name"], to_minor(fee * period.share, exponent),
                 used=str(period.quantity), included="0", quantity=str(period.quantity), unit_price=text_of(fee))]


def usage_line(component, price, group, events, given, opening, period, exponent):
    """The line of one group; `given` is the quantity where it came without events."""
    model, level = price["model"], None
    # A flat price has nothing that an allowance could be taken from, a dynamic one knows none.
    knows_allowance = model not in ("flat", "dynamic")
    included = round_quantity(number(price.get("included")) * period.share) if knows_allowance else Fraction(0)
    if model == "percentage":
        values = [event.quantity for event in events] if given is None else [given]
        used, quantity, amount = percentage(price, values, included)
    elif model == "dynamic":
        used, quantity, amount = dynamic(events)
    else:
        aggregation = price.get("aggregation") or {"function": "sum"}
        used, level = aggregate(events, opening, aggregation, period) if given is None else (given, None)
        quantity = Fraction(period.quantity) if model == "flat" else billable(used, price, included)
        amount = amount_of(price, quantity, period.share)
    unit_price = price["unit_price"] if model == "unit" else price["amount"] if model == "flat" else None
    return line(
        "usage", component["metric"], component["name"], to_minor(amount, exponent),
        group=group, used=text_of(used), included=text_of(included), quantity=text_of(quantity),
        unit_price=None if unit_price is None else text_of(Fraction(unit_price)), events=len(events),
        closing_level=None if level is None else text_of(level),
    )


def component_lines(component, price, usage, period, exponent):
    given = usage.get("quantity")
    if given is not None:
        groups = [(None, [], Fraction(0))]
        given = Fraction(given)
    else:
        events = chosen([read_event(event) for event in usage.get("events") or []], price, period)
        function = (price.get("aggregation") or {}).get("function")
        # Levels are carried over for what weighs them by time, and for nothing else.
        opening_levels = usage.get("opening_levels") or [] if function == "time_weighted_sum" else []
        groups = grouped(events, opening_levels, price.get("group_by") or [])
    lines = [usage_line(component, price, group, events, given, opening, period, exponent)
             for group, events, opening in groups]
    return lines + modifiers(total(lines), price, price.get("discounts") or [], component["metric"], period.share,
                             exponent)


def total(lines):
    return sum(one["amount_minor"] for one in lines)


def rate(request: dict, zone_default: str = "UTC") -> dict:
    """Answers a valid request to the preview; `zone_default` is the tenant's time zone."""
    zone = zoneinfo.ZoneInfo(request.get("time_zone") or zone_default)
    period, exponent, plan = read_period(request, zone), exponent_of(request["currency"]), request["plan"]
    usage = {one["metric"]: one for one in request.get("usage") or []}
    overrides = {one["metric"]: one["price"] for one in request.get("overrides") or []}
    lines = base_fee_line(plan, period, exponent)
    for component in plan.get("components") or []:
        metric = component["metric"]
        price = overrides.get(metric, component["price"])
        lines += component_lines(component, price, usage.get(metric, {}), period, exponent)
    discounts = (plan.get("discounts") or []) + (request.get("coupons") or [])
    lines += modifiers(total(lines), plan, discounts, None, period.share, exponent)
    return {"currency": request["currency"], "lines": lines, "total_minor": total(lines)}
