"""Servers for the end-to-end tests. Each is started once for all tests that need it."""

import signal
import types

import pytest
import support

DEMO_PASSWORD = "bailiwick-demo"


def pytest_configure():
    # Ended from outside, the tests still stop their servers.
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=143))


@pytest.fixture(scope="session")
def demo():
    """The demo: `bailiwick serve --demo` on a new data directory."""
    directory = support.data_dir()
    server = support.Server(directory, "--demo")
    try:
        # The first start makes the demo world.
        server.start(seconds=300)
        yield server
        server.stop()
    finally:
        server.discard()
        support.remove(directory)


@pytest.fixture(scope="session")
def demo_login(demo):
    """Signs in to the demo; each person once."""
    people = {}

    def sign_in(email, host=None):
        if email not in people:
            people[email] = support.sign_in(demo, email, DEMO_PASSWORD, host)
        return people[email]

    return sign_in


@pytest.fixture(scope="module")
def plain():
    """A real installation as `bailiwick admin create` leaves it, with a mail server and Stripe's stand-in.

    `admin` runs the platform, `msp` is the administrator of Alpha, `other` that of Beta.
    """
    directory = support.data_dir()
    mailbox = support.Mailbox()
    port = support.free_port()
    simulators = support.Simulators(port)
    settings = mailbox.settings() | simulators.settings()
    server = support.Server(directory, port=port, **settings)
    try:
        email = support.admin_create(directory, **settings)
        server.start()
        admin = support.sign_in(server, email)
        people = {}
        for slug in ("alpha", "beta"):
            address = f"admin@{slug}.example"
            admin.post(
                "/platform/msps",
                {"name": f"{slug.title()} IT", "slug": slug, "admin_email": address, "time_zone": "Europe/Berlin"},
                expect=201,
            )
            people[slug] = support.accept(server, mailbox, address, f"Ada {slug.title()}")
        yield types.SimpleNamespace(server=server, mailbox=mailbox, simulators=simulators, settings=settings,
                                    admin=admin, msp=people["alpha"], other=people["beta"])
        server.stop()
    finally:
        server.discard()
        simulators.stop()
        mailbox.stop()
        support.remove(directory)
