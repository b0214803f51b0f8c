"""Apple's address book: AddressBook-v22.abcddb of a Mac, AddressBook.sqlitedb of an iPhone.

A Mac keeps one for each account, and small pictures in it; an iPhone has its pictures in a database beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from timeline_local.domain.drafts import JSON, Contact, MediaRef, PersonRef, Problem
from timeline_local.importers import loose
from timeline_local.importers.apple_tables import BESIDE, DATABASES, Database, holds, record_of, text, whole
from timeline_local.importers.apple_times import instant
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.conversations import is_twice, is_unreadable
from timeline_local.importers.embedded import Coding, Embedded
from timeline_local.importers.files import extension
from timeline_local.importers.seen import Seen
from timeline_local.importers.sqlite_tables import Blob, Row

ITEMS_PER_CHECKPOINT = 200
_MAC = {
    "zabcdrecord": frozenset({"zfirstname", "zlastname"}),
    "zabcdphonenumber": frozenset({"zowner", "zfullnumber"}),
}
_PHONE = {"abperson": frozenset({"first", "last"}), "abmultivalue": frozenset({"record_id", "property", "value"})}
_IN_A_BACKUP = "31bb7ba8914766d4ba40d6dfb6113c8b614be442"  # what an iPhone's backup calls it
_ASIDE = ("Metadata", "Images")  # folders beside the book of a Mac: the same again, for searching
_CONTACT = "abcdcontact"  # a kind of record; others are groups and accounts
_NO_YEAR = 1604
# A birthday is noon of its day in UTC; old systems wrote midnight where they were, which may be the evening before.
_TO_ITS_DAY = timedelta(hours=11, minutes=59)
_NUMBERS, _MAILS = 3, 4  # kinds of values of an iPhone's book
_HERE = b"\x01"  # a Mac's picture: it stands in the row itself
_FEWEST_BYTES = 32  # of a picture
_ENDINGS = ((b"\xff\xd8", "jpg"), (b"\x89PNG", "png"))


@dataclass(frozen=True, slots=True)
class AppleContacts:
    name: str = "apple_contacts"
    title: str = "Contacts of Apple"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one address book is found."""
        found = next((file for file in folder.sample() if _is_book(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There is no address book of Apple in this folder.")
        return Recognition(0.95, f"It holds an address book of Apple, {found.locator}.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One contact for each person or company."""
        seen = Seen()
        for _, file, done in files_from(folder, _is_book, options, checkpoint):
            home = file.locator.rpartition("/")[0]
            options.claimed.update(f"{file.locator}{end}" for end in BESIDE)
            options.claimed.update(f"{home}/{each}/".lstrip("/") for each in _ASIDE)
            yield from _Reading(folder, file, options, seen).items(done)


def _is_book(folder: Folder, file: File) -> bool:
    is_one = extension(file.name) in DATABASES or file.name == _IN_A_BACKUP
    return is_one and any(holds(folder, file, each) for each in (_MAC, _PHONE))


@dataclass(slots=True)
class _Card:
    """What a book tells of somebody. born: seconds since 2001; yearless: the same in some year."""

    key: str
    names: tuple[str, ...]
    instead: tuple[str, ...]  # a nickname, a company: what is shown where there is no name
    born: object
    record: bytes
    yearless: object = None
    note: str = ""
    addresses: list[tuple[str, str]] = field(default_factory=list)  # kind and value
    picture: tuple[str, Blob, int] | None = None  # the database it stands in, the value, bytes before it


@dataclass(slots=True)
class _Reading:
    folder: Folder
    file: File
    options: ReadOptions
    seen: Seen

    def items(self, skip: int) -> Iterator[Item]:
        count = 0
        try:
            with self.folder.open_database(self.file.locator) as pages:
                database = Database.of(pages)
                is_mac = "zabcdrecord" in database.tables
                book = _MacBook(database, self.file) if is_mac else _PhoneBook(database, self.file, self.folder)
                self.options.claimed.update(book.beside)
                for count, card in enumerate(book.cards(), 1):
                    found = self._contact(card, f"{self.file.locator}#{count}")
                    if count > skip:
                        yield found
                        if count % ITEMS_PER_CHECKPOINT == 0:
                            yield after(self.file, count)
        except OSError as error:
            yield is_unreadable(self.file, error)
            return
        if not count:
            yield Problem(self.file.locator, "empty", "This address book holds no contacts.")

    def _contact(self, card: _Card, where: str) -> Item:
        instead = (*card.instead, *(value for _, value in card.addresses))
        name = " ".join(filter(None, card.names)) or next(filter(None, instead), "")
        if not name:
            return Problem(where, "empty", "The contact has neither a name nor an address.")
        key = card.key or f"{name}/{card.addresses[0][1] if card.addresses else ''}"
        if self.seen.number(key) > 1:
            return is_twice(where)
        return Contact(
            source_key=key,
            name=name,
            addresses=tuple(PersonRef(name=name, kind=kind, value=value) for kind, value in card.addresses),
            born=_born(card),
            note=card.note,
            photo=self._photo(card, name),
            raw=card.record,
        )

    def _photo(self, card: _Card, name: str) -> MediaRef | None:
        if card.picture is None:
            return None
        carrier, value, before = card.picture
        inner = Embedded(carrier, Coding.ROW, value.place, value.skipped + before, value.size - before, name)
        try:
            with self.folder.open(inner.locator) as opened:
                head = opened.read(_FEWEST_BYTES)
        except OSError:
            return None
        ending = next((ending for begin, ending in _ENDINGS if head.startswith(begin)), "")
        if len(head) < _FEWEST_BYTES or not ending:
            return None
        called = f"{name}.{ending}"
        return MediaRef(locator=Embedded(carrier, inner.coding, *_place(inner), called).locator, name=called)


def _place(inner: Embedded) -> tuple[int, int, int]:
    return inner.start, inner.length, inner.size


def _born(card: _Card) -> str:
    """EDTF."""
    day = _day(card.born)
    if day is not None:
        return f"--{day:%m-%d}" if day.year == _NO_YEAR else f"{day.year:04}-{day:%m-%d}"
    day = _day(card.yearless)
    return "" if day is None else f"--{day:%m-%d}"


def _day(value: object) -> date | None:
    at = instant(loose.number(value))
    return None if at is None else (at + _TO_ITS_DAY).date()


def _is_number(value: str) -> bool:
    return any(letter.isdigit() for letter in value)


def _told(kind: str, value: str) -> Iterator[tuple[str, str]]:
    """An address if it is one."""
    if (kind == "phone" and _is_number(value)) or (kind == "email" and "@" in value):
        yield kind, value


class _MacBook:
    def __init__(self, database: Database, file: File) -> None:
        self._database, self._file = database, file
        self.beside: tuple[str, ...] = ()

    def cards(self) -> Iterator[_Card]:
        """Raises OSError."""
        columns = (
            "z_pk", "z_ent", "zuniqueid", "ztitle", "zfirstname", "zmiddlename", "zlastname", "zsuffix", "znickname",
            "zorganization", "zbirthday", "zbirthdayyearless", "zthumbnailimagedata",
        )  # fmt: skip
        people = self._people
        for row in self._database.rows("zabcdrecord", *columns):
            if people and whole(row, "z_ent") not in people:
                continue
            number = whole(row, "z_pk")
            yield _Card(
                key=text(row, "zuniqueid"),
                names=tuple(
                    text(row, f"z{each}") for each in ("title", "firstname", "middlename", "lastname", "suffix")
                ),
                instead=(text(row, "znickname"), text(row, "zorganization")),
                born=row.get("zbirthday"),
                yearless=row.get("zbirthdayyearless"),
                note=self._notes.get(number, ""),
                addresses=self._addresses.get(number, []),
                picture=self._picture(row),
                record=record_of(row),
            )

    @cached_property
    def _people(self) -> frozenset[int]:
        """Which kinds of records are people and companies; none where that is not told."""
        rows = self._database.rows("z_primarykey", "z_ent", "z_name")
        return frozenset(whole(row, "z_ent") for row in rows if text(row, "z_name").lower() == _CONTACT)

    @cached_property
    def _addresses(self) -> Mapping[int, list[tuple[str, str]]]:
        found: dict[int, list[tuple[str, str]]] = defaultdict(list)
        for row in self._database.rows("zabcdphonenumber", "zowner", "zfullnumber"):
            found[whole(row, "zowner")] += _told("phone", text(row, "zfullnumber"))
        for row in self._database.rows("zabcdemailaddress", "zowner", "zaddress"):
            found[whole(row, "zowner")] += _told("email", text(row, "zaddress"))
        for row in self._database.rows("zabcdsocialprofile", "zowner", "zservicename", "zusername"):
            service, name = text(row, "zservicename").lower(), text(row, "zusername")
            found[whole(row, "zowner")] += [("handle", f"{service}:{name}")] if service and name else []
        return found

    @cached_property
    def _notes(self) -> Mapping[int, str]:
        rows = self._database.rows("zabcdnote", "zcontact", "ztext")
        return {whole(row, "zcontact"): text(row, "ztext") for row in rows}

    def _picture(self, row: Row) -> tuple[str, Blob, int] | None:
        value = row.get("zthumbnailimagedata")
        if not isinstance(value, Blob) or self._database.head(value, 1) != _HERE:
            return None
        return self._file.locator, value, len(_HERE)


class _PhoneBook:
    def __init__(self, database: Database, file: File, folder: Folder) -> None:
        self._database = database
        home = file.locator.rpartition("/")[0]
        self._images = f"{home}/AddressBookImages.sqlitedb".lstrip("/")
        self._pictures = self._find_pictures(folder)
        self.beside = tuple(f"{self._images}{end}" for end in ("", *BESIDE))

    def cards(self) -> Iterator[_Card]:
        """Raises OSError."""
        columns = (
            "rowid", "guid", "prefix", "first", "middle", "last", "suffix", "nickname", "organization", "birthday",
            "note",
        )  # fmt: skip
        for row in self._database.rows("abperson", *columns):
            number = whole(row, "rowid")
            picture = self._pictures.get(number)
            yield _Card(
                key=text(row, "guid"),
                names=tuple(text(row, each) for each in ("prefix", "first", "middle", "last", "suffix")),
                instead=(text(row, "nickname"), text(row, "organization")),
                born=row.get("birthday"),
                note=text(row, "note"),
                addresses=self._addresses.get(number, []),
                picture=(self._images, picture, 0) if picture is not None else None,
                record=record_of(row),
            )

    @cached_property
    def _addresses(self) -> Mapping[int, list[tuple[str, str]]]:
        found: dict[int, list[tuple[str, str]]] = defaultdict(list)
        kinds = {_NUMBERS: "phone", _MAILS: "email"}
        for row in self._database.rows("abmultivalue", "record_id", "property", "value"):
            kind = kinds.get(whole(row, "property"))
            if kind is not None:
                found[whole(row, "record_id")] += _told(kind, text(row, "value"))
        return found

    def _find_pictures(self, folder: Folder) -> Mapping[int, Blob]:
        """The largest of each contact, in the database beside the book; none where there is no such database."""
        found: dict[int, Blob] = {}
        try:
            with folder.open_database(self._images) as pages:
                database = Database.of(pages)
                for table in ("abfullsizeimage", "abthumbnailimage"):
                    for row in database.rows(table, "record_id", "data"):
                        value, number = row.get("data"), whole(row, "record_id")
                        known = found.get(number)
                        if isinstance(value, Blob) and (known is None or known.size < value.size):
                            found[number] = value
        except (OSError, ValueError):
            pass
        return found
