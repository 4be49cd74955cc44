"""Outgoing mail against a real SMTP server (aiosmtpd)."""

import base64
import socket

import pytest
from conftest import PASSWORD, USER

MAIL = {
    "from_name": "Northwind IT",
    "from_address": "billing@northwind.example",
    "reply_to": "help@northwind.example",
    "to_address": "payer@customer.example",
    "to_name": "Zoë Müller",
    "subject": "Invoice NW-1: 12,00 €, due in fourteen days, with a subject that is longer than a line of a header",
    "text": "Hello\n\n.\nThe line above is one point.\n",
    "html": "<p>Hello – pay <b>12,00 €</b></p>",
    "message_id_seed": "mai_01jd8q0m3kfb9tn5v5t8v7w2ac",
}
PDF = b"%PDF-1.7\r\n\x00\x01\x02 binary" * 100


def headers(mail, name):
    return [value for key, value in mail["headers"] if key.lower() == name.lower()]


@pytest.mark.parametrize(
    ("mode", "arguments"),
    [
        ("starttls", []),
        ("starttls", ["--without", "PLAIN"]),
        ("tls", ["--mode", "tls"]),
        ("none", ["--mode", "plain"]),
    ],
)
def test_a_mail_arrives_whole(server, send, mode, arguments):
    running = server(*arguments)
    attachment = {"file_name": "Rechnung März.pdf", "content_type": "application/pdf",
                  "base64": base64.b64encode(PDF).decode()}
    assert send({**MAIL, "attachments": [attachment]}, port=running.port, tls=mode) == "sent"
    mail = running.received()
    assert mail["from"] == MAIL["from_address"]
    assert mail["to"] == [MAIL["to_address"]]
    assert mail["user"] == USER
    assert mail["tls"] == (mode != "none")
    assert mail["defects"] == []
    assert headers(mail, "Subject") == [MAIL["subject"]]
    assert headers(mail, "From") == ["Northwind IT <billing@northwind.example>"]
    assert headers(mail, "To") == ["Zoë Müller <payer@customer.example>"]
    assert headers(mail, "Reply-To") == ["help@northwind.example"]
    assert headers(mail, "Message-ID") == ["<mai_01jd8q0m3kfb9tn5v5t8v7w2ac@northwind.example>"]
    assert headers(mail, "Auto-Submitted") == ["auto-generated"]
    text, html, pdf = mail["parts"]
    assert (text["type"], text["text"].replace("\r\n", "\n").strip()) == ("text/plain", MAIL["text"].strip())
    assert (html["type"], html["text"].strip()) == ("text/html", MAIL["html"])
    assert (pdf["type"], pdf["file"], pdf["size"]) == ("application/pdf", "Rechnung März.pdf", len(PDF))


def test_names_and_subjects_add_no_headers(server, send):
    running = server()
    evil = "x\r\nBcc: victim@example.com\r\n\r\n<script>"
    attachment = {"file_name": evil, "content_type": "application/pdf", "base64": "AA=="}
    mail = {**MAIL, "from_name": evil, "to_name": evil, "subject": evil, "attachments": [attachment]}
    assert send(mail, port=running.port) == "sent"
    received = running.received()
    assert received["to"] == [MAIL["to_address"]]
    assert headers(received, "Bcc") == []
    assert headers(received, "Subject") == ["x Bcc: victim@example.com <script>"]
    assert [part["type"] for part in received["parts"]] == ["text/plain", "text/html", "application/pdf"]


@pytest.mark.parametrize("address", ["a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", "nobody", ""])
def test_what_is_no_address_is_refused_for_good(send, address):
    assert send({**MAIL, "to_address": address}, port=9).startswith("permanent: ")


@pytest.mark.parametrize(
    ("receiver", "outcome", "code"), [("temporary", "temporary", "451"), ("permanent", "permanent", "550")]
)
def test_the_server_s_refusal_says_whether_to_try_again(server, send, receiver, outcome, code):
    running = server()
    answer = send({**MAIL, "to_address": f"{receiver}@customer.example"}, port=running.port)
    assert answer.startswith(f"{outcome}: ")
    assert code in answer


def test_a_wrong_password_is_no_fault_of_the_mail(server, send):
    running = server()
    answer = send(MAIL, port=running.port, password="wrong word")
    assert answer == "temporary: the mail server refuses our sign-in (535)"


def test_the_password_is_not_repeated(server, send):
    running = server()
    answer = send({**MAIL, "to_address": "echo@customer.example"}, port=running.port)
    assert answer.startswith("permanent: ")
    assert PASSWORD not in answer
    assert "[secret]" in answer


def test_a_server_without_starttls_gets_nothing(server, send):
    running = server("--mode", "plain")
    assert send(MAIL, port=running.port).startswith("temporary: ")
    assert running.lines.empty()


def test_an_unknown_certificate_gets_nothing(server, send):
    running = server()
    assert send(MAIL, port=running.port, root="").startswith("temporary: ")
    running = server("--mode", "tls")
    assert send(MAIL, port=running.port, root="", tls="tls").startswith("temporary: ")


def test_another_name_than_the_certificate_s_gets_nothing(server, send):
    running = server()
    assert send(MAIL, port=running.port, host="127.0.0.2").startswith("temporary: ")


def test_nobody_there(send):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert send(MAIL, port=free.getsockname()[1]).startswith("temporary: ")


def test_a_silent_server_does_not_hold_us_up(server, send):
    running = server()
    answer = send({**MAIL, "to_address": "slow@customer.example"}, port=running.port, timeout=1)
    assert answer.startswith("temporary: ")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        assert send(MAIL, port=silent.getsockname()[1], timeout=1).startswith("temporary: ")
