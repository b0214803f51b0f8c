"""What every way of sending mail does, and what SMTP does besides; against a real mail server on a free port."""

from __future__ import annotations

import asyncio
import socket
import ssl
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from timeline_local.backends.email_files import FileMailer
from timeline_local.backends.email_smtp import Security, SmtpMailer
from timeline_local.core.email import Mailer, Message
from timeline_local.exceptions import MailRefused, MailUnavailable

SENDER = "Timeline Ünit <timeline@example.org>"
MESSAGE = Message("ana@example.org", "Grüße", "Línea\n\nhttps://example.org/#token=abc\n", "<p>Línea</p>")
AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


class Inbox:
    """A mail server's handler: keeps what it takes, and refuses whom it is told to."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.encrypted: list[bool] = []
        self.refusal: str | None = None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.refusal is not None:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        assert isinstance(envelope.content, bytes)
        self.taken.append(envelope.content)
        self.encrypted.append(session.ssl is not None)
        return "250 OK"


class Served:
    """A running mail server and the way to it."""

    def __init__(self, inbox: Inbox, controller: Controller, ca_file: Path) -> None:
        self.inbox = inbox
        self.port = controller.port
        self.ca_file = ca_file

    def mailer(self, security: Security, **more: object) -> SmtpMailer:
        options: dict[str, object] = {"ca_file": self.ca_file, "timeout_s": 30, **more}
        return SmtpMailer("127.0.0.1", port=self.port, security=security, sender=SENDER, now=lambda: AT, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of 127.0.0.1, signed by itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("certificate") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def _accept(name: object) -> Callable[..., AuthResult]:
    def check(_server: object, _session: object, _envelope: object, _mechanism: str, given: object) -> AuthResult:
        assert isinstance(given, LoginPassword)
        is_right = (given.login, given.password) == (b"ana", b"right")
        return AuthResult(success=is_right, handled=False)  # the server answers

    return check


class _OnAFreePort(Controller):
    """The controller asks its port whether it answers before it tells which it got."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


def _served(ca_file: Path, **options: object) -> Iterator[Served]:
    inbox = Inbox()
    controller = _OnAFreePort(inbox, hostname="127.0.0.1", port=0, ready_timeout=60, **options)  # type: ignore[arg-type]
    controller.start()
    yield Served(inbox, controller, ca_file)
    controller.stop()


@pytest.fixture
def plain(certificate: Path) -> Iterator[Served]:
    yield from _served(certificate)


@pytest.fixture
def upgrading(certificate: Path, server_context: ssl.SSLContext) -> Iterator[Served]:
    """Takes mail only after STARTTLS and signing in."""
    yield from _served(
        certificate,
        tls_context=server_context,
        require_starttls=True,
        auth_required=True,
        auth_exclude_mechanism=["LOGIN"],  # one answer to a wrong password, not two
        authenticator=_accept(None),
    )


@pytest.fixture
def encrypted(certificate: Path, server_context: ssl.SSLContext) -> Iterator[Served]:
    """Speaks TLS from the first byte."""
    yield from _served(certificate, ssl_context=server_context)


# --- both ------------------------------------------------------------------------


@pytest.fixture(params=["files", "smtp"])
def any_mailer(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Mailer, Callable[[], list[bytes]]]:
    """A mailer, and what came out of it."""
    if request.param == "files":
        outbox = tmp_path / "outbox"
        mailer = FileMailer(outbox, sender=SENDER, now=lambda: AT)
        return mailer, lambda: [path.read_bytes() for path in sorted(outbox.glob("*.eml"))]
    served: Served = request.getfixturevalue("plain")
    return served.mailer("none"), lambda: served.inbox.taken


async def test_a_message_arrives_as_text_and_html_with_nothing_added(
    any_mailer: tuple[Mailer, Callable[[], list[bytes]]],
) -> None:
    mailer, arrived = any_mailer
    await mailer.send(MESSAGE)
    mail = message_from_bytes(arrived()[0], policy=default)
    assert isinstance(mail, EmailMessage)
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert page is not None
    assert (mail["To"], mail["Subject"], mail["From"]) == (
        "ana@example.org",
        "Grüße",
        "Timeline Ünit <timeline@example.org>",
    )
    assert (text.get_content().replace("\r\n", "\n"), page.get_content().strip()) == (MESSAGE.text, MESSAGE.html)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


async def test_messages_at_once_all_arrive(any_mailer: tuple[Mailer, Callable[[], list[bytes]]]) -> None:
    mailer, arrived = any_mailer
    await asyncio.gather(*(mailer.send(MESSAGE) for _ in range(10)))
    assert len(arrived()) == 10


# --- files -----------------------------------------------------------------------


async def test_a_mail_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    await FileMailer(tmp_path / "outbox", sender=SENDER, now=lambda: AT).send(MESSAGE)
    (file,) = (tmp_path / "outbox").iterdir()
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (file, tmp_path / "outbox")]
    assert (modes, file.suffix) == ([0o600, 0o700], ".eml")


async def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file where the folder should be")
    with pytest.raises(MailUnavailable):
        await FileMailer(tmp_path / "outbox" / "below", sender=SENDER, now=lambda: AT).send(MESSAGE)


# --- SMTP ------------------------------------------------------------------------


async def test_starttls_encrypts_before_signing_in_and_sending(upgrading: Served) -> None:
    await upgrading.mailer("starttls", username="ana", password="right").send(MESSAGE)
    assert (len(upgrading.inbox.taken), upgrading.inbox.encrypted) == (1, [True])


async def test_a_wrong_password_of_the_settings_is_tried_again(upgrading: Served) -> None:
    with pytest.raises(MailUnavailable) as caught:
        await upgrading.mailer("starttls", username="ana", password="wrong").send(MESSAGE)
    assert "user name and password" in caught.value.detail
    assert "wrong" not in caught.value.detail
    assert upgrading.inbox.taken == []


async def test_a_server_without_starttls_gets_no_password_and_no_mail(plain: Served) -> None:
    with pytest.raises(MailUnavailable):
        await plain.mailer("starttls", username="ana", password="right").send(MESSAGE)
    assert plain.inbox.taken == []


async def test_tls_from_the_first_byte(encrypted: Served) -> None:
    await encrypted.mailer("tls").send(MESSAGE)
    assert len(encrypted.inbox.taken) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_nobody_vouches_for_gets_no_mail(
    request: pytest.FixtureRequest, security: Security
) -> None:
    served: Served = request.getfixturevalue("upgrading" if security == "starttls" else "encrypted")
    with pytest.raises(MailUnavailable):
        await served.mailer(security, ca_file=None).send(MESSAGE)
    assert served.inbox.taken == []


async def test_an_unknown_recipient_is_refused_for_good_without_naming_them(plain: Served) -> None:
    plain.inbox.refusal = "550 no ana@example.org here"
    with pytest.raises(MailRefused) as caught:
        await plain.mailer("none").send(MESSAGE)
    assert "ana" not in caught.value.detail


async def test_a_server_that_is_busy_is_tried_again(plain: Served) -> None:
    plain.inbox.refusal = "451 greylisted, come back"
    with pytest.raises(MailUnavailable):
        await plain.mailer("none").send(MESSAGE)


async def test_a_server_that_is_not_there_is_tried_again(unused_tcp_port: int) -> None:
    mailer = SmtpMailer("127.0.0.1", port=unused_tcp_port, security="none", sender=SENDER, now=lambda: AT)
    with pytest.raises(MailUnavailable):
        await mailer.send(MESSAGE)


async def test_a_server_that_says_nothing_is_given_up_after_the_time_set() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections in line, and never answers
        port = silent.getsockname()[1]
        mailer = SmtpMailer("127.0.0.1", port=port, security="none", sender=SENDER, now=lambda: AT, timeout_s=0.2)
        with pytest.raises(MailUnavailable):
            await mailer.send(MESSAGE)
