"""What Memos keeps of a memo, be it a row of its database or an object of its API, in whatever version.

Tables: `memo`, its files in `resource` (before 0.16 tied to it by `memo_resource`) or `attachment` (from 0.26 on), pins
in `memo_organizer` until 0.23. The API named its fields anew in 0.22. As of version 0.31,
https://github.com/usememos/memos/tree/main/store/migration/sqlite and proto/api/v1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from timeline_local.domain.drafts import PlaceRef, RelationKind, RelationRef
from timeline_local.importers import loose
from timeline_local.importers.embedded import Coding, Embedded
from timeline_local.importers.sqlite_pages import Pages
from timeline_local.importers.sqlite_tables import Blob, Row, rows, tables

_RELATIONS = {"COMMENT": RelationKind.REPLY, "REFERENCE": RelationKind.RELATED}
_NAMED = re.compile(r"(?:memos|attachments|resources|users)/(?P<name>[^/]+)")
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
MICROS = 1_000_000
ARCHIVED = "ARCHIVED"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoFile:
    """key: its own id.   stored: locator of its bytes in the database.   path: where Memos put it.

    link  its address, where it lies with another service.   written  when it was uploaded.
    """

    key: str
    name: str
    stored: str = ""
    path: str = ""
    link: str = ""
    written: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memo:
    """key: stable over versions from 0.19 on.   writer: the id of whose it is.   record: as it was found."""

    key: str
    writer: str
    written: datetime | None
    content: str
    is_archived: bool
    is_pinned: bool
    visibility: str
    tags: tuple[str, ...]
    place: PlaceRef | None
    files: tuple[MemoFile, ...]
    relations: tuple[RelationRef, ...]
    reactions: tuple[str, ...]
    record: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """What a database says of all its memos. Memory: some 300 bytes for each memo, file and relation, not their texts.

    names  of the users by their ids.   loose  files that belong to no memo.
    broken  tables that cannot be read to their ends; what they say before is here.
    """

    names: Mapping[str, str]
    keys: Mapping[int, str]
    files: Mapping[int, tuple[MemoFile, ...]]
    loose: tuple[MemoFile, ...]
    pinned: frozenset[int]
    relations: Mapping[int, tuple[RelationRef, ...]]
    reactions: Mapping[str, tuple[str, ...]]
    broken: tuple[str, ...]


def is_memos(pages: Pages) -> bool:
    """Whether it is a database of Memos. Raises OSError."""
    memo = tables(pages).get("memo")
    return memo is not None and {"id", "content", "created_ts", "creator_id"} <= set(memo.columns)


def stored_in(pages: Pages, locator: str) -> Stored:
    """All that is said beside the memos. Raises OSError."""
    broken: list[str] = []
    readable = partial(_readable_rows, pages, broken)
    keys = {_number(row, "id"): _key(row) for row in readable("memo")}
    owners = {_number(row, "resource_id"): _number(row, "memo_id") for row in readable("memo_resource")}
    files, loose_files = dict[int, tuple[MemoFile, ...]](), list[MemoFile]()
    for table in ("resource", "attachment"):
        for row in readable(table):
            owner = _number(row, "memo_id") or owners.get(_number(row, "id"), 0)
            found = _file(row, locator)
            if owner in keys:
                files[owner] = (*files.get(owner, ()), found)
            else:
                loose_files.append(found)
    relations, reactions = dict[int, tuple[RelationRef, ...]](), dict[str, tuple[str, ...]]()
    for row in readable("memo_relation"):
        one, other, kind = _number(row, "memo_id"), _number(row, "related_memo_id"), _RELATIONS.get(_text(row, "type"))
        if other in keys and kind is not None:
            relations[one] = (*relations.get(one, ()), RelationRef(kind=kind, source_key=keys[other]))
    for row in readable("reaction"):
        key = _last(_text(row, "content_id")) or keys.get(_number(row, "memo_id"), "")
        reactions[key] = (*reactions.get(key, ()), _text(row, "reaction_type"))
    return Stored(
        names={str(row.get("id")): _text(row, "nickname") or _user(row) for row in readable("user")},
        keys=keys,
        files=files,
        loose=tuple(loose_files),
        pinned=frozenset(_number(row, "memo_id") for row in readable("memo_organizer") if row.get("pinned") == 1),
        relations=relations,
        reactions=reactions,
        broken=tuple(broken),
    )


def memos_in(pages: Pages, stored: Stored) -> Iterator[Memo]:
    """The memos in the order in which they were written. Memory: one memo. Raises OSError."""
    for row in _rows(pages, "memo"):
        number, key, payload = _number(row, "id"), _key(row), _object(row, "payload")
        yield Memo(
            key=key,
            writer=str(row.get("creator_id") or ""),
            written=_instant(row.get("created_ts")),
            content=_text(row, "content"),
            is_archived=row.get("row_status") == ARCHIVED,
            is_pinned=row.get("pinned") == 1 or number in stored.pinned,
            visibility=_text(row, "visibility"),
            tags=loose.texts(payload.get("tags")) or loose.texts(_parsed(row, "tags")),
            place=_place(payload.get("location")),
            files=stored.files.get(number, ()),
            relations=stored.relations.get(number, ()),
            reactions=stored.reactions.get(key, ()),
            record=loose.record({name: value for name, value in row.items() if not isinstance(value, Blob)}),
        )


def memo_of(told: Mapping[str, Any]) -> Memo:
    """One object of the API, old or new."""
    key = loose.text(told.get("uid")) or _last(loose.text(told.get("name"))) or _id(told.get("id"))
    written = told.get("createTime") or told.get("displayTime")
    files = next((told[name] for name in ("attachments", "resources", "resourceList") if told.get(name)), ())
    reactions = map(loose.members, loose.items(told.get("reactions")))
    return Memo(
        key=key,
        writer=_last(loose.text(told.get("creator"))) or _id(told.get("creatorId")),
        written=loose.instant(written) or _instant(told.get("createdTs") or told.get("displayTs")),
        content=loose.text(told.get("content")),
        is_archived=ARCHIVED in (told.get("state"), told.get("rowStatus")),
        is_pinned=told.get("pinned") is True,
        visibility=loose.text(told.get("visibility")),
        tags=loose.texts(told.get("tags")),
        place=_place(told.get("location")),
        files=tuple(_told_file(loose.members(each)) for each in loose.items(files)),
        relations=tuple(_told_relations(told, key)),
        reactions=loose.texts([each.get("reactionType") for each in reactions]),
        record=loose.record(told),
    )


def _rows(pages: Pages, name: str) -> Iterator[Row]:
    table = tables(pages).get(name)
    if table is not None:
        yield from rows(pages, table)


def _readable_rows(pages: Pages, broken: list[str], name: str) -> Iterator[Row]:
    """The rows up to where the table is broken; then it is among the broken ones."""
    try:
        yield from _rows(pages, name)
    except OSError:
        broken.append(name)


def _key(row: Row) -> str:
    """The name that a memo has in addresses; before 0.19 its number is all there is."""
    return _text(row, "uid") or _text(row, "resource_name") or str(_number(row, "id"))


def _user(row: Row) -> str:
    return _text(row, "username") or _text(row, "email")


def _file(row: Row, locator: str) -> MemoFile:
    blob, kind = row.get("blob"), _text(row, "storage_type")
    name = _text(row, "filename")
    stored = ""
    if isinstance(blob, Blob) and blob.size:
        stored = Embedded(locator, Coding.ROW, blob.place, blob.skipped, blob.size, name).locator
    where = _text(row, "reference") if kind else _text(row, "internal_path") or _text(row, "external_link")
    is_here = bool(where) and kind in {"", "LOCAL"} and not _ADDRESS.match(where)
    return MemoFile(
        key=_key(row),
        name=name,
        stored=stored,
        path=where if is_here else "",
        link="" if is_here else where,
        written=_instant(row.get("created_ts")),
    )


def _told_file(told: Mapping[str, Any]) -> MemoFile:
    """A file as the API tells of it, which gives no bytes of it."""
    key = _last(loose.text(told.get("name"))) or _id(told.get("id"))
    return MemoFile(key=key, name=loose.text(told.get("filename")), link=loose.text(told.get("externalLink")))


def _told_relations(told: Mapping[str, Any], key: str) -> Iterator[RelationRef]:
    """Those that begin at this memo: the API lists each one at both of its ends."""
    if parent := _last(loose.text(told.get("parent"))):
        yield RelationRef(kind=RelationKind.REPLY, source_key=parent)
    for each in map(loose.members, loose.items(told.get("relations") or told.get("relationList"))):
        one, other = (_end(each.get(name)) for name in ("memo", "relatedMemo"))
        kind = _RELATIONS.get(loose.text(each.get("type")))
        other = other or _id(each.get("relatedMemoId"))
        if kind is not None and other and one in {"", key} and other not in {key, parent}:
            yield RelationRef(kind=kind, source_key=other)


def _end(value: object) -> str:
    """A memo that is named in a relation: a name, or an object that has one."""
    told = loose.members(value)
    return loose.text(told.get("uid")) or _last(loose.text(told.get("name")) or loose.text(value))


def _last(name: str) -> str:
    """What stands behind the slash of "memos/abc"; "" for anything else."""
    found = _NAMED.fullmatch(name)
    return found["name"] if found else ""


def _id(value: object) -> str:
    """A number that something had before it had a name."""
    return str(value) if isinstance(value, int) and value > 0 else ""


def _place(value: object) -> PlaceRef | None:
    told = loose.members(value)
    lat, lon = loose.coordinates(told.get("latitude"), told.get("longitude"))
    return loose.place_or_none(PlaceRef(lat=lat, lon=lon, name=loose.text(told.get("placeholder"))))


def _instant(seconds: object) -> datetime | None:
    found = loose.number(seconds)
    return loose.instant_of_micros(found * MICROS) if found else None


def _text(row: Row, name: str) -> str:
    return loose.text(row.get(name))


def _number(row: Row, name: str) -> int:
    value = row.get(name)
    return value if isinstance(value, int) else 0


def _object(row: Row, name: str) -> Mapping[str, Any]:
    return loose.members(_parsed(row, name))


def _parsed(row: Row, name: str) -> object:
    try:
        return loose.document(_text(row, name))
    except ValueError:
        return None
