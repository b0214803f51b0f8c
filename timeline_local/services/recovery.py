"""Help for someone who forgot a password or lost a second factor: from the system account that owns the library.

Who can read its secrets can read the library as well, so nothing is given away; every session of the account ends.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.domain.addresses import normalise_address, problem_with
from timeline_local.exceptions import FieldError, InvalidInput, NotFound
from timeline_local.models import User
from timeline_local.queries import credentials
from timeline_local.services import second_factor
from timeline_local.services.audit import COMMAND, record
from timeline_local.services.passwords import store_password
from timeline_local.services.sessions import end_sessions


async def account_for_recovery(db: AsyncConnection, owner_pk: int, email: str | None) -> Any:  # noqa: ANN401 - a row
    """The account of this address, or the owner's: without an address, and while the owner has none.

    Raises NotFound, InvalidInput.
    """
    owner = await credentials.account(db, owner_pk)
    if email is None:
        return owner
    address = normalise_address("email", email)
    found = await credentials.account_of(db, address)
    if found is not None:
        return found
    if owner.email is not None:
        raise NotFound("Nobody has an account with that address. Nothing was changed.")
    if (wrong := problem_with("email", address)) is not None:
        raise InvalidInput("That address cannot be used. Nothing was changed.", errors=(FieldError("#/email", wrong),))
    return owner


async def recover(
    db: AsyncConnection,
    account: Any,  # noqa: ANN401 - a row of `account_for_recovery`
    *,
    password_hash: str | None,
    email: str | None,
    now: datetime,
) -> None:
    """Set the password; without one, switch the second factor off. The caller then tells `forget_user`.

    email  becomes the address of an account that has none, so that one can sign in with it.
    """
    if password_hash is None:
        await second_factor.disable(db, account.pk, now=now)
    else:
        await store_password(db, account.pk, password_hash, now=now)
    if account.email is None and email is not None:
        address = {"email": normalise_address("email", email), "updated_at": now, "version": User.version + 1}
        await db.execute(update(User).where(User.pk == account.pk).values(**address))
    await end_sessions(db, account.pk, now=now)
    action = "totp.disabled" if password_hash is None else "password.reset"
    await record(db, COMMAND, action, now=now, object_kind="user", object_id=account.id)
