"""A browser's part in a payment: it shows pages and sends their forms."""

import html
import re
from urllib.parse import urljoin, urlsplit

import httpx


def visit(url, method="GET", **request):
    """Asks for a page. Every name below `localhost` is this machine, as browsers have it."""
    parts = urlsplit(url)
    name = parts.hostname
    assert name == "127.0.0.1" or name == "localhost" or name.endswith(".localhost"), url
    address = parts._replace(netloc=f"127.0.0.1:{parts.port}").geturl()
    return httpx.request(method, address, headers={"Host": parts.netloc}, follow_redirects=False, timeout=30, **request)


def submit(url, page, fields=None, button=None):
    """Sends the form of a page with what is in it, changed by `fields`; gives the answer, not yet followed."""
    form = re.search(r'<form method="post" action="([^"]*)"[^>]*>(.*?)</form>', page.text, re.DOTALL)
    assert form, page.text
    values = {}
    for tag in re.findall(r"<input [^>]*>", form.group(2)):
        attributes = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        values[attributes["name"]] = html.unescape(attributes.get("value", ""))
    values |= (fields or {}) | (button or {})
    return visit(urljoin(url, html.unescape(form.group(1))), "POST", data=values)


def save(url, card):
    """Saves a card on a page of Checkout, and confirms it where the bank asks for that; gives where the browser is sent."""
    page = visit(url)
    assert page.status_code == 200 and "Save a card" in text(page), page.text
    answer = submit(url, page, {"card": card})
    assert answer.status_code == 303, answer.text
    asked = answer.headers["location"]
    if "/3ds/" in asked:
        answer = submit(asked, visit(asked), button={"do": "complete"})
        assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def text(page):
    """What a person reads on it."""
    body = re.sub(r"<style.*?</style>", " ", page.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def pay(url, card=None):
    """Pays on a Checkout page; gives the address that the browser is sent to."""
    page = visit(url)
    assert page.status_code == 200, page.text
    answer = submit(url, page, {"card": card} if card else None)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]
