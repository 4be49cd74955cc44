"""Hooks for `st run`: at least half of the valid requests are pointed at what exists, so that they get beyond 404 and 422.

What exists is in the JSON file that BAILIWICK_TEST_SEEDS names: `{"path": {parameter: [values]}, "body": {field: [values]}}`.
"""

import base64
import collections
import json
import os
import pathlib
import random

import schemathesis
from schemathesis.core import NOT_SET
from schemathesis.generation import GenerationMode

SEEDS = json.loads(pathlib.Path(os.environ["BAILIWICK_TEST_SEEDS"]).read_text())

# So many requests of each operation are pointed at what exists whatever chance says: each is to be reached.
ALWAYS = 4
seen = collections.Counter()


def fill(chance, body):
    for name, value in body.items():
        known = SEEDS["body"].get(name)
        if known is not None:
            body[name] = chance.choice(known)
        elif isinstance(value, dict):
            fill(chance, value)


def number(chance, value):
    """A fresh name in place of `#`, so that what is taken once is not refused ever after."""
    if isinstance(value, str):
        return value.replace("#", f"{chance.randrange(10**9)}")
    if isinstance(value, list):
        return [number(chance, one) for one in value]
    if isinstance(value, dict):
        return {name: number(chance, one) for name, one in value.items()}
    return value


@schemathesis.hook
def before_call(context, case, kwargs):
    mode = case.meta.generation.mode if case.meta else None
    chance = random.Random(f"{case.operation.label} {case.id}")
    if mode is not GenerationMode.POSITIVE:
        return
    label = case.operation.label
    at = seen[label]
    seen[label] += 1
    # Where there is nothing but an address there are few cases, and little else to try.
    left_alone = 0.5 if isinstance(case.body, dict) else 0.2
    if at >= ALWAYS and chance.random() < left_alone:
        return
    # A made-up version is refused before anything else is looked at.
    if case.headers and (at < ALWAYS or chance.random() < 0.75):
        case.headers.pop("If-Match", None)
    for name in case.path_parameters or {}:
        # By operation where one name stands for several kinds of things.
        known = SEEDS["path"].get(f"{label} {name}") or SEEDS["path"].get(name)
        if known:
            # In turn: what is used up by one request is not tried by all.
            case.path_parameters[name] = known[at % len(known)]
    if label in SEEDS["bytes"]:
        case.body, case.media_type = base64.b64decode(SEEDS["bytes"][label]), "image/png"
        return
    body = case.body
    if body is NOT_SET or not isinstance(body, dict):
        return
    if label in SEEDS["whole"]:
        case.body = number(chance, chance.choice(SEEDS["whole"][label]))
        return
    body = dict(body)
    fill(chance, body)
    case.body = number(chance, body)
