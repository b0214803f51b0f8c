"""Who is behind the addresses of WhatsApp: "491701234567@s.whatsapp.net" for a telephone number, "1234@lid" for a
number that is hidden, "1203…@g.us" for a group. Names stand in the database of messages and in address books beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from timeline_local.domain.drafts import PersonRef, PersonRole
from timeline_local.importers import loose
from timeline_local.importers.apple_tables import DATABASES, Database, holds, text
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.files import extension

ME = PersonRef(name="Me", role=PersonRole.AUTHOR)
MOST_NAMED = 6  # people of a group that has no name
PERSON, HIDDEN, GROUP = "s.whatsapp.net", "lid", "g.us"
STORIES = "status@broadcast"

# The address book of Android, that of an iPhone, and where an iPhone keeps whose number is hidden.
BOOKS = (
    {"wa_contacts": frozenset({"jid", "display_name"})},
    {"zwaaddressbookcontact": frozenset({"zfullname"})},
    {"zwaphonenumberlidpair": frozenset({"zlid", "zphonenumber"})},
)
_DIRECTIONS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_NUMBER = re.compile(r"\+?[\d\s().\-\u00a0\u2010\u2011]+")

_BETWEEN = re.compile(r"[\s()+\-\u00a0\u2010\u2011]")


@dataclass
class Book:
    """Names and numbers by address. Memory: all of them."""

    names: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)

    def call(self, address: str, name: str) -> None:
        """Keep a name, if there is none yet and it is no number."""
        name = shown(name)
        if name and not _NUMBER.fullmatch(name):
            self.names.setdefault(self.known(address), name)

    def pair(self, hidden: str, number: str) -> None:
        """Keep which number is behind a hidden one."""
        hidden, number = addressed(hidden, HIDDEN), _dialled(number)
        if hidden.endswith(f"@{HIDDEN}") and number.endswith(f"@{PERSON}"):
            self.numbers.setdefault(hidden, number)

    def known(self, address: str) -> str:
        """The address by which somebody is known: by the number where a hidden one is known."""
        address = addressed(address)
        return self.numbers.get(address, address)

    def name(self, address: str) -> str:
        known = self.known(address)
        return self.names.get(known) or self.names.get(addressed(address)) or phone(known) or known.partition("@")[0]

    def person(self, address: str, role: PersonRole = PersonRole.AUTHOR) -> PersonRef | None:
        known = self.known(address)
        if not known or is_group(known):
            return None
        number = phone(known)
        kind, value = ("phone", number) if number else ("whatsapp", known)
        return PersonRef(name=self.name(address), kind=kind, value=value, role=role)

    def group(self, members: list[str]) -> str:
        """What a group without a name is called."""
        names = [self.name(each) for each in members[: MOST_NAMED + 1]]
        return ", ".join([*names[:MOST_NAMED], *(["…"] if len(names) > MOST_NAMED else [])])

    def read(self, database: Database) -> None:
        """Take what a database has of address books. Raises OSError."""
        for row in database.rows("zwaphonenumberlidpair", "zlid", "zphonenumber"):
            self.pair(text(row, "zlid"), text(row, "zphonenumber"))
        for row in database.rows("zwaaddressbookcontact", "zfullname", "zwhatsappid", "zlid", "zphonenumber"):
            number, hidden = text(row, "zwhatsappid") or text(row, "zphonenumber"), text(row, "zlid")
            self.pair(hidden, number)
            for each in filter(None, (_dialled(number), addressed(hidden, HIDDEN))):
                self.call(each, text(row, "zfullname"))
        for name in ("display_name", "given_name", "wa_name"):
            for row in database.rows("wa_contacts", "jid", "given_name", "family_name", name):
                said = f"{text(row, 'given_name')} {text(row, 'family_name')}" if name == "given_name" else ""
                self.call(text(row, "jid"), said.strip() or text(row, name))


def is_group(address: str) -> bool:
    return address.endswith((f"@{GROUP}", "@broadcast", "@newsletter"))


def phone(address: str) -> str:
    """The number as it is dialled; "" for an address that is none."""
    user, _, server = address.partition("@")
    return f"+{user}" if server == PERSON and user.isdecimal() else ""


def addressed(address: str, server: str = "") -> str:
    """An address without the device: "4917.0:12@s.whatsapp.net" is a computer of "4917@s.whatsapp.net".

    server  of one that names none.
    """
    user, _, said = address.strip().partition("@")
    server = {"c.us": PERSON}.get(said, said) or server
    if server in {PERSON, HIDDEN}:
        user = user.partition(":")[0].partition(".")[0]
    return f"{user}@{server}" if user and server else user


def _dialled(number: str) -> str:
    """The address of a number, however it is written."""
    return addressed(_BETWEEN.sub("", number), PERSON)


def shown(name: str) -> str:
    """A name without the marks that tell which way it is read."""
    return loose.text(_DIRECTIONS.sub("", name))


def is_book(folder: Folder, file: File) -> bool:
    return extension(file.name) in DATABASES and any(holds(folder, file, each) for each in BOOKS)


def books_of(folder: Folder) -> Iterator[File]:
    """The address books of WhatsApp anywhere in an import."""
    for listing in folder.walk():
        for file in listing.files if isinstance(listing, Listing) else ():
            if is_book(folder, file):
                yield file


def book_of(folder: Folder, files: Iterable[File]) -> Book:
    """What these address books hold together. One that cannot be read to its end gives what it has."""
    book = Book()
    for file in files:
        try:
            with folder.open_database(file.locator) as pages:
                book.read(Database.of(pages))
        except OSError:
            continue  # names alone are lost, and whose they are is told by their numbers
    return book
