"""Sending one mail: tried again with growing pauses while the mail server is away, given up after about a day."""

from __future__ import annotations

from typing import Any

from timeline_local.exceptions import MailRefused, MailUnavailable
from timeline_local.jobs.work import Batch, JobKind, Progress, Work
from timeline_local.services import jobs as services
from timeline_local.services import mail

SENT = Batch(is_last=True, progress=Progress(done=1, total=1))
NOT_YET = Batch(is_last=True, progress=Progress(done=0, total=1))


async def _send(work: Work) -> Batch:
    """One step: an errand becomes a mail, or a mail leaves.

    A process that dies between sending and noting it sends the mail twice; the other way round it could be lost.
    """
    runtime, job = work.runtime, work.job
    document = mail.opened(runtime.cipher, work.memo.get("payload", job.payload))
    if document is None:
        return SENT
    if "errand" in document:
        return await _run_errand(work, document)
    message = mail.compose(mail.as_mail(document), server=mail.server_address(runtime.settings.server))
    try:
        await runtime.mailer.send(message)
    except MailUnavailable:
        return await _wait(work)
    async with runtime.database.write() as db:
        await mail.replace(db, runtime.cipher, job.pk, None)
    return SENT


async def _run_errand(work: Work, document: dict[str, Any]) -> Batch:
    from timeline_local.services.registration import run_errand  # noqa: PLC0415 - only for errands

    runtime = work.runtime
    async with runtime.database.write() as db:
        await services.checkpoint(db, work.job, work.job.checkpoint)  # only its holder may run it
        made = await run_errand(db, document, settings=runtime.settings.auth, now=runtime.now())
        await mail.replace(db, runtime.cipher, work.job.pk, made)
    if made is None:
        return SENT
    work.memo["payload"] = mail.sealed(runtime.cipher, mail.as_document(made))
    return Batch(is_last=False, progress=Progress(done=0, total=1))


async def _wait(work: Work) -> Batch:
    """Line up for a later time. Raises MailRefused once it has waited often enough."""
    tries = (work.job.checkpoint or {}).get("tries", 0)
    if tries >= len(mail.WAITS):
        raise MailRefused("The mail server took the message at none of the tries of a whole day. It was given up.")
    runtime = work.runtime
    async with runtime.database.write() as db:
        await services.checkpoint(db, work.job, {"tries": tries + 1})
        await services.again_at(db, work.job, runtime.now() + mail.WAITS[tries])
    return NOT_YET


EMAIL = JobKind(name=mail.JOB, step=_send, while_paused=True)
