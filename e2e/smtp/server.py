"""A mail server for tests: STARTTLS, sign-in, refusals on demand; every mail it takes is a line of JSON on its output.

    python server.py --certificate cert.pem --key key.pem --user NAME --password WORD [--mode starttls|tls|plain]

The first line is `{"port": N}`. It listens on loopback alone and ends when its standard input is closed. Receivers decide
how a mail ends: `temporary@…` gets 451, `permanent@…` gets 550, `slow@…` gets no answer, `echo@…` gets a 550 that
repeats the password. Whatever comes before the sign-in is refused with 530.
"""

import argparse
import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def say(line):
    print(json.dumps(line), flush=True)


class Handler:
    def __init__(self, password):
        self.password = password

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.partition("@")[0]
        if name == "temporary":
            return "451 4.3.0 Try again later"
        if name == "permanent":
            return "550 5.1.1 No such user here"
        if name == "echo":
            return f"550 5.7.1 You said {self.password}"
        if name == "slow":
            await asyncio.sleep(3600)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = [
            {
                "type": part.get_content_type(),
                "file": part.get_filename(),
                "text": part.get_content() if part.get_content_maintype() == "text" else None,
                "size": len(part.get_payload(decode=True)),
            }
            for part in message.walk()
            if not part.is_multipart()
        ]
        say({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": server.transport.get_extra_info("ssl_object") is not None,
            "user": session.auth_data.decode() if session.auth_data else None,
            "hello": session.host_name,
            "headers": [[name, str(value)] for name, value in message.items()],
            "parts": parts,
            "defects": [repr(defect) for defect in message.defects],
        })
        return "250 OK"


async def serve(options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certificate, options.key)

    def authenticate(server, session, envelope, mechanism, data):
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (
            options.user.encode(),
            options.password.encode(),
        )
        return AuthResult(success=good, handled=False, auth_data=data.login if good else None)

    def session():
        return SMTP(
            Handler(options.password),
            hostname="mail.test",
            tls_context=context if options.mode == "starttls" else None,
            require_starttls=options.mode == "starttls",
            auth_required=True,
            auth_require_tls=options.mode == "starttls",
            auth_exclude_mechanism=[options.without] if options.without else None,
            authenticator=authenticate,
        )

    server = await asyncio.get_running_loop().create_server(
        session, "127.0.0.1", 0, ssl=context if options.mode == "tls" else None
    )
    say({"port": server.sockets[0].getsockname()[1]})
    await asyncio.to_thread(sys.stdin.read)
    server.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--user", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--mode", choices=["starttls", "tls", "plain"], default="starttls")
    parser.add_argument("--without", choices=["PLAIN", "LOGIN"], help="a way to sign in that is not offered")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
