"""What came out of the library by mail: the files of the outbox, read as a mail program reads them."""

from __future__ import annotations

import asyncio
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from sqlalchemy import func, select

from timeline_local.models import Job
from timeline_local.runtime import Runtime

LINK = re.compile(r"https?://\S+#(?:token|invitation)=(\S+)")


async def mails(runtime: Runtime) -> list[EmailMessage]:
    """Every mail so far, oldest first, once no mail waits any more."""
    async with asyncio.timeout(60):
        while await _waiting(runtime):  # noqa: ASYNC110 - the runner tells it in no other way
            await asyncio.sleep(0.02)
    files = sorted(runtime.library.outbox.glob("*.eml"))
    return [_read(path.read_bytes()) for path in files]


async def newest_token(runtime: Runtime, to: str) -> str:
    """The token of the link in the newest mail to this address that has one."""
    links = [LINK.search(text_of(mail)) for mail in await mails(runtime) if mail["To"] == to]
    found = [link.group(1) for link in links if link is not None]
    return found[-1]


async def subjects(runtime: Runtime, to: str) -> list[str]:
    """What the mails to this address are about, but for those that tell of a sign-in."""
    told = [str(mail["Subject"]) for mail in await mails(runtime) if mail["To"] == to]
    return [subject for subject in told if subject != "A new sign-in"]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def _read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


async def _waiting(runtime: Runtime) -> int:
    open_jobs = select(func.count()).where(Job.kind == "email", Job.state.in_(("waiting", "running")))
    async with runtime.database.read() as db:
        return (await db.execute(open_jobs)).scalar_one()
