"""`timeline-local secrets`: new keys for the install, or another place for them, while no server runs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from timeline_local.cli.output import say
from timeline_local.config import Settings, load_settings
from timeline_local.core.install_secrets import Place, move_secrets, rotated, write_secrets
from timeline_local.core.instance import LibraryClaim, claim_library


def rotate(given: dict[str, Any]) -> None:
    """Replace every key but the one that names the install. Raises LibraryInUse while a server runs.

    The old field key stays beside the new one until everything is sealed with the new one, so that a power cut at any
    moment loses nothing: running it again finishes the work.
    """
    settings = load_settings(**given)
    done = asyncio.run(_rotate(settings, claim_library(settings.data_dir, uses_sqlite=settings.database.url is None)))
    say(f"New keys are in force. {done.resealed} sealed values were sealed anew, {done.sessions} sessions ended.")
    if done.broken:
        say(f"{done.broken} second factors or tokens of sources could not be opened by any key; set them up again.")


async def _rotate(settings: Settings, claim: LibraryClaim) -> Any:  # noqa: ANN401 - services are loaded only then
    from timeline_local.runtime import open_runtime  # noqa: PLC0415 - most of a second
    from timeline_local.services.secret_rotation import rotate as rotate_all  # noqa: PLC0415 - as above

    claim.secrets = rotated(claim.secrets)
    write_secrets(claim.data_dir, claim.secrets)
    runtime = await open_runtime(settings, claim=claim)
    try:
        async with runtime.database.write() as db:
            done = await rotate_all(db, runtime.cipher, now=runtime.now())
        write_secrets(claim.data_dir, replace(claim.secrets, older_field_keys=()))
        return done
    finally:
        await runtime.close()


def move(given: dict[str, Any], place: Place) -> None:
    """Put the keys into the file or into the keyring. Raises LibraryInUse while a server runs, and KeyringAway."""
    settings = load_settings(**given)
    if asyncio.run(_move(settings, claim_library(settings.data_dir, uses_sqlite=settings.database.url is None), place)):
        say(f"The keys of this library are in the {place} now.")
    else:
        say(f"The keys of this library are in the {place} already. Nothing was changed.")


async def _move(settings: Settings, claim: LibraryClaim, place: Place) -> bool:
    from timeline_local.runtime import open_runtime  # noqa: PLC0415 - most of a second
    from timeline_local.services.audit import COMMAND, record  # noqa: PLC0415 - as above

    runtime = await open_runtime(settings, claim=claim)
    try:
        moved = move_secrets(claim.data_dir, place)
        if moved:
            async with runtime.database.write() as db:
                await record(db, COMMAND, "secrets.moved", now=runtime.now(), details={"to": place})
        return moved
    finally:
        await runtime.close()
