"""What the end-to-end tests share: the built programs, servers, clients, a mailbox."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from urllib.parse import urlsplit

import httpx
from aiosmtpd.controller import Controller

ROOT = pathlib.Path(__file__).resolve().parents[1]
PASSWORD = "correct horse battery"


def program(name):
    """A built program: in BAILIWICK_TEST_BIN_DIR, else where cargo puts it."""
    given = os.environ.get("BAILIWICK_TEST_BIN_DIR")
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    path = pathlib.Path(given) / name if given else target / "debug" / name
    assert path.exists(), f"{path} has not been built: cargo build -p bailiwick -p simulators"
    return path


def environment(**settings):
    """The environment without whatever would configure a server, and with these settings.

    `database__url="…"` becomes `BAILIWICK_DATABASE__URL`.
    """
    kept = ("BAILIWICK_PG_BIN", "BAILIWICK_CACHE")
    clean = {
        name: value
        for name, value in os.environ.items()
        if name != "DATABASE_URL" and (not name.startswith("BAILIWICK_") or name.startswith(kept))
    }
    # The servers share the machine with the tests.
    clean["BAILIWICK_THREADS"] = "2"
    return clean | {f"BAILIWICK_{name.upper()}": str(value) for name, value in settings.items()}


def data_dir():
    """A new directory that another system user can reach too: PostgreSQL does not run as root."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="bailiwick-e2e-"))
    path.chmod(0o711)
    return path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, seconds=15, every=0.1, what="it"):
    """Asks until the answer is true, and gives it."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(every)


class Server:
    """One `bailiwick serve`."""

    def __init__(self, directory, *arguments, port=None, log="server.log", **settings):
        self.directory = directory
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.arguments = ["serve", "--listen", f"127.0.0.1:{self.port}", "--data-dir", str(directory), *arguments]
        self.settings = settings
        self.log_path = directory / log
        self.process = None

    def start(self, seconds=120):
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [program("bailiwick"), *self.arguments],
                env=environment(**self.settings), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                # Ctrl-C in the terminal is for the tests, which then stop it themselves.
                start_new_session=True,
            )
        try:
            self.wait_ready(seconds)
        except BaseException:
            self.discard()
            raise
        return self

    def wait_ready(self, seconds):
        deadline = time.monotonic() + seconds
        while True:
            assert self.process.poll() is None, f"the server ended with {self.process.returncode}:\n{self.log()[-4000:]}"
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline, f"the server is not ready after {seconds} s:\n{self.log()[-4000:]}"
            time.sleep(0.05)

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def stop(self):
        """Asks it to end, and insists that it does so properly."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.discard()
            raise AssertionError(f"the server does not stop:\n{self.log()[-4000:]}") from None
        log = self.log()
        assert code == 0, f"the server ended with {code}:\n{log[-4000:]}"
        panics = [line for line in log.splitlines() if "panicked" in line]
        assert not panics, "\n".join(panics)

    def kill(self):
        """As `kill -9` does; a private database goes on running."""
        self.process.kill()
        self.process.wait()

    def discard(self):
        """Ends it and its private database whatever state they are in."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        try:
            text = (self.directory / "postgres/pgdata/postmaster.pid").read_text()
            os.kill(int(text.split()[0]), signal.SIGINT)
        except (OSError, ValueError, IndexError):
            pass


class Simulators:
    """One `bailiwick-simulators`, for servers that are not the demo."""

    SECRETS = {"platform": "whsec_e2e_platform", "connect": "whsec_e2e_connect"}

    def __init__(self, server_port):
        hook = f"http://127.0.0.1:{server_port}/api/v1/webhooks/stripe"
        self.process = subprocess.Popen(
            [program("bailiwick-simulators"), "--listen", "127.0.0.1:0", "--exit-with-stdin",
             "--webhook-url", hook, "--webhook-secret", self.SECRETS["platform"],
             "--connect-webhook-url", f"{hook}/connect", "--connect-webhook-secret", self.SECRETS["connect"]],
            env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )
        line = self.process.stdout.readline()
        assert line.startswith("listening on "), f"the simulators did not start: {line!r}"
        self.url = "http://" + line.removeprefix("listening on ").strip()

    def control(self, path, body=None):
        answer = httpx.post(f"{self.url}/_simulator/{path}", json=body or {})
        assert answer.is_success, answer.text
        return answer.json()

    def read(self, path):
        answer = httpx.get(f"{self.url}/_simulator/{path}")
        assert answer.is_success, answer.text
        return answer.json()

    def settings(self, fee_basis_points=150):
        """What a server needs to know of them."""
        return {
            "stripe__secret_key": "sk_test_e2e", "stripe__api_base": self.url,
            "stripe__platform_webhook_secret": self.SECRETS["platform"],
            "stripe__connect_webhook_secret": self.SECRETS["connect"],
            "stripe__application_fee_basis_points": fee_basis_points,
        }

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Mailbox:
    """A mail server on loopback that keeps whatever comes."""

    def __init__(self):
        self.mails = []
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self.controller.start()

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((envelope.rcpt_tos, envelope.content.decode(errors="replace")))
        return "250 OK"

    def settings(self):
        return {"mail__smtp__host": "127.0.0.1", "mail__smtp__port": self.controller.port, "mail__smtp__tls": "none",
                "mail__from": "bailiwick@e2e.example"}

    def to(self, address):
        return [text for receivers, text in list(self.mails) if address in receivers]

    def token_for(self, address, prefix="bwi_"):
        """The token in the link of the last mail to somebody."""
        mail = wait_until(lambda: self.to(address), what=f"mail to {address}")[-1]
        # Quoted-printable: soft line breaks and an encoded equals sign.
        text = mail.replace("=\r\n", "").replace("=3D", "=")
        return re.search(rf"token=({prefix}[\w-]+)", text).group(1)

    def stop(self):
        self.controller.stop()


class Api:
    """The API as one caller sees it."""

    def __init__(self, url, token=None, host=None):
        headers = {"User-Agent": "bailiwick-e2e"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if host:
            headers["Host"] = f"{host}:{urlsplit(url).port}"
        self.url, self.token, self.host = url, token, host
        self.client = httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=60)

    def send(self, method, path, expect=None, **request):
        """Sends a request; `expect` is the status that has to come back, nothing for any."""
        answer = self.client.request(method, path, **request)
        if expect is not None:
            assert answer.status_code == expect, f"{method} {path}: {answer.status_code} {answer.text[:2000]}"
        return answer

    def get(self, path, expect=200, **params):
        return self.send("GET", path, expect, params=params).json()

    def post(self, path, body=None, expect=200, **request):
        answer = self.send("POST", path, expect, json=body, **request)
        return answer.json() if answer.content else None

    def put(self, path, body, expect=200, **request):
        return self.send("PUT", path, expect, json=body, **request).json()

    def items(self, path, **params):
        """Every row of a list, page by page."""
        rows, params = [], {"limit": 200, **params}
        while True:
            page = self.get(path, **params)
            rows += page["items"]
            if not page.get("next_cursor"):
                return rows
            params["cursor"] = page["next_cursor"]

    def at(self, other):
        """The same caller at another server."""
        return Api(other.url, self.token, self.host)


def sign_in(server, email, password=PASSWORD, host=None, **more):
    tokens = Api(server.url, host=host).post("/auth/sign-in", {"email": email, "password": password, **more})
    api = Api(server.url, tokens["access_token"], host)
    api.tokens = tokens
    return api


def admin_create(directory, email="root@platform.example", **settings):
    """`bailiwick admin create`, the password on its standard input."""
    done = subprocess.run(
        [program("bailiwick"), "admin", "create", "--email", email, "--name", "Pat Form", "--company", "Platform Ltd"],
        env=environment(data_dir=directory, **settings), input=PASSWORD + "\n", text=True, timeout=180,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    assert done.returncode == 0, done.stdout
    return email


def accept(server, mailbox, email, name):
    """Accepts the invitation that was mailed to somebody, and signs in."""
    body = {"token": mailbox.token_for(email), "name": name, "password": PASSWORD}
    Api(server.url).post("/auth/invitation/accept", body, expect=204)
    return sign_in(server, email)


def problem(answer, *statuses):
    """Checks that an answer is a problem (RFC 9457), and gives it."""
    assert answer.status_code in statuses, f"{answer.status_code}, not {statuses}: {answer.text[:600]}"
    assert answer.headers["content-type"] == "application/problem+json", answer.headers
    body = answer.json()
    assert body["status"] == answer.status_code and body["code"] and body["title"] and body["type"], body
    assert body["request_id"] == answer.headers["x-request-id"], body
    return body


def remove(directory):
    shutil.rmtree(directory, ignore_errors=True)
