"""Mails in line: sent once, tried again while the server is away, given up in the end, gone from the table."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from timeline_local.core.email import Message
from timeline_local.exceptions import MailRefused, MailUnavailable
from timeline_local.jobs.email import EMAIL
from timeline_local.jobs.runner import Runner
from timeline_local.models import Job
from timeline_local.runtime import Runtime
from timeline_local.services import mail

MAIL = mail.Mail("password_changed", "ana@example.org", "", {"at": "now"})


class Server:
    """A mail server that answers as it is told, and tells when it was asked."""

    def __init__(self, *answers: Exception | None) -> None:
        self._answers = list(answers)
        self.taken: list[Message] = []
        self.asked = asyncio.Semaphore(0)

    async def send(self, message: Message) -> None:
        answer = self._answers.pop(0) if self._answers else None
        self.asked.release()
        if answer is not None:
            raise answer
        self.taken.append(message)


@asynccontextmanager
async def running(runtime: Runtime) -> AsyncIterator[None]:
    runner = Runner(runtime, (EMAIL,))
    await runner.start()
    yield
    await runner.stop()


async def post(runtime: Runtime) -> None:
    async with runtime.database.write() as db:
        await mail.post(db, runtime.cipher, runtime.owner_pk, MAIL, now=runtime.now())
    runtime.wake_jobs.set()


async def the_job(runtime: Runtime) -> Any:  # noqa: ANN401 - a row
    async with runtime.database.read() as db:
        return (await db.execute(select(Job.state, Job.payload, Job.run_after, Job.checkpoint, Job.error))).one()


async def rests(runtime: Runtime, state: str) -> Any:  # noqa: ANN401 - a row
    """The job once it is in this state and nobody works on it."""
    async with asyncio.timeout(60):
        while (job := await the_job(runtime)).state != state:  # noqa: ASYNC110 - the runner tells it in no other way
            await asyncio.sleep(0.02)
    return job


async def test_a_mail_is_sent_once_and_its_words_leave_the_table(opened: Runtime) -> None:
    opened.mailer = server = Server()
    await post(opened)
    async with running(opened):
        job = await rests(opened, "done")
    assert (job.payload, [message.to for message in server.taken]) == ({}, ["ana@example.org"])
    async with running(opened):
        pass
    assert len(server.taken) == 1


async def test_a_mail_waits_while_the_server_is_away(opened: Runtime) -> None:
    opened.mailer = server = Server(MailUnavailable("away"))
    started = opened.now()
    await post(opened)
    async with running(opened):
        async with asyncio.timeout(60):
            await server.asked.acquire()
        job = await rests(opened, "waiting")
    assert job.checkpoint == {"tries": 1}
    assert job.run_after >= started + mail.WAITS[0]
    assert server.taken == []
    later = opened.now() + timedelta(minutes=1)
    opened.now = lambda: later
    async with running(opened):
        await rests(opened, "done")
    assert len(server.taken) == 1


async def test_a_mail_is_given_up_after_a_day_of_tries(opened: Runtime) -> None:
    opened.mailer = Server(*[MailUnavailable("away")] * 20)
    await post(opened)
    start = opened.now()
    for tries in range(len(mail.WAITS)):
        at = start + timedelta(days=tries)
        opened.now = lambda at=at: at  # type: ignore[misc]
        async with running(opened):
            async with asyncio.timeout(60):
                while ((await the_job(opened)).checkpoint or {}).get("tries", 0) <= tries:  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.02)
            await rests(opened, "waiting")
    opened.now = lambda: start + timedelta(days=30)
    async with running(opened):
        job = await rests(opened, "failed")
    assert job.error["type"] == "/problems/mail-refused"


async def test_a_mail_that_is_refused_for_good_is_not_sent_again(opened: Runtime) -> None:
    opened.mailer = server = Server(MailRefused("no such person"))
    await post(opened)
    async with running(opened):
        job = await rests(opened, "failed")
    assert (job.error["type"], server.taken) == ("/problems/mail-refused", [])
