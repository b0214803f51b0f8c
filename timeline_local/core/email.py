"""The port through which mail leaves: what a message is, and what every way of sending it does."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Protocol

LONGEST_ADDRESS = 254
LONGEST_SUBJECT = 200
# What we send to: one local part, one domain with a dot (or localhost), no quoting, no white space, no control
# characters. Narrower than RFC 5321 on purpose: such an address has one reading everywhere.
_ADDRESS = re.compile(r"[^\s\x00-\x20\x7f-\x9f@\"(),:;<>\[\]\\]{1,64}@[^\s\x00-\x20\x7f-\x9f@\"(),:;<>\[\]\\_/]{1,190}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Message:
    """One mail to one address. Raises ValueError for an address or a subject that could become another header."""

    to: str
    subject: str
    text: str
    html: str

    def __post_init__(self) -> None:
        if not is_address(self.to):
            message = "not a mail address"
            raise ValueError(message)
        if not self.subject or len(self.subject) > LONGEST_SUBJECT or _UNPRINTABLE.search(self.subject):
            message = "a subject is one line"
            raise ValueError(message)


class Mailer(Protocol):
    """Takes a message and gets it out, or says why not."""

    async def send(self, message: Message) -> None:
        """Hand the message over. Raises MailUnavailable (try again later) and MailRefused (never will be taken)."""
        ...


def is_address(text: str) -> bool:
    """Whether mail can be sent to this; says nothing about whether anybody reads it there."""
    if len(text) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(text):
        return False
    local, _, domain = text.partition("@")
    labels = domain.split(".")
    dotted = not (local.startswith(".") or local.endswith(".") or ".." in local)
    return dotted and all(labels) and not any(label.startswith("-") or label.endswith("-") for label in labels)


def as_mime(message: Message, *, sender: str, at: datetime) -> EmailMessage:
    """The message as it travels: text and HTML side by side, nothing remote, marked as sent by a program.

    sender  `address` or `Name <address>`.  at  the Date header.
    """
    name, address = _split(sender)
    made = EmailMessage(policy=SMTP)
    made["From"] = Address(display_name=name, addr_spec=address)
    made["To"] = Address(addr_spec=message.to)
    made["Subject"] = message.subject
    made["Date"] = format_datetime(at)
    made["Message-ID"] = f"<{secrets.token_hex(16)}@{address.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(message.text)
    made.add_alternative(message.html, subtype="html")
    return made


def is_sender(text: str) -> bool:
    """Whether this can stand behind From: an address, or `Name <address>`."""
    return is_address(_split(text)[1]) and not _UNPRINTABLE.search(text)


def _split(sender: str) -> tuple[str, str]:
    name, bracket, rest = sender.rpartition("<")
    return (name.strip().strip('"'), rest.removesuffix(">").strip()) if bracket else ("", sender.strip())
