"""WhatsApp's own databases: ChatStorage.sqlite of an iPhone or Mac, msgstore.db of Android, with the files beside them.

Messages have numbers of their own there, exact times, replies and reactions, which an exported chat lacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from timeline_local.domain.drafts import JSON
from timeline_local.importers.apple_tables import BESIDE, DATABASES, Database, holds
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.chat_reading import Chat, Program, Said, read_chats
from timeline_local.importers.files import extension
from timeline_local.importers.json_stream import Letters
from timeline_local.importers.whatsapp_android import NEW, OLD, AndroidChats
from timeline_local.importers.whatsapp_files import Files
from timeline_local.importers.whatsapp_iphone import TABLES, PhoneChats
from timeline_local.importers.whatsapp_people import book_of, books_of, is_book

_IN_A_BACKUP = "7c7fba66680ef796b916b067077cc246adacf01d"  # what an iPhone's backup calls ChatStorage.sqlite
_ENCRYPTED = re.compile(r".+\.m?crypt\d{1,2}", re.IGNORECASE)
_NAMED = re.compile(r"(?:msgstore[\w.-]*|wa)\.db|ChatStorage\.sqlite", re.IGNORECASE)
_CLOSED = (
    "This is a backup of WhatsApp that is encrypted, and cannot be read as it is. Decrypt it with its key (the program "
    "wa-crypt-tools does that) and import the msgstore.db that comes out together with the folder Media, or choose "
    "“Export chat” in WhatsApp and import the zip or the text that it makes."
)
_UNREADABLE = (
    "This file is called as a database of WhatsApp is, but is none that can be read: it may be encrypted still, or not "
    "whole. Copy it again, or choose “Export chat” in WhatsApp and import the zip or the text that it makes."
)
_BOOK_ALONE = (
    "This is an address book of WhatsApp, which holds no messages. Choose it together with msgstore.db, or with "
    "ChatStorage.sqlite of an iPhone."
)


@dataclass(frozen=True, slots=True)
class WhatsAppDatabase:
    name: str = "whatsapp_database"
    title: str = "Databases of WhatsApp"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one database is found."""
        found = next((file for file in folder.sample() if _is_database(folder, file)), None)
        if found is not None:
            return Recognition(0.95, f"It holds a database of WhatsApp, {found.locator}.")
        reason = "There is no database of WhatsApp in this folder."
        if any(_ENCRYPTED.fullmatch(file.name) for file in folder.sample()):
            return Recognition(0.0, reason, _CLOSED)
        if any(is_book(folder, each) for each in folder.sample()):
            return Recognition(0.0, reason, _BOOK_ALONE)
        is_named = any(_NAMED.fullmatch(file.name) for file in folder.sample())
        return Recognition(0.0, reason, _UNREADABLE if is_named else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each message and call."""

        def tell(file: File, letters: Letters) -> Iterator[tuple[Chat, Said]]:  # noqa: ARG001 - a database has none
            options.claimed.update(f"{file.locator}{end}" for end in BESIDE)
            books = list(books_of(folder))
            for each in books:
                if not _is_database(folder, each):
                    options.claimed.update(f"{each.locator}{end}" for end in ("", *BESIDE))
            files = Files(folder, file.locator.rpartition("/")[0], options.claimed)
            options.claimed.update(files.nobodys())
            with folder.open_database(file.locator) as pages:
                database, book = Database.of(pages), book_of(folder, books)
                is_phone = TABLES.keys() <= database.tables.keys()
                chats = PhoneChats if is_phone else AndroidChats
                yield from chats(database, book, files).told()

        yield from read_chats(folder, options, checkpoint, program=Program("WhatsApp"), is_chat=_is_database, tell=tell)


def _is_database(folder: Folder, file: File) -> bool:
    if extension(file.name) not in DATABASES and file.name != _IN_A_BACKUP:
        return False
    return any(holds(folder, file, each) for each in (TABLES, NEW, OLD))
