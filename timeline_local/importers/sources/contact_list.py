"""Address books as tables: CSV of Google, Outlook, Thunderbird and Yahoo, LinkedIn's connections, and any alike."""

from __future__ import annotations

import csv
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date

from timeline_local.domain.drafts import JSON, Contact, PersonRef, Problem
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.encodings import decode_head
from timeline_local.importers.seen import Seen
from timeline_local.importers.table_rows import csv_rows

HEAD_BYTES = 8 * 1024
ITEMS_PER_CHECKPOINT = 200
_BROKEN = (OSError, EOFError, csv.Error, zlib.error)
_ENDINGS = (".csv", ".tsv")
_LOOKED_AT = 5  # lines; LinkedIn writes some before the names of its columns
_SEVERAL = " ::: "  # between the values of one cell, as Google writes them
_NO_YEAR = (1604, 0)  # Apple's and Outlook's for none
# What columns are called, in small letters without anything but letters and digits.
_COLUMNS = {
    "name": {"name", "fullname", "displayname", "fileas", "contactname"},
    "first": {"firstname", "givenname", "first"},
    "middle": {"middlename", "additionalname", "middle"},
    "last": {"lastname", "familyname", "surname", "secondname", "last"},
    "nickname": {"nickname"},
    "organisation": {"organizationname", "organization1name", "company", "organization", "organisation"},
    "born": {"birthday", "birthdate", "dateofbirth", "dob"},
    "birth_year": {"birthyear"},
    "birth_month": {"birthmonth"},
    "birth_day": {"birthday"},
    "note": {"notes", "note", "comments"},
}
_EMAIL = re.compile(r"(?:primary|secondary|alternate|home|work|personal|other)?e?mail(?:address)?\d*(?:value|address)?")
_PHONE = re.compile(
    r"(?:primary|home|work|business|mobile|cell|company|main|car|other|assistants|radio|pager|telex|isdn)?"
    r"(?:phone|telephone|tel|mobile|cell)(?:number|no)?\d*(?:value|number)?"
)
_LINKEDIN = re.compile(r"https?://(?:\w+\.)?linkedin\.com/in/(?P<handle>[^/?#]+)")
_PLAIN = re.compile(r"[^a-z0-9]|\(.*?\)")
_DAY = re.compile(r"(?P<year>\d{4})?-{1,2}(?P<month>\d{1,2})-(?P<day>\d{1,2})(?:[T ].*)?", re.ASCII)
_SLASHED = re.compile(r"(?P<one>\d{1,2})[/.](?P<two>\d{1,2})[/.](?P<year>\d{4}|\d\d)", re.ASCII)
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class ContactList:
    name: str = "contact_list"
    title: str = "Contacts in tables"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of a table with columns for names and for addresses."""
        found = next((file for file in folder.sample() if _is_list(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There is no table of contacts in this folder.")
        return Recognition(0.8, f"It holds a table of contacts, {found.name}.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One contact for each row."""
        for _, file, done in files_from(folder, _is_list, options, checkpoint):
            yield from _Table(folder, file).items(done)


def _is_list(folder: Folder, file: File) -> bool:
    if not file.name.lower().endswith(_ENDINGS):
        return False
    lines = decode_head(folder.head(file.locator, HEAD_BYTES)).split("\n")[:_LOOKED_AT]
    return any(_Columns.of(row) is not None for row in _rows_of(lines))


def _rows_of(lines: Sequence[str]) -> Iterator[list[str]]:
    for line in lines:
        delimiter = max(",;\t", key=line.count)
        try:
            yield next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            continue


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where each thing stands."""

    places: Mapping[str, int]
    emails: tuple[int, ...]
    phones: tuple[int, ...]
    links: tuple[int, ...]

    @classmethod
    def of(cls, names: Sequence[str]) -> _Columns | None:
        """None for columns that do not tell who somebody is and how they can be reached."""
        plain = [_PLAIN.sub("", name.casefold()) for name in names]
        places = {
            what: next(at for at, name in enumerate(plain) if name in called)
            for what, called in _COLUMNS.items()
            if any(name in called for name in plain)
        }
        emails = tuple(at for at, name in enumerate(plain) if _EMAIL.fullmatch(name))
        phones = tuple(at for at, name in enumerate(plain) if _PHONE.fullmatch(name))
        links = tuple(at for at, name in enumerate(plain) if name == "url")
        is_named = "name" in places or ("first" in places and "last" in places)
        return cls(places, emails, phones, links) if is_named and (emails or phones) else None


@dataclass
class _Table:
    folder: Folder
    file: File
    seen: Seen = field(default_factory=Seen)

    def items(self, skip: int) -> Iterator[Item]:
        """Read twice: for the order of day and month in birthdays, then for the contacts."""
        try:
            is_day_first, count = any(self._is_day_first()), 0
            for count, (columns, row) in enumerate(self._rows(), 1):
                item = self._item(columns, row, f"{self.file.locator}#row {count}", day_first=is_day_first)
                if count > skip:
                    yield item
                    if count % ITEMS_PER_CHECKPOINT == 0:
                        yield after(self.file, count)
            if not count:
                yield Problem(self.file.locator, "empty", "This table holds no contacts.")
        except _BROKEN as error:
            why = (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")
            detail = f"This table cannot be read to its end ({why}); what comes before is taken."
            yield Problem(self.file.locator, "unreadable", detail)

    def _rows(self) -> Iterator[tuple[_Columns, list[str]]]:
        columns: _Columns | None = None
        with closing(csv_rows(self.folder, self.file.locator)) as rows:
            for row in rows:
                if columns is None:
                    columns = _Columns.of(row)
                else:
                    yield columns, row

    def _is_day_first(self) -> Iterator[bool]:
        for columns, row in self._rows():
            found = _SLASHED.fullmatch(_cell(row, columns.places.get("born")))
            yield found is not None and int(found["one"]) > _MONTHS

    def _item(self, columns: _Columns, row: Sequence[str], where: str, *, day_first: bool) -> Item:
        told = {what: _cell(row, at) for what, at in columns.places.items()}
        parts = " ".join(part for part in (told.get(each, "") for each in ("first", "middle", "last")) if part)
        addresses = tuple(dict.fromkeys(_addresses(columns, row)))
        found = (told.get("name", ""), parts, told.get("nickname", ""), told.get("organisation", ""))
        name = next((each for each in found if each), addresses[0][1] if addresses else "")
        if not name:
            return Problem(where, "empty", "The contact has neither a name nor an address.")
        return Contact(
            source_key=self.seen.unique(f"{name}/{addresses[0][1] if addresses else ''}"),
            name=name,
            addresses=tuple(PersonRef(name=name, kind=kind, value=value) for kind, value in addresses),
            born=_born(told, day_first=day_first),
            note=told.get("note", ""),
            raw="\t".join(row).encode("utf-8", "replace"),
        )


def _cell(row: Sequence[str], at: int | None) -> str:
    return " ".join(loose.text(row[at]).split()) if at is not None and at < len(row) else ""


def _addresses(columns: _Columns, row: Sequence[str]) -> Iterator[tuple[str, str]]:
    for kind, places in (("email", columns.emails), ("phone", columns.phones)):
        for value in (part.strip() for at in places for part in _cell(row, at).split(_SEVERAL)):
            if ("@" in value) if kind == "email" else any(letter.isdigit() for letter in value):
                yield kind, value
    for at in columns.links:
        found = _LINKEDIN.match(_cell(row, at))
        if found is not None:
            yield "handle", f"linkedin:{found['handle']}"


def _born(told: Mapping[str, str], *, day_first: bool) -> str:
    """EDTF; "" for what is no date."""
    text = told.get("born", "")
    found, slashed = _DAY.fullmatch(text), _SLASHED.fullmatch(text)
    if found is not None:
        return _edtf(int(found["year"] or 0), int(found["month"]), int(found["day"]))
    if slashed is not None:
        one, two, year = int(slashed["one"]), int(slashed["two"]), slashed["year"]
        return _edtf(int(year) if len(year) > 2 else 0, *((two, one) if day_first else (one, two)))  # noqa: PLR2004
    parts = [loose.number(told.get(each)) for each in ("birth_year", "birth_month", "birth_day")]
    return _edtf(*(int(part or 0) for part in parts)) if parts[1] and parts[2] else ""


def _edtf(year: int, month: int, day: int) -> str:
    try:
        date(year if year not in _NO_YEAR else 2000, month, day)  # 2000 has a 29 February
    except ValueError:
        return ""
    return f"--{month:02}-{day:02}" if year in _NO_YEAR else f"{year:04}-{month:02}-{day:02}"
