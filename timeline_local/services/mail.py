"""Mails to the people of an install: what they say, and how they wait, encrypted, for the job that sends them.

A mail is put in line in the transaction of what it is about, so it goes out if and only if that happened. Its facts
hold tokens, so they stand in the jobs table sealed by the field cipher, and are cleared once the mail has left.
Set `runtime.wake_jobs` after the commit.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from string import Template
from typing import Any, Literal
from urllib.parse import urlsplit

import orjson
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.config import DEFAULT_PORT, ServerSettings
from timeline_local.core.email import Message
from timeline_local.core.encryption import FieldCipher
from timeline_local.models import Job
from timeline_local.queries import users as queries
from timeline_local.services import jobs

JOB = "email"
CONTEXT = b"job:email"
# When a message that the mail server did not take is tried again; after the last it is given up, after about 21 hours.
WAITS = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 900, 3600, 10_800, 21_600, 39_600))
_TEMPLATES = Path(__file__).with_name("mails")
_PATHS = {
    "verification": "/verify#token=",
    "address_change": "/verify#token=",
    "password_reset": "/reset#token=",
    "invitation": "/register#invitation=",
}
Notice = Literal[
    "password_changed",
    "new_device",
    "second_factor_on",
    "second_factor_off",
    "recovery_codes",
    "address_changed",
    "account_deleted",
]


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail before it is put into words. template: a file in mails/. token: the secret end of its link, if any."""

    template: str
    to: str
    token: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


# --- putting in line -----------------------------------------------------------


async def verification(
    db: AsyncConnection, cipher: FieldCipher, owner_pk: int, *, to: str, token: str, until: datetime, now: datetime
) -> None:
    """Ask whoever reads this address to confirm it."""
    await post(db, cipher, owner_pk, Mail("verification", to, token, lasting(until)), now=now)


async def address_change(
    db: AsyncConnection, cipher: FieldCipher, owner_pk: int, *, to: str, token: str, until: datetime, now: datetime
) -> None:
    """Ask whoever reads the new address of an account to confirm it."""
    await post(db, cipher, owner_pk, Mail("address_change", to, token, lasting(until)), now=now)


async def invitation(
    db: AsyncConnection, cipher: FieldCipher, owner_pk: int, *, to: str, token: str, until: datetime, now: datetime
) -> None:
    """Invite an address to make an account."""
    await post(db, cipher, owner_pk, Mail("invitation", to, token, lasting(until)), now=now)


async def notice(
    db: AsyncConnection, cipher: FieldCipher, user_pk: int, what: Notice, *, now: datetime, device: str = ""
) -> None:
    """Tell a user what happened to their account; nobody is told at an address that was never confirmed."""
    user = await queries.account(db, user_pk)
    if user is not None and user.email is not None and user.email_verified_at is not None:
        await notice_to(db, cipher, user_pk, user.email, what, now=now, device=device)


async def notice_to(
    db: AsyncConnection, cipher: FieldCipher, owner_pk: int, to: str, what: Notice, *, now: datetime, device: str = ""
) -> None:
    """As `notice`, to an address that is no longer the user's. owner_pk: whose job it is; it goes with that account."""
    facts = {"at": _minute(now), "device": _one_line(device) or "unknown"}
    await post(db, cipher, owner_pk, Mail(what, to, "", facts), now=now)


async def post(db: AsyncConnection, cipher: FieldCipher, owner_pk: int, mail: Mail, *, now: datetime) -> None:
    """Put a mail in line."""
    await jobs.enqueue(db, owner_pk, kind=JOB, now=now, payload=sealed(cipher, as_document(mail)))


async def post_errand(
    db: AsyncConnection, cipher: FieldCipher, owner_pk: int, errand: str, facts: Mapping[str, str], *, now: datetime
) -> None:
    """Let the mail job decide what to do, and whom to write: its asker must not see which, nor measure it."""
    await jobs.enqueue(db, owner_pk, kind=JOB, now=now, payload=sealed(cipher, {"errand": errand, **facts}))


async def replace(db: AsyncConnection, cipher: FieldCipher, job_pk: int, mail: Mail | None) -> None:
    """Let a job hold this mail instead of its errand, or nothing, in the transaction of what the errand did."""
    payload = {} if mail is None else sealed(cipher, as_document(mail))
    await db.execute(update(Job).where(Job.pk == job_pk).values(payload=payload))


def sealed(cipher: FieldCipher, document: Mapping[str, Any]) -> dict[str, str]:
    """The payload of a job: nothing in it can be read without the install's key."""
    return {"sealed": base64.b64encode(cipher.encrypt(orjson.dumps(document), CONTEXT)).decode()}


def opened(cipher: FieldCipher, payload: Mapping[str, Any]) -> dict[str, Any] | None:
    """What `sealed` took; None once it is cleared. Raises SealBroken."""
    if "sealed" not in payload:
        return None
    document: dict[str, Any] = orjson.loads(cipher.decrypt(base64.b64decode(payload["sealed"]), CONTEXT))
    return document


def as_document(mail: Mail) -> dict[str, Any]:
    """The mail as JSON."""
    return {"template": mail.template, "to": mail.to, "token": mail.token, "facts": dict(mail.facts)}


def as_mail(document: Mapping[str, Any]) -> Mail:
    """The mail of `as_document`."""
    return Mail(document["template"], document["to"], document["token"], document["facts"])


# --- putting into words ----------------------------------------------------------


def compose(mail: Mail, *, server: str) -> Message:
    """The mail in words, as text and as HTML that says the same. server: `https://host`, where its link leads.

    The link's secret stands behind `#`: browsers send that part to nobody, so no log ever holds it.
    """
    link = f"{server}{_PATHS[mail.template]}{mail.token}" if mail.token else f"{server}/"
    values = {**mail.facts, "host": urlsplit(server).netloc, "link": link}
    subject, _, body = _template(mail.template).partition("\n\n")
    paragraphs = [Template(each).substitute(values).strip() for each in body.split("\n\n")]
    return Message(mail.to, subject, "\n\n".join(paragraphs) + "\n", _html(subject, paragraphs, link))


def _html(subject: str, paragraphs: list[str], link: str) -> str:
    shown = [_link(link) if each == link else f"<p>{html.escape(each)}</p>" for each in paragraphs]
    layout = Template(_read("layout.html"))
    return layout.substitute(subject=html.escape(subject), body="\n".join(shown))


def _link(link: str) -> str:
    address = html.escape(link, quote=True)
    return f'<p><a href="{address}" style="word-break:break-all">{address}</a></p>'


def _template(name: str) -> str:
    return _read(f"{name}.txt")


@lru_cache(maxsize=32)
def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def server_address(server: ServerSettings) -> str:
    """Where links in mails lead: the public address, or this computer's own."""
    return server.public_url or f"http://127.0.0.1:{server.port or DEFAULT_PORT}"


def lasting(until: datetime) -> dict[str, str]:
    """The facts of a mail whose link ends."""
    return {"until": _minute(until)}


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _one_line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:100]
