"""Messages that cannot become another message, and what stands in each kind of mail."""

from __future__ import annotations

from datetime import UTC, datetime
from email.errors import HeaderParseError
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.core.email import Message, as_mime, is_address
from timeline_local.core.encryption import FieldCipher
from timeline_local.services import mail

AT = datetime(2026, 11, 23, tzinfo=UTC)
SERVER = "https://timeline.example.org"
TEMPLATES = sorted(path.stem for path in Path(mail.__file__).with_name("mails").glob("*.txt"))
FACTS = {"until": "soon", "at": "now", "device": "<img src=//evil.example/x>"}


@pytest.mark.parametrize(
    "address", ["ana@example.org", "a.b+c@sub.example.org", "ana@localhost", "grüße@exämple.org", "x" * 64 + "@a.de"]
)
def test_what_mail_can_be_sent_to(address: str) -> None:
    assert is_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ana",
        "@example.org",
        "ana@",
        "a@b@c",
        "ana@example.org\nBcc: all@example.org",
        "ana@example.org\r\n",
        "ana@exa mple.org",
        "ana@example.org,ben@example.org",
        "Ana <ana@example.org>",
        '"a b"@example.org',
        "ana@-example.org",
        "ana@example..org",
        ".ana@example.org",
        "a..b@example.org",
        "ana@example.org\u2028x",
        "ana\0@example.org",
        "x" * 65 + "@a.de",
        "a@" + "b" * 300,
    ],
)
def test_what_no_mail_is_sent_to(address: str) -> None:
    assert not is_address(address)
    with pytest.raises(ValueError, match="not a mail address"):
        Message(address, "Subject", "text", "html")


@pytest.mark.parametrize("subject", ["", "a\nBcc: b@example.org", "a\rb", "a\u2028b", "a\0b", "x" * 201])
def test_a_subject_is_one_short_line(subject: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        Message("ana@example.org", subject, "text", "html")


@given(to=st.text(max_size=80), subject=st.text(max_size=80), text=st.text(max_size=200))
def test_no_text_adds_a_header(to: str, subject: str, text: str) -> None:
    try:
        made = as_mime(Message(to, subject, text, text), sender="timeline@example.org", at=AT)
        raw = made.as_bytes()
    except (ValueError, HeaderParseError, UnicodeError):
        return
    names = {line.split(b":")[0].lower() for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n") if line[:1] not in b" \t"}
    assert names == {
        *(b"from", b"to", b"subject", b"date", b"message-id", b"auto-submitted", b"mime-version", b"content-type")
    }


class _Remote(HTMLParser):
    """Collects what a mail program would load, and what it would follow."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.followed: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("img", "link", "script", "iframe", "object", "embed", "video", "audio", "base", "form"):
            self.loaded.append(tag)
        self.followed += [value or "" for name, value in attrs if name in ("href", "src", "action", "background")]


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_mail_loads_nothing_and_leads_only_to_this_server(template: str) -> None:
    token = "abc" if template in mail._PATHS else ""
    made = mail.compose(mail.Mail(template, "ana@example.org", token, FACTS), server=SERVER)
    page = _Remote()
    page.feed(made.html)
    assert page.loaded == []
    assert all(link.startswith(f"{SERVER}/") for link in page.followed)
    assert "$" not in made.text + made.html
    assert "url(" not in made.html


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_text_and_the_page_of_a_mail_say_the_same(template: str) -> None:
    token = "abc" if template in mail._PATHS else ""
    made = mail.compose(mail.Mail(template, "ana@example.org", token, FACTS | {"device": "Firefox"}), server=SERVER)
    shown = _Text()
    shown.feed(made.html.partition("</h1>")[2])
    assert " ".join("".join(shown.parts).split()) == " ".join(made.text.split())


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def test_the_secret_of_a_link_stands_where_browsers_send_it_to_nobody() -> None:
    made = mail.compose(mail.Mail("password_reset", "ana@example.org", "SECRET", FACTS), server=SERVER)
    assert f"{SERVER}/reset#token=SECRET" in made.text


def test_a_payload_shows_neither_address_nor_token() -> None:
    cipher = FieldCipher(bytes(32))
    payload = mail.sealed(cipher, mail.as_document(mail.Mail("password_reset", "ana@example.org", "SECRET")))
    assert "ana" not in str(payload)
    assert "SECRET" not in str(payload)
    opened = mail.opened(cipher, payload)
    assert opened is not None
    assert mail.as_mail(opened).token == "SECRET"
