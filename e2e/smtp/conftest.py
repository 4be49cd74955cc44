"""What the tests of outgoing mail share: certificates, servers, and the program that sends."""

import datetime
import ipaddress
import json
import os
import pathlib
import queue
import subprocess
import sys
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
USER, PASSWORD = "bailiwick", "correct horse/battery=staple"


class Server:
    def __init__(self, certificate, key, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, HERE / "server.py", "--certificate", certificate, "--key", key,
             "--user", USER, "--password", PASSWORD, *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        self.port = self.lines.get(timeout=20)["port"]

    def read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))

    def received(self):
        """The one mail that has arrived."""
        mail = self.lines.get(timeout=10)
        assert self.lines.empty()
        return mail

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A self-signed certificate for `localhost`: (certificate, key)."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "certificate.pem", folder / "key.pem"


@pytest.fixture
def server(certificate):
    """Starts servers, and ends them with the test."""
    servers = []

    def start(*arguments):
        servers.append(Server(*certificate, *arguments))
        return servers[-1]

    yield start
    for running in servers:
        running.stop()


@pytest.fixture(scope="session")
def program():
    """The program that sends one mail; built unless BAILIWICK_SEND_MAIL_BIN names it."""
    given = os.environ.get("BAILIWICK_SEND_MAIL_BIN")
    if given:
        return given
    command = ["cargo", "build", "--package", "connectors", "--example", "send_mail",
               "--message-format", "json-render-diagnostics"]
    built = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    messages = (json.loads(line) for line in built.stdout.splitlines())
    return next(m["executable"] for m in messages if m.get("executable"))


@pytest.fixture
def send(program, certificate):
    """Sends a mail: the answer is `sent`, `temporary: …` or `permanent: …`."""

    def run(mail, **settings):
        environment = {
            "SMTP_HOST": "localhost", "SMTP_TLS": "starttls", "SMTP_USERNAME": USER, "SMTP_PASSWORD": PASSWORD,
            "SMTP_ROOT": str(certificate[0]), "SMTP_TIMEOUT": "10",
            **{f"SMTP_{name.upper()}": str(value) for name, value in settings.items()},
        }
        done = subprocess.run([program], input=json.dumps(mail), env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run
