"""Prices and usage become the lines of docs/billing-rules.md: in the worked cases, in the second engine, in the server.

`BAILIWICK_TEST_SEED` chooses other random requests than the usual ones.
"""

import concurrent.futures
import copy
import datetime
import json
import os
import pathlib
import threading
import zoneinfo
from fractions import Fraction

import pytest
import random_prices
import rating
from support import Api

CASES = json.loads((pathlib.Path(__file__).parent / "pricing_cases.json").read_text())
SEED = int(os.environ.get("BAILIWICK_TEST_SEED", "20260401"))
REQUESTS = 10_000
PREVIEW = "/msp/pricing/preview"
# That of the tenant: for requests that name none.
ZONE = "Europe/Berlin"
# The page says what else stands in a line of usage or a base fee; of these it does not.
SAID_OF_MODIFIERS = ("kind", "metric", "description", "amount_minor")


def flattened(answer):
    """The server's answer in the form of `rating.rate`."""
    lines = [
        {**line, "amount_minor": line["amount"]["amount_minor"], "currency": line["amount"]["currency"],
         "group": line.get("group") or None}
        for line in answer["lines"]
    ]
    return {"currency": answer["currency"], "lines": lines, "total_minor": answer["total"]["amount_minor"]}


def differences(expected, answer):
    """Where an answer says something else than it should; only what is expected is looked at."""
    if "refused" in answer:
        return [f"refused: {answer['refused']}"]
    found = [
        f"{key}: {answer.get(key)!r}, not {value!r}"
        for key, value in expected.items() if key != "lines" and answer.get(key) != value
    ]
    lines = (expected["lines"], answer["lines"])
    if len(lines[0]) != len(lines[1]):
        kinds = [[line["kind"] for line in side] for side in lines]
        found.append(f"lines: {kinds[1]}, not {kinds[0]}")
    for index, (wanted, got) in enumerate(zip(*lines)):
        found += [
            f"line {index} ({wanted['kind']}), {key}: {got.get(key)!r}, not {value!r}"
            for key, value in wanted.items() if got.get(key) != value
        ]
    return found


def expectation(rated):
    """What the server has to say where `rating.rate` says this."""
    lines = []
    for line in rated["lines"]:
        if line["kind"] not in ("base_fee", "usage"):
            line = {key: line[key] for key in SAID_OF_MODIFIERS}
        if line["kind"] in ("minimum", "maximum"):
            del line["description"]
        lines.append({**line, "currency": rated["currency"]})
    return {**rated, "lines": lines}


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def failed_cases(answer_to):
    """The worked cases in which these answers are wrong, each with its arithmetic."""
    failed = []
    for case in CASES:
        found = differences(case["expected"], answer_to(case["request"]))
        if found:
            failed.append("\n  ".join([f"{case['name']} (section {case['rule']}): {case['arithmetic']}", *found,
                                       compact(case["request"])]))
    return failed


def told(failures):
    """All of many failures in a few."""
    return f"{len(failures)} differ:\n" + "\n".join(failures[:10])


def preview(api, request):
    """The server's answer; a refusal is an answer, too, and never the right one."""
    answer = api.send("POST", PREVIEW, json=request)
    if answer.status_code != 200:
        return {"refused": f"{answer.status_code} {answer.text[:1000]}"}
    return flattened(answer.json())


# The worked cases.


def test_the_second_engine_agrees_with_every_worked_case():
    failed = failed_cases(rating.rate)
    assert not failed, told(failed)


def test_the_server_agrees_with_every_worked_case(plain):
    failed = failed_cases(lambda request: preview(plain.msp, request))
    assert not failed, told(failed)


def test_the_worked_cases_are_whole():
    names = [case["name"] for case in CASES]
    assert len(set(names)) == len(names) >= 160
    assert all(case["arithmetic"] for case in CASES)
    assert {case["rule"] for case in CASES} >= {*"1234568", "25"}
    for case in CASES:
        expected = case["expected"]
        assert sum(line["amount_minor"] for line in expected["lines"]) == expected["total_minor"], case["name"]


def test_a_wrong_answer_is_told():
    """Whatever is changed in an answer that was right."""
    [case] = [case for case in CASES if case["name"] == "the request of the page"]
    right = rating.rate(case["request"])
    assert differences(case["expected"], right) == []
    told_with_currency = {**right, "lines": [{**line, "currency": "USD"} for line in right["lines"]]}
    assert differences(expectation(right), told_with_currency) == []
    for change in (
        lambda answer: answer.update(total_minor=10162),
        lambda answer: answer["lines"][1].update(amount_minor=7024),
        lambda answer: answer["lines"][1].update(quantity="10.645161291"),
        lambda answer: answer["lines"][1].update(group={"class": "desktop"}),
        lambda answer: answer["lines"][4].update(kind="maximum"),
        lambda answer: answer["lines"].pop(),
        lambda answer: answer["lines"].reverse(),
        lambda answer: answer.update(refused="422"),
    ):
        wrong = copy.deepcopy(right)
        change(wrong)
        assert differences(case["expected"], wrong)


def test_a_wrong_expectation_is_told(monkeypatch):
    wrong = copy.deepcopy(CASES[:5])
    wrong[3]["expected"]["lines"][0]["amount_minor"] += 1
    monkeypatch.setitem(globals(), "CASES", wrong)
    [failure] = failed_cases(rating.rate)
    assert wrong[3]["name"] in failure and wrong[3]["arithmetic"] in failure


# Random prices.


def test_server_and_second_engine_agree_on_random_prices(plain):
    callers = threading.local()

    def difference(request):
        # A connection for each thread, which stays open.
        if not hasattr(callers, "api"):
            callers.api = Api(plain.server.url, plain.msp.token)
        answer, rated = preview(callers.api, request), rating.rate(request, ZONE)
        found = differences(expectation(rated), answer)
        if found:
            return "\n  ".join([*found, f"request: {compact(request)}", f"server:  {compact(answer)}",
                                f"rating:  {compact(rated)}"])
        return None

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        found = [one for one in pool.map(difference, random_prices.requests(SEED, REQUESTS)) if one]
    # The shortest are the easiest to follow.
    found.sort(key=len)
    assert not found, f"seed {SEED}: {len(found)} of {REQUESTS} differ, the shortest being\n" + "\n\n".join(found[:3])


def test_random_requests_repeat_and_reach_everything():
    """The same seed makes the same requests; models, aggregations, modifiers and ties all come often enough."""
    made = list(random_prices.requests(SEED, 600))
    assert made == list(random_prices.requests(SEED, 600)) != list(random_prices.requests(SEED + 1, 600))
    prices = [part["price"] for request in made for part in request["plan"]["components"]]
    for model in random_prices.MODEL_FIELDS:
        assert sum(price["model"] == model for price in prices) > 20, model
    functions = [price.get("aggregation", {}).get("function") for price in prices]
    for function in ("sum", "count", "unique_count", "max", "latest", "percentile_95", "time_weighted_sum"):
        assert functions.count(function) > 20, function
    assert sum(request.get("quantity", 1) > 1 for request in made) > 100
    rated = [rating.rate(request, ZONE) for request in made]
    kinds = [line["kind"] for answer in rated for line in answer["lines"]]
    for kind in ("base_fee", "usage", "discount", "minimum", "maximum"):
        assert kinds.count(kind) > 20, kind
    assert all(answer["total_minor"] < 10**18 for answer in rated)


# What the second engine is made of.


@pytest.mark.parametrize(("value", "rounded"), [
    ("0.5", 1), ("-0.5", -1), ("1.5", 2), ("2.5", 3), ("-2.5", -3), ("0.499999999", 0), ("-0.499999999", 0), ("7", 7)])
def test_rounding_half_away_from_zero(value, rounded):
    assert rating.half_away(Fraction(value)) == rounded


@pytest.mark.parametrize(("value", "text"), [
    ("0", "0"), ("-0.000", "0"), ("1.50", "1.5"), ("100", "100"), ("-0.000000001", "-0.000000001"),
    ("1000000000000000000000", "1000000000000000000000")])
def test_decimals_as_texts(value, text):
    assert rating.text_of(Fraction(value)) == text


@pytest.mark.parametrize(("total", "weights", "parts"), [
    (10000, [1, 1, 1], [3334, 3333, 3333]),
    (-100, [1, 1, 1], [-34, -33, -33]),
    (0, [1, 2], [0, 0]),
    (1, [1, 1], [1, 0]),
    # 33.3, 33.3, 33.4 and so the last.
    (100, ["33.3", "33.3", "33.4"], [33, 33, 34]),
    # 0.5 and 1.5: equal remainders, the first.
    (2, [1, 3], [1, 1]),
    # 1.2, 2.4, 2.4: the first of the largest remainders.
    (6, [1, 2, 2], [1, 3, 2]),
    (-6, [1, 2, 2], [-1, -3, -2]),
    (7, [0, 1, 0], [0, 7, 0]),
    # 10 and 21 of 31 days: 16.129… and 33.870…
    (5000, [10, 21], [1613, 3387]),
    (9223372036854775807, [1, 1], [4611686018427387904, 4611686018427387903]),
])
def test_splitting(total, weights, parts):
    assert rating.split(total, weights) == parts
    assert sum(parts) == total


@pytest.mark.parametrize(("zone", "day", "first"), [
    ("UTC", "2026-04-01", "2026-04-01T00:00:00Z"),
    ("America/New_York", "2026-03-08", "2026-03-08T05:00:00Z"),
    ("America/New_York", "2026-03-09", "2026-03-09T04:00:00Z"),
    # Clocks that skip midnight, and clocks that strike it twice.
    ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"),
    ("Africa/Cairo", "2024-04-26", "2024-04-25T22:00:00Z"),
    ("America/Havana", "2025-11-02", "2025-11-02T04:00:00Z"),
])
def test_the_first_instant_of_a_day(zone, day, first):
    found = rating.start_of_day(datetime.date.fromisoformat(day), zoneinfo.ZoneInfo(zone))
    assert found == rating.instant(first)
