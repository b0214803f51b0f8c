"""Messages of a Mac (chat.db) or an iPhone (sms.db), out of the program's own database, with the files beside it.

Newer systems keep the words only in an archive of how they look. Reactions, what was edited, joined or renamed are rows
as messages are. A message has a number of its own, the same on every device.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from timeline_local.domain.drafts import JSON
from timeline_local.importers import loose
from timeline_local.importers.apple_chats import Attachments, Enclosed, Talks, reacted_to
from timeline_local.importers.apple_tables import BESIDE, DATABASES, Database, holds, record_of, text, whole
from timeline_local.importers.apple_times import instant_of_message
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.backups import ABOUT, ENCRYPTED, is_encrypted
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.chat_reading import (
    NEVER_SENT,
    SYSTEM,
    TRASHED,
    UNSENT,
    Chat,
    Program,
    Said,
    read_chats,
    sent_at,
)
from timeline_local.importers.files import extension
from timeline_local.importers.json_stream import Letters
from timeline_local.importers.plists import MAX_BYTES, read_plist, spoken, unarchived
from timeline_local.importers.sqlite_tables import Row
from timeline_local.importers.typedstream import words_of

_TABLES = {
    "message": frozenset({"guid", "text", "date", "handle_id", "is_from_me"}),
    "handle": frozenset({"id"}),
    "chat": frozenset({"chat_identifier"}),
}
_IN_A_BACKUP = "3d0d7e5fb2ce288813306e4d4636395e047a3d28"  # what an iPhone's backup calls sms.db
_COLUMNS = (
    "rowid", "guid", "text", "subject", "attributedbody", "date", "handle_id", "is_from_me", "service", "error",
    "is_sent", "is_delivered", "item_type", "is_system_message", "associated_message_guid", "associated_message_type",
    "thread_originator_guid", "date_edited", "date_retracted", "message_summary_info", "balloon_bundle_id",
    "payload_data", "expressive_send_style_id",
)  # fmt: skip
_CACHES = frozenset({"Caches", "Drafts", "NickNameCache", "StickerCache"})
_STANDS_FOR_A_FILE, _STANDS_FOR_AN_APP = "\ufffc", "\ufffd"
_LINKS = "com.apple.messages.URLBalloonProvider"
_USUAL_SERVICE = "iMessage"


@dataclass(frozen=True, slots=True)
class AppleMessages:
    name: str = "apple_messages"
    title: str = "Messages of a Mac or iPhone"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one database is found."""
        found = next((file for file in folder.sample() if _is_database(folder, file)), None)
        if found is None:
            is_closed = any(_is_closed(folder, file) for file in folder.sample())
            reason = "There is no database of Apple's Messages in this folder."
            return Recognition(0.0, reason, ENCRYPTED if is_closed else "")
        return Recognition(0.95, f"It holds the database of Apple's Messages, {found.locator}.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each message."""

        def tell(file: File, letters: Letters) -> Iterator[tuple[Chat, Said]]:  # noqa: ARG001 - a database has none
            options.claimed.update(f"{file.locator}{end}" for end in BESIDE)
            options.claimed.update(_caches(folder, file))
            with folder.open_database(file.locator) as pages:
                yield from _Reading(folder, file, Database.of(pages), options).messages()

        program = Program("Messages", has_own_numbers=True)
        yield from read_chats(folder, options, checkpoint, program=program, is_chat=_is_database, tell=tell)


def _is_database(folder: Folder, file: File) -> bool:
    return (extension(file.name) in DATABASES or file.name == _IN_A_BACKUP) and holds(folder, file, _TABLES)


def _caches(folder: Folder, file: File) -> Iterator[str]:
    """Folders beside the database with pictures that nobody sent as such."""
    home = file.locator.rpartition("/")[0]
    for listing in folder.walk(after=home):
        below = listing.locator.removeprefix(home).lstrip("/")
        if home and not f"{listing.locator}/".startswith(f"{home}/"):
            return
        if isinstance(listing, Listing) and below.partition("/")[0] in _CACHES:
            yield f"{listing.locator}/"


def _is_closed(folder: Folder, file: File) -> bool:
    """Whether it is what tells of an iPhone's backup that it is encrypted."""
    if file.name != ABOUT:
        return False
    try:
        return is_encrypted(folder.read(file.locator, limit=MAX_BYTES))
    except (OSError, ValueError):
        return False


class _Reading:
    def __init__(self, folder: Folder, file: File, database: Database, options: ReadOptions) -> None:
        self._database, self._options = database, options
        self._talks = Talks(database)
        self._attachments = Attachments(folder, file.locator.rpartition("/")[0])

    def messages(self) -> Iterator[tuple[Chat, Said]]:
        """Every row but the reactions to what is here, which are told with that. Raises OSError."""
        reactions = self._talks.reactions
        for row in self._database.rows("message", *_COLUMNS):
            target = reacted_to(row)
            if target and target in reactions.numbers:
                self._claim(self._files(row)[0])
            else:
                yield self._talks.chat_of(row), self._said(row, target)

    def _said(self, row: Row, target: str) -> Said:
        files, lacking = self._files(row)
        edits = self._edits(row)
        words, app = self._words(row), self._app(row)
        body = "\n".join(filter(None, (text(row, "subject"), words or app.words)))
        skipped = "" if target else self._skipped(row, edits, is_bare=not (body or files or lacking))
        why = ""
        if target:
            skipped, why = SYSTEM, "It is a reaction to a message that is not here."
        elif not (skipped or body or files or lacking) and app.name:
            skipped, why = "unsupported", f"It was made by an app in Messages ({app.name}), in a form of its own."
        if skipped:
            self._claim(files)
        return Said(
            at=sent_at(instant_of_message(row.get("date"))),
            author=self._talks.author_of(row),
            body=body,
            number=text(row, "guid"),
            files=tuple((each,) for each in files),
            lacking=tuple(lacking),
            reply_to=text(row, "thread_originator_guid"),
            people=self._talks.recipients_of(row),
            extra=self._extra(row, edits, app),
            skipped=skipped,
            why=why,
            raw=record_of(row),
        )

    def _words(self, row: Row) -> str:
        """What was edited stands in the archive first, if in the text at all."""
        plain = text(row, "text")
        if not plain or whole(row, "date_edited"):
            plain = words_of(self._database.data(row, "attributedbody")) or plain
        return loose.text(plain.replace(_STANDS_FOR_A_FILE, "").replace(_STANDS_FOR_AN_APP, ""))

    def _files(self, row: Row) -> tuple[list[str], list[str]]:
        """The locators of those that are here, and the names of those that are not."""
        found, lacking = list[str](), list[str]()
        for each in self._talks.files_of(row):
            locator = self._attachments.find(each.path) if each.path else ""
            if each.is_preview:
                self._claim(filter(None, [locator]))
            elif locator:
                found += [locator, *self._attachments.film_of(locator)]
            else:
                lacking.append(_called(each))
        return found, lacking

    def _claim(self, locators: Iterable[str]) -> None:
        """Files of what is no memory are none either, whatever a folder of pictures would make of them."""
        self._options.claimed.update(locators)

    def _skipped(self, row: Row, edits: _Edits, *, is_bare: bool) -> str:
        if whole(row, "item_type") or whole(row, "is_system_message"):
            return SYSTEM
        if is_bare and (edits.is_unsent or whole(row, "date_retracted") or whole(row, "date_edited")):
            return UNSENT
        if self._talks.is_trashed(row):
            return TRASHED
        has_failed = whole(row, "is_from_me") and whole(row, "error")
        return NEVER_SENT if has_failed and not (whole(row, "is_sent") or whole(row, "is_delivered")) else ""

    def _edits(self, row: Row) -> _Edits:
        if text(row, "text") and not (whole(row, "date_edited") or whole(row, "date_retracted")):
            return _Edits((), is_unsent=False)
        told = loose.members(read_plist(self._database.data(row, "message_summary_info")))
        earlier = [
            words
            for _, versions in sorted(loose.members(told.get("ec")).items())
            for version in loose.items(versions)[:-1]
            if isinstance(data := loose.members(version).get("t"), bytes) and (words := words_of(data).strip())
        ]
        return _Edits(tuple(earlier), is_unsent=bool(loose.items(told.get("rp"))))

    def _app(self, row: Row) -> _App:
        """What an app shows of what it sent: it keeps that in an archive, with the words that stand for it."""
        bundle = text(row, "balloon_bundle_id")
        if not bundle:
            return _App()
        told = unarchived(self._database.data(row, "payload_data"))
        name = spoken(told, "an") or bundle.rpartition(":")[2].removesuffix(".ext").rpartition(".")[2]
        link = loose.members(loose.members(told).get("richLinkMetadata"))
        is_link = bundle == _LINKS
        shown = loose.members(loose.members(told).get("userInfo"))
        captions = dict.fromkeys(spoken(shown, each) for each in ("caption", "subcaption"))
        words = "" if is_link else "\n".join(filter(None, captions)) or spoken(told, "ldtext")
        return _App(name, words, spoken(link, "title") if is_link else "")

    def _extra(self, row: Row, edits: _Edits, app: _App) -> dict[str, JSON]:
        edited, service = instant_of_message(row.get("date_edited")), text(row, "service")
        told: dict[str, JSON] = {
            "reactions": self._talks.reactions.to(text(row, "guid")),
            "edited_at": edited.isoformat() if edited is not None else "",
            "earlier": [*edits.earlier],
            "service": service if service != _USUAL_SERVICE else "",
            "effect": text(row, "expressive_send_style_id").rpartition(".")[2],
            "link_title": app.title,
        }
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, slots=True)
class _Edits:
    """earlier: what the message said before; is_unsent: whether a part of it was taken back."""

    earlier: tuple[str, ...]
    is_unsent: bool


@dataclass(frozen=True, slots=True)
class _App:
    """An app that made a message, the words that it shows, and the title of a page that was linked."""

    name: str = ""
    words: str = ""
    title: str = ""


def _called(file: Enclosed) -> str:
    return file.name or "file"
