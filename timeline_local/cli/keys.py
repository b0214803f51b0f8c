"""`timeline-local api-key`: keys for scripts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from timeline_local.cli.access import ask
from timeline_local.cli.output import as_json, as_table, say
from timeline_local.core.local_client import API, LocalClient
from timeline_local.exceptions import ApiKeyNotFound, InvalidInput

if TYPE_CHECKING:
    from timeline_local.runtime import Runtime

JSON = dict[str, Any]
_DAYS = re.compile(r"(\d{1,5})d")


def create(given: JSON, *, name: str, scopes: str | None, expires: str | None, as_json_: bool) -> None:
    """Make a key and print it alone; as JSON, with everything about it."""
    wanted = [scope.strip() for scope in scopes.split(",")] if scopes else None
    until = _instant(expires) if expires else None

    def server(client: LocalClient) -> JSON:
        asked = {"name": name, "scopes": wanted, "expires_at": until.isoformat() if until else None}
        made: JSON = client.post(f"{API}/api-keys", {key: value for key, value in asked.items() if value is not None})
        return made

    async def alone(runtime: Runtime) -> JSON:
        from timeline_local.services.audit import COMMAND, record  # noqa: PLC0415 - only without a server
        from timeline_local.services.identity import create_api_key  # noqa: PLC0415 - as above

        now = runtime.now()
        async with runtime.database.write() as db:
            made = await create_api_key(db, runtime.owner_pk, name=name, scopes=wanted, expires_at=until, now=now)
            facts = {"scopes": list(made.scopes)}
            await record(
                db, COMMAND, "api_key.created", now=now, object_kind="api_key", object_id=made.id, details=facts
            )
        fields = ("id", "name", "prefix", "scopes", "key", "created_at", "expires_at")
        return {field: _plain(getattr(made, field)) for field in fields}

    made = ask(given, server=server, alone=alone)
    if as_json_:
        as_json(made)
    else:
        say(made["key"])


def show(given: JSON, *, as_json_: bool) -> None:
    """List the keys."""
    keys = ask(given, server=_list_by_server, alone=_list_alone)
    if as_json_:
        as_json({"items": keys})
        return
    head = ("PREFIX", "NAME", "MADE", "EXPIRES", "LAST USED", "SCOPES")
    fields = ("created_at", "expires_at", "last_used_at")
    rows = [
        (key["prefix"], key["name"], *(_day(key[field]) for field in fields), ",".join(key["scopes"])) for key in keys
    ]
    as_table(head, rows)


def revoke(given: JSON, key: str) -> None:
    """End the key of this id or prefix. Raises ApiKeyNotFound."""

    def server(client: LocalClient) -> None:
        client.delete(f"{API}/api-keys/{_id_of(key, _list_by_server(client))}")

    async def alone(runtime: Runtime) -> None:
        from timeline_local.services.audit import COMMAND, record  # noqa: PLC0415 - only without a server
        from timeline_local.services.identity import revoke_api_key  # noqa: PLC0415 - as above

        found, now = UUID(_id_of(key, await _list_alone(runtime))), runtime.now()
        async with runtime.database.write() as db:
            await revoke_api_key(db, runtime.owner_pk, found, now=now)
            await record(db, COMMAND, "api_key.revoked", now=now, object_kind="api_key", object_id=found)

    ask(given, server=server, alone=alone)


def _list_by_server(client: LocalClient) -> list[JSON]:
    items: list[JSON] = client.get(f"{API}/api-keys")["items"]
    return items


async def _list_alone(runtime: Runtime) -> list[JSON]:
    from timeline_local.queries.identity import api_keys  # noqa: PLC0415 - only without a server

    async with runtime.database.read() as db:
        rows = await api_keys(db, runtime.owner_pk)
    return [{name: _plain(value) for name, value in row._asdict().items()} for row in rows]


def _id_of(key: str, keys: list[JSON]) -> str:
    wanted = key.removeprefix("tl_").split("_")[0]
    for each in keys:
        if key == each["id"] or wanted == each["prefix"]:
            return str(each["id"])
    raise ApiKeyNotFound("You have no API key of that id or prefix; nothing was changed.")


def _instant(text: str) -> datetime:
    """A date, an instant with zone, or a number of days from now."""
    if days := _DAYS.fullmatch(text):
        return datetime.now(UTC) + timedelta(days=int(days[1]))
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{text!r} is no date like 2027-01-31 and no number of days like 90d.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _plain(value: Any) -> Any:  # noqa: ANN401 - a column's value
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return list(value) if isinstance(value, tuple) else str(value) if isinstance(value, UUID) else value


def _day(text: str | None) -> str:
    return text[:10] if text else "never"
