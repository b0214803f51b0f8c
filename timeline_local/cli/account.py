"""`timeline-local account`: for someone who forgot a password or lost a second factor.

Whoever may read the library's secrets may do this; the server asks for their proof, not for a session.
"""

from __future__ import annotations

import sys
from getpass import getpass
from typing import TYPE_CHECKING, Any

from timeline_local.cli.access import ask
from timeline_local.cli.output import say
from timeline_local.core.local_client import API, LocalClient
from timeline_local.exceptions import InvalidInput

if TYPE_CHECKING:
    from timeline_local.runtime import Runtime

JSON = dict[str, Any]


def set_password(given: JSON, *, email: str | None) -> None:
    """Ask for a password and put it into force. Raises InvalidInput, NotFound, PasswordTooWeak, ServerProblem."""
    _help(given, "set-password", email=email, password=_new_password())
    say("The password is set. Everyone who was signed in with this account is signed out.")


def disable_second_factor(given: JSON, *, email: str | None) -> None:
    """Switch the second factor off. Raises InvalidInput, NotFound, ServerProblem."""
    _help(given, "disable-second-factor", email=email, password=None)
    say("The second factor is off. Everyone who was signed in with this account is signed out.")


def _help(given: JSON, action: str, *, email: str | None, password: str | None) -> None:
    asked = {name: value for name, value in (("email", email), ("password", password)) if value is not None}

    def server(client: LocalClient) -> None:
        client.post(f"{API}/auth/recovery", client.proof() | {"action": action} | asked)

    async def alone(runtime: Runtime) -> None:
        from timeline_local.services.passwords import hash_for  # noqa: PLC0415 - only without a server
        from timeline_local.services.recovery import account_for_recovery, recover  # noqa: PLC0415 - as above

        async with runtime.database.read() as db:
            account = await account_for_recovery(db, runtime.owner_pk, email)
        hashed = None if password is None else await hash_for(runtime.passwords, account, password, email=email)
        async with runtime.database.write() as db:
            await recover(db, account, password_hash=hashed, email=email, now=runtime.now())

    ask(given, server=server, alone=alone, connect=LocalClient.find)


def _new_password() -> str:
    """Typed twice at a terminal, or the first line of what is piped in. Never an argument: others see those."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass("New password: ")
    if getpass("The same again: ") != password:
        raise InvalidInput("The two were not the same. Nothing was changed.")
    return password
