"""Mail over SMTP. The conversation runs in a thread: it is short, rare, and behind a job."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal

from timeline_local.core.email import Message, as_mime
from timeline_local.exceptions import MailRefused, MailUnavailable

Security = Literal["starttls", "tls", "none"]
PERMANENT = 500
_LOCAL_NAME = "timeline-local"  # what we call ourselves in EHLO: the computer's own name is nobody's business


class SmtpMailer:
    """The Mailer port on a mail server. With `starttls` and `tls` its certificate must fit its name, always."""

    def __init__(
        self,
        host: str,
        *,
        port: int,
        security: Security,
        sender: str,
        now: Callable[[], datetime],
        username: str | None = None,
        password: str | None = None,
        ca_file: Path | None = None,
        timeout_s: float = 20,
    ) -> None:
        """ca_file  the certificate authority of a server of one's own; None takes the system's."""
        self._host = host
        self._port = port
        self._security = security
        self._sender = sender
        self._now = now
        self._username = username
        self._password = password
        self._ca_file = ca_file
        self._timeout_s = timeout_s

    async def send(self, message: Message) -> None:
        await asyncio.to_thread(self._send, message)

    def _send(self, message: Message) -> None:
        try:
            with self._connect() as server:
                if self._security == "starttls":
                    server.starttls(context=self._context())
                if self._username is not None and self._password is not None:
                    server.login(self._username, self._password)
                server.send_message(as_mime(message, sender=self._sender, at=self._now()))
        except smtplib.SMTPAuthenticationError as error:
            raise MailUnavailable("The mail server does not accept the user name and password in the settings.") from (
                error
            )
        except smtplib.SMTPRecipientsRefused as error:
            raise _refusal(max(code for code, _ in error.recipients.values())) from error
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailUnavailable(f"The mail server did not take the message ({type(error).__name__}).") from error

    def _connect(self) -> smtplib.SMTP:
        if self._security == "tls":
            return smtplib.SMTP_SSL(
                self._host, self._port, _LOCAL_NAME, timeout=self._timeout_s, context=self._context()
            )
        return smtplib.SMTP(self._host, self._port, _LOCAL_NAME, timeout=self._timeout_s)

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=None if self._ca_file is None else str(self._ca_file))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


def _refusal(code: int) -> MailRefused | MailUnavailable:
    """The server's own words may quote the address, so only its number is told."""
    if code >= PERMANENT:
        return MailRefused(f"The mail server refused the message for good (code {code}).")
    return MailUnavailable(f"The mail server put the message off (code {code}). It is tried again.")
