"""Random requests to the pricing preview: valid by docs/billing-rules.md, and as unkind as that allows.

Two things are made more frequent than chance would have them: amounts that end in exactly half a minor unit, and
quantities at the bound of a tier, of a package, of an allowance, or one billionth beside it. Amounts stay below 10^15
major units.
"""

import datetime
import random
import zoneinfo
from fractions import Fraction

DECIMALS = {"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0, "KWD": 3}
CURRENCIES = ["USD", "USD", "EUR", "GBP", "JPY", "KWD"]
# The clocks change by an hour, by half of one, at midnight, never, and by odd offsets. None leaves it to the tenant.
ZONES = ["UTC", None, "America/New_York", "Europe/Berlin", "America/Sao_Paulo", "Africa/Cairo", "America/Havana",
         "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Chatham"]
# Months with a change of the clocks in one zone or another, a leap February and a common one, the end of a year.
STARTS = ["2018-10-15", "2018-11-04", "2024-02-01", "2024-04-01", "2025-01-31", "2025-02-01", "2025-03-01",
          "2025-10-01", "2025-11-01", "2025-12-01", "2026-02-15", "2026-03-01", "2026-03-08", "2026-03-29", "2026-04-01"]
LENGTHS = [28, 29, 30, 30, 31, 31, 90, 365]
MODELS = ["flat", "unit", "unit", "graduated", "graduated", "volume", "volume", "package", "percentage",
          "graduated_percentage", "dynamic"]
# In the order of their bytes other than in that of their letters or of UTF-16.
CLASSES = ["server", "desktop", "Server", "10", "9", "émigré", "zebra", "", "～", "𐐷"]
SYSTEMS = ["windows", "linux", "macos"]
NANO = Fraction(1, 10**9)


def requests(seed: int, count: int):
    rng = random.Random(seed)
    for _ in range(count):
        yield request(rng)


def text(value):
    """A decimal as it is written."""
    units = int(value * 10**9)
    whole, rest = divmod(abs(units), 10**9)
    return ("-" if units < 0 else "") + f"{whole}.{rest:09}".rstrip("0").rstrip(".")


def chance(rng, percent):
    return rng.randrange(100) < percent


def decimal(rng, whole, decimals):
    """Up to so many digits before the point, and up to so many behind it."""
    behind = rng.randint(0, decimals)
    return Fraction(rng.randrange(10 ** (rng.randint(0, whole) + behind)), 10**behind)


class Scale:
    """How large the figures of one component are, so that their product stays in bounds."""

    def __init__(self, rng):
        self.kind = rng.choice(["tie", "tie", "plain", "plain", "fine", "hostile"])
        self.quantity = {"tie": (2, 0), "plain": (4, 2), "fine": (3, 9), "hostile": (9, 9)}[self.kind]
        self.price = {"tie": (2, 1), "plain": (3, 4), "fine": (0, 9), "hostile": (3, 9)}[self.kind]

    def for_hours(self):
        """A level is multiplied by up to 8,760 hours."""
        self.quantity = (min(self.quantity[0], 6), self.quantity[1])
        self.price = (min(self.price[0], 2), self.price[1])

    def amount(self, rng, exponent):
        if self.kind == "tie":
            # An odd number of halves of the minor unit.
            return Fraction(2 * rng.randrange(10 ** rng.randint(1, 4)) + 1, 2 * 10**exponent)
        return decimal(rng, *self.price)

    def a_quantity(self, rng):
        return decimal(rng, *self.quantity)


def request(rng):
    currency = rng.choice(CURRENCIES)
    exponent = DECIMALS[currency]
    zone = rng.choice(ZONES)
    body = {"currency": currency}
    if zone is not None:
        body["time_zone"] = zone
    start, end, served = days(rng)
    body["period"] = {"start": start.isoformat(), "end": end.isoformat()}
    if served != (start, end) or chance(rng, 10):
        body["service"] = {"start": served[0].isoformat(), "end": served[1].isoformat()}
    if chance(rng, 30):
        body["quantity"] = rng.choice([1, 2, 3, 7, 12, 25, 99, 365, 1_000_000, rng.randint(1, 1_000_000)])
    times = Times(rng, zoneinfo.ZoneInfo(zone or "UTC"), start, end, served)
    plan = {"name": "Managed services", "components": []}
    if chance(rng, 60):
        plan["base_fee"] = text(base_fee(rng, exponent))
    usage, overrides = [], []
    for number in range(rng.choice([0, 1, 1, 1, 1, 2, 2, 3, 4])):
        metric = f"metric_{number}"
        scale = Scale(rng)
        price = a_price(rng, scale, exponent)
        plan["components"].append({"metric": metric, "name": f"Component {number}", "unit": "unit", "price": price})
        if chance(rng, 8):
            price = a_price(rng, scale, exponent)
            overrides.append({"metric": metric, "price": price})
        if chance(rng, 94):
            usage.append({"metric": metric, **a_usage(rng, scale, price, times)})
    if chance(rng, 5):
        usage.append({"metric": "unpriced", "quantity": "5"})
    rng.shuffle(usage)
    plan |= modifiers(rng, exponent, 15)
    body |= {"plan": plan, "usage": usage}
    if overrides:
        body["overrides"] = overrides
    if chance(rng, 15):
        body["coupons"] = [discount(rng, exponent, f"Coupon {n}") for n in range(rng.randint(1, 2))]
    return body


def base_fee(rng, exponent):
    if chance(rng, 40):
        return Fraction(2 * rng.randrange(10**6) + 1, 10**exponent * rng.choice([1, 2]))
    return decimal(rng, 7, rng.choice([0, exponent, 9])) or Fraction(1)


def days(rng):
    """A period, and the days of it that are served."""
    start = datetime.date.fromisoformat(rng.choice(STARTS))
    if chance(rng, 25):
        start += datetime.timedelta(days=rng.randrange(40))
    length = rng.choice(LENGTHS)
    end = start + datetime.timedelta(days=length)
    served = (start, end)
    how = rng.choice(["all"] * 5 + ["head", "tail", "middle", "day", "half", "half"])
    if how != "all":
        first, last = sorted((rng.randrange(length), rng.randrange(length)))
        first, last = {
            "head": (0, last + 1), "tail": (first, length), "middle": (first, last + 1), "day": (first, first + 1),
            # The share is exactly a half: odd amounts become ties.
            "half": (0, length // 2),
        }[how]
        served = (start + datetime.timedelta(days=first), start + datetime.timedelta(days=last))
    return start, end, served


class Times:
    """Times of events: anywhere, at the same instant, at the bounds, outside."""

    def __init__(self, rng, zone, start, end, served):
        self.bounds = [self.midnight(day, zone) for day in (start, end, *served)]
        self.crowd = self.between(rng)

    @staticmethod
    def midnight(day, zone):
        return datetime.datetime.combine(day, datetime.time(), zone).astimezone(datetime.timezone.utc)

    def between(self, rng):
        length = int((self.bounds[3] - self.bounds[2]).total_seconds())
        return self.bounds[2] + datetime.timedelta(seconds=rng.randrange(length))

    def one(self, rng):
        how = rng.randrange(20)
        if how < 3:
            at = self.crowd
        elif how < 6:
            at = rng.choice(self.bounds) + datetime.timedelta(seconds=rng.choice([-3600, -1, 0, 0, 1, 3600]))
        else:
            at = self.between(rng)
        if chance(rng, 10):
            at += datetime.timedelta(milliseconds=rng.randrange(1000))
        return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds").replace("+00:00", "Z")


# Prices.


def a_price(rng, scale, exponent):
    model = rng.choice(MODELS)
    price = {"model": model}
    if model not in ("percentage", "dynamic"):
        price |= aggregation(rng, scale)
    elif chance(rng, 30):
        price["aggregation"] = {"function": "sum"}
    price |= MODEL_FIELDS[model](rng, scale, exponent)
    if model not in ("flat", "percentage", "dynamic") and chance(rng, 25):
        price["quantity_rounding"] = {"mode": rng.choice(["up", "down", "half_up"]),
                                      "decimals": rng.choice([0, 0, 0, 1, 2, 9])}
    if model not in ("flat", "dynamic") and chance(rng, 35):
        price["included"] = text(scale.a_quantity(rng) / rng.choice([1, 1, 10, 100]))
    if chance(rng, 20):
        price["filters"] = [{"property": "os", "values": rng.sample(SYSTEMS, rng.randint(1, 2))}]
        if chance(rng, 20):
            price["filters"].append({"property": "class", "values": rng.sample(CLASSES, 5)})
    if chance(rng, 25):
        price["group_by"] = rng.choice([["class"], ["class"], ["os"], ["class", "os"], ["os", "class"]])
    return price | modifiers(rng, exponent, 20)


def aggregation(rng, scale):
    function = rng.choice([None, "sum", "sum", "count", "unique_count", "max", "latest", "percentile_95",
                           "time_weighted_sum", "time_weighted_sum"])
    if function is None:
        return {}
    more = {}
    if function in ("count", "unique_count"):
        # However large the quantities: bounds are to be met by numbers of events.
        scale.quantity = (1, 0)
    if function == "unique_count":
        more = {"property": rng.choice(["class", "os"])}
    if function == "time_weighted_sum":
        more = {"readings": rng.choice(["levels", "changes"]), "per": rng.choice(["hours", "period"])}
        if more["per"] == "hours":
            scale.for_hours()
    return {"aggregation": {"function": function, **more}}


def flat(rng, scale, exponent):
    return {"amount": text(scale.amount(rng, exponent))}


def unit(rng, scale, exponent):
    return {"unit_price": text(scale.amount(rng, exponent))}


def package(rng, scale, exponent):
    # Never so small that the number of packages runs away.
    size = decimal(rng, 3, scale.quantity[1]) + 1 if scale.kind == "hostile" else rng.choice(
        [Fraction(1), Fraction(1), Fraction(3), Fraction(10), Fraction(1, 2), Fraction(1, 8), Fraction(100)])
    return {"amount": text(scale.amount(rng, exponent)), "size": text(size)}


def tiers(rng, scale, exponent, priced):
    bounds = sorted({scale.a_quantity(rng) + rng.choice([0, 0, 0, NANO]) for _ in range(rng.randint(0, 4))} - {0})
    made = []
    for start, end in zip([Fraction(0), *bounds], [*bounds, None]):
        tier = {"from": text(start), "up_to": None if end is None else text(end), **priced()}
        if chance(rng, 50):
            tier["flat_fee"] = text(scale.amount(rng, exponent))
        made.append(tier)
    return {"tiers": made}


def priced_tiers(rng, scale, exponent):
    return tiers(rng, scale, exponent, lambda: {"unit_price": text(scale.amount(rng, exponent))})


def a_rate(rng):
    return rng.choice([Fraction(1), Fraction(5, 2), Fraction(29, 10), Fraction(50), Fraction(100), Fraction(0),
                       decimal(rng, 1, 9), decimal(rng, 0, 9)])


def rated_tiers(rng, scale, exponent):
    return tiers(rng, scale, exponent, lambda: {"rate": text(a_rate(rng))})


def percentage(rng, scale, exponent):
    made = {"rate": text(a_rate(rng))}
    if chance(rng, 60):
        made["fixed_fee"] = text(scale.amount(rng, exponent))
    if chance(rng, 40):
        made["free_transactions"] = rng.randint(0, 4)
    fees = sorted(scale.amount(rng, exponent) for _ in range(2))
    if chance(rng, 35):
        made["minimum_fee"] = text(fees[0])
    if chance(rng, 35):
        made["maximum_fee"] = text(fees[1])
    return made


def dynamic(rng, scale, exponent):
    return {}


MODEL_FIELDS = {"flat": flat, "unit": unit, "graduated": priced_tiers, "volume": priced_tiers, "package": package,
                "percentage": percentage, "graduated_percentage": rated_tiers, "dynamic": dynamic}


# Modifiers.


def modifiers(rng, exponent, percent):
    made = {}
    if chance(rng, percent):
        made["discounts"] = [discount(rng, exponent, f"Discount {n}") for n in range(rng.randint(1, 3))]
    limits = sorted(limit(rng, exponent) for _ in range(2))
    if chance(rng, percent):
        made["minimum"] = text(limits[0])
    if chance(rng, percent):
        made["maximum"] = text(limits[1])
    return made


def discount(rng, exponent, name):
    if chance(rng, 60):
        # Halves and quarters of odd amounts are ties.
        percent = rng.choice([Fraction(10), Fraction(50), Fraction(25, 2), Fraction(5, 2), Fraction(1, 2),
                              Fraction(100), Fraction(0), decimal(rng, 1, 9)])
        return {"name": name, "percent": text(percent)}
    return {"name": name, "amount": text(limit(rng, exponent))}


def limit(rng, exponent):
    """With half a minor unit at times: it is rounded by itself."""
    whole = decimal(rng, rng.choice([1, 2, 3, 3, 4, 9]), exponent)
    return whole + (Fraction(1, 2 * 10**exponent) if chance(rng, 15) else 0)


# Usage.


def a_usage(rng, scale, price, times):
    function = price.get("aggregation", {}).get("function")
    if price["model"] != "dynamic" and chance(rng, 20):
        return {"quantity": text(target(rng, scale, price))}
    events = some_events(rng, scale, price, times)
    entry = {"events": events}
    if function == "time_weighted_sum" and chance(rng, 60):
        entry["opening_levels"] = [opening_level(rng, scale, price) for _ in range(rng.randint(1, 3))]
    elif chance(rng, 5):
        entry["opening_levels"] = []
    return entry


def opening_level(rng, scale, price):
    level = {"level": text(scale.a_quantity(rng))}
    if price.get("group_by"):
        values = {"class": CLASSES, "os": SYSTEMS}
        level["group"] = {name: rng.choice(values[name]) for name in price["group_by"]}
    return level


def target(rng, scale, price):
    """A quantity, preferably one where something happens."""
    rounding = price.get("quantity_rounding")
    if rounding and rounding["decimals"] < 9 and chance(rng, 40):
        return Fraction(2 * rng.randrange(1000) + 1, 2 * 10 ** rounding["decimals"])
    bounds = [Fraction(0)] + [Fraction(tier["from"]) for tier in price.get("tiers", [])]
    if "size" in price:
        bounds += [rng.randint(1, 9) * Fraction(price["size"])]
    allowance = Fraction(price.get("included", 0))
    how = rng.randrange(10)
    if how < 5:
        return rng.choice(bounds) + rng.choice([Fraction(0), allowance, allowance]) + rng.choice([0, 0, NANO, -NANO])
    if how == 5:
        return -scale.a_quantity(rng)
    return scale.a_quantity(rng)


def some_events(rng, scale, price, times):
    count = rng.choice([0, 1, 1, 2, 3, 5, 8, 19, 20, 21, 30])
    quantities = [scale.a_quantity(rng) * rng.choice([1, 1, 1, 1, 1, -1]) for _ in range(count)]
    if count and chance(rng, 50):
        # The sum is as wished for; the last one may well be a correction.
        quantities[-1] = target(rng, scale, price) - sum(quantities[:-1])
    if count > 1 and chance(rng, 15):
        quantities[0] = Fraction(0)
    if price["model"] == "percentage" and "included" in price and count and chance(rng, 40):
        # One that uses the allowance up to the last.
        quantities[rng.randrange(count)] = Fraction(price["included"])
    # Ids in another order than the numbers in them.
    ids = [f"e{number}" for number in rng.sample(range(120), count)]
    return [an_event(rng, scale, price, times, id, quantity) for id, quantity in zip(ids, quantities)]


def an_event(rng, scale, price, times, id, quantity):
    event = {"id": id, "at": times.one(rng)}
    if not chance(rng, 5):
        event["quantity"] = text(quantity)
    properties = {}
    if not chance(rng, 10):
        properties["class"] = rng.choice(CLASSES[:3] if chance(rng, 70) else CLASSES)
    if not chance(rng, 10):
        properties["os"] = rng.choice(SYSTEMS)
    if properties or chance(rng, 50):
        event["properties"] = properties
    if price["model"] == "dynamic":
        event["amount"] = text(decimal(rng, 9 if scale.kind == "hostile" else 3, 9) * rng.choice([1, 1, 1, -1]))
    return event
