"""Calls of an iPhone or a Mac: CallHistory.storedata, which both keep of the telephone, FaceTime and other apps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from timeline_local.domain.drafts import JSON, PersonRef, PersonRole
from timeline_local.importers import loose
from timeline_local.importers.apple_chats import person
from timeline_local.importers.apple_tables import (
    BESIDE,
    DATABASES,
    Database,
    Pairs,
    between,
    holds,
    record_of,
    text,
    whole,
)
from timeline_local.importers.apple_times import instant
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.chat_reading import Chat, Program, Said, read_chats, sent_at
from timeline_local.importers.files import extension
from timeline_local.importers.json_stream import Letters
from timeline_local.importers.sqlite_tables import Blob, Row

_TABLES = {"zcallrecord": frozenset({"zdate", "zduration", "zoriginated"})}
_IN_A_BACKUP = "5a4935c78a5255723f707230a451d79c540d2741"  # what an iPhone's backup calls it
_COLUMNS = (
    "z_pk", "zdate", "zduration", "zaddress", "zname", "zoriginated", "zanswered", "zcalltype", "zservice_provider",
    "zunique_id", "zlocation",
)  # fmt: skip
_KINDS = {8: "FaceTime video", 16: "FaceTime audio"}
_TELEPHONY = "com.apple.Telephony"
_UNKNOWN = "Unknown number"


@dataclass(frozen=True, slots=True)
class AppleCalls:
    name: str = "apple_calls"
    title: str = "Calls of an iPhone or Mac"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one list of calls is found."""
        found = next((file for file in folder.sample() if _is_list(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There are no calls of an iPhone or Mac in this folder.")
        return Recognition(0.95, f"It holds calls of an iPhone or Mac, {found.locator}.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each call."""

        def tell(file: File, letters: Letters) -> Iterator[tuple[Chat, Said]]:  # noqa: ARG001 - a database has none
            options.claimed.update(f"{file.locator}{end}" for end in BESIDE)
            with folder.open_database(file.locator) as pages:
                yield from _Calls(Database.of(pages)).told()

        program = Program("the phone", has_own_numbers=True)
        yield from read_chats(folder, options, checkpoint, program=program, is_chat=_is_list, tell=tell)


def _is_list(folder: Folder, file: File) -> bool:
    return (extension(file.name) in DATABASES or file.name == _IN_A_BACKUP) and holds(folder, file, _TABLES)


class _Calls:
    def __init__(self, database: Database) -> None:
        self._database = database

    def told(self) -> Iterator[tuple[Chat, Said]]:
        """Raises OSError."""
        for row in self._database.rows("zcallrecord", *_COLUMNS):
            people = self._people(row)
            name = ", ".join(each.name for each in people) or _UNKNOWN
            key = ",".join(sorted(each.value or each.name for each in people)) or "unknown"
            yield Chat(key, name), self._said(row, people, name)

    def _said(self, row: Row, people: tuple[PersonRef, ...], name: str) -> Said:
        seconds = max(loose.number(row.get("zduration")) or 0.0, 0.0)
        is_out = whole(row, "zoriginated") != 0
        is_missed = not (is_out or whole(row, "zanswered") or seconds)
        app = text(row, "zservice_provider")
        told: dict[str, JSON] = {
            "direction": "out" if is_out else "in",
            "duration_seconds": seconds,
            "service": _KINDS.get(whole(row, "zcalltype")) or _other(app),
        }
        return Said(
            at=sent_at(instant(row.get("zdate")), "when the call began"),
            body=f"{'Missed call' if is_missed else 'Call'}: {name}",
            number=text(row, "zunique_id"),
            seconds=seconds,
            people=people,
            extra={each: value for each, value in told.items() if value},
            raw=record_of(row),
        )

    def _people(self, row: Row) -> tuple[PersonRef, ...]:
        """With whom: by the name that the phone knew then, if it knew one."""
        among = (self._handles.get(number, "") for number in self._with.of(whole(row, "z_pk")))
        addresses = [self._address(row)] if self._address(row) else list(dict.fromkeys(filter(None, among)))
        found = [person(each, PersonRole.ATTENDEE) for each in addresses]
        name = text(row, "zname")
        return tuple(
            PersonRef(name=name, kind=each.kind, value=each.value, role=each.role) if name and len(found) == 1 else each
            for each in found
            if each is not None
        )

    def _address(self, row: Row) -> str:
        """Older systems keep the number as bytes."""
        if isinstance(row.get("zaddress"), Blob):
            return loose.text(self._database.data(row, "zaddress").decode("utf-8", "replace"))
        return text(row, "zaddress")

    @cached_property
    def _handles(self) -> Mapping[int, str]:
        rows = self._database.rows("zhandle", "z_pk", "zvalue", "znormalizedvalue")
        return {whole(row, "z_pk"): text(row, "zvalue") or text(row, "znormalizedvalue") for row in rows}

    @cached_property
    def _with(self) -> Pairs:
        table = r"z_\d+remoteparticipanthandles"
        return between(self._database, table, r"z_\d+remoteparticipantcalls", r"z_\d+remoteparticipanthandles")


def _other(app: str) -> str:
    """The name of an app that calls are made with, which is all that is told of it."""
    return "" if app in {"", _TELEPHONY} else app.removeprefix("com.apple.")
