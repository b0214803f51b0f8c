"""Chats that a program exports message by message: a source tells what was said, this room makes memories of it.

Every source of chats that is newer than Telegram's goes through `read_chats`: it says which files are its own and gives
the messages of one; going on in the middle, what comes twice, files that are not there, and what holds nothing are told
here for all of them alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from zlib import error as ZlibError  # noqa: N812 - an error is called like one here

from timeline_local.domain.drafts import (
    JSON,
    Draft,
    PersonRef,
    PersonRole,
    PlaceRef,
    Problem,
    RelationKind,
    RelationRef,
)
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.conversations import (
    ITEMS_PER_CHECKPOINT,
    Alike,
    Attached,
    conversation,
    is_empty,
    is_twice,
    is_undated,
    is_unreadable,
    lasting,
    too_long,
)
from timeline_local.importers.json_stream import BrokenJson, Letters
from timeline_local.importers.seen import Seen

SYSTEM, UNSENT = "system-message", "unsent"
TRASHED, NEVER_SENT = "trashed-at-source", "never-sent"
_WHY = {
    UNSENT: "It was taken back by whoever sent it.",
    TRASHED: "It was deleted there, and is only kept for some days.",
    NEVER_SENT: "It could not be sent.",
}


@dataclass(frozen=True, slots=True)
class Chat:
    """key: the same whenever the chat is exported."""

    key: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message as its program tells it.

    number    the program's own, unique in its chat; "" if it gives none: then it is known by who said what when.
    files     the locators at which a file may lie, the likeliest first; lacking: names of files that are not there.
    seconds   of a call; None for what is none.   reply_to  the number of the message that is answered.
    skipped   why it is no message: SYSTEM, UNSENT, TRASHED, NEVER_SENT, or the slug of another reason.
    why       that reason in a sentence, where the usual one does not fit.
    """

    at: TimeEvidence | None
    author: PersonRef | None = None
    body: str = ""
    number: str = ""
    files: tuple[tuple[str, ...], ...] = ()
    lacking: tuple[str, ...] = ()
    seconds: float | None = None
    reply_to: str = ""
    place: PlaceRef | None = None
    people: tuple[PersonRef, ...] = ()
    extra: dict[str, JSON] = field(default_factory=dict)
    skipped: str = ""
    why: str = ""
    raw: bytes | None = None


Tell = Callable[[File, Letters], Iterator[tuple[Chat, Said]]]


@dataclass(frozen=True, slots=True)
class Program:
    """Whose chats they are, for people: "Discord".

    has_own_numbers  its messages have numbers that are theirs alone, in whichever chat: these are the keys.
    """

    name: str
    has_own_numbers: bool = False

    def key(self, chat: Chat, number: str) -> str:
        return number if self.has_own_numbers else f"{chat.key}:{number}"


def author(name: str, kind: str = "name", value: str = "") -> PersonRef | None:
    """Who says something; None if nobody is named."""
    return PersonRef(name=name, kind=kind, value=value, role=PersonRole.AUTHOR) if name else None


def sent_at(instant: datetime | None, origin: str = "when it was sent") -> TimeEvidence | None:
    """instant: aware."""
    return None if instant is None else TimeEvidence(basis=TimeBasis.SOURCE, instant=instant, origin=origin)


def sent_by_clock(local_at: datetime | None) -> TimeEvidence | None:
    """local_at: naive, as the clock of the device showed it."""
    if local_at is None:
        return None
    return TimeEvidence(basis=TimeBasis.SOURCE, local_at=local_at, origin="the clock of the device")


def read_chats(
    folder: Folder,
    options: ReadOptions,
    checkpoint: JSON,
    *,
    program: Program,
    is_chat: Callable[[Folder, File], bool],
    tell: Tell,
) -> Iterator[Item]:
    """One draft for each message of the files that are chats.

    tell  may raise BrokenJson, OSError, EOFError and ValueError where a file is broken; what came before is kept.
    """
    seen = Seen()
    for _, file, done in files_from(folder, is_chat, options, checkpoint):
        yield from _Talk(folder, file, options, program, seen).items(tell, done)


def read_chat(
    folder: Folder, file: File, options: ReadOptions, done: int, *, program: Program, seen: Seen, tell: Tell
) -> Iterator[Item]:
    """One file of `read_chats`, behind its first `done` messages, for sources that read other files as well."""
    yield from _Talk(folder, file, options, program, seen).items(tell, done)


@dataclass(slots=True)
class _Talk:
    folder: Folder
    file: File
    options: ReadOptions
    program: Program
    seen: Seen
    alike: Seen = field(default_factory=Seen)

    def items(self, tell: Tell, skip: int) -> Iterator[Item]:
        letters = Letters(self.file.locator)
        try:
            for count, (chat, said) in enumerate(tell(self.file, letters), 1):
                found = list(self._message(chat, said, f"{self.file.locator}#{count}"))
                if count > skip:
                    yield from found
                    if count % ITEMS_PER_CHECKPOINT == 0:
                        yield after(self.file, count)
        except OSError as error:
            yield is_unreadable(self.file, error)
        except (BrokenJson, EOFError, ValueError, ZlibError) as error:
            detail = f"This chat cannot be read to its end: {error}. Everything before that place is here."
            yield Problem(self.file.locator, "export-broken", detail)
        yield from letters.told()

    def _message(self, chat: Chat, said: Said, where: str) -> Iterator[Item]:
        if said.skipped:
            why = said.why or _WHY.get(said.skipped, f"It is a note of {self.program.name} itself, not a message.")
            yield Problem(where, said.skipped, why)
            return
        if said.at is None:
            yield is_undated(where)
            return
        attached = Attached(self.folder, where)
        for candidates in said.files:
            attached.add(*candidates)
        for name in said.lacking:
            attached.lacks(name)
        key, extra = self._key(chat, said)
        if self.seen.number(key) > 1:
            yield is_twice(where)
            return
        yield from attached.problems
        if not (said.body or attached.media or said.place or said.seconds is not None):
            if not attached.problems:
                yield is_empty(where)
            return
        yield too_long(where, said.body, self.options) or _draft(
            chat, said, attached, key, extra, self._answered(chat, said)
        )

    def _answered(self, chat: Chat, said: Said) -> tuple[RelationRef, ...]:
        if not said.reply_to:
            return ()
        return (RelationRef(kind=RelationKind.REPLY, source_key=self.program.key(chat, said.reply_to)),)

    def _key(self, chat: Chat, said: Said) -> tuple[str, dict[str, JSON]]:
        if said.number:
            return self.program.key(chat, said.number), {}
        at = said.at.instant or said.at.local_at if said.at is not None else None
        names = [PurePosixPath(each[0]).name for each in said.files]
        alike = Alike.of(self.alike, chat.key, str(at), said.author.name if said.author else "", said.body, *names)
        return alike.key, alike.extra


def _draft(
    chat: Chat,
    said: Said,
    attached: Attached,
    key: str,
    extra: dict[str, JSON],
    answered: tuple[RelationRef, ...],
) -> Draft:
    is_call = said.seconds is not None
    evidence = said.at or TimeEvidence(basis=TimeBasis.NONE)
    people = (*((said.author,) if said.author else ()), *said.people)
    if is_call:
        people = tuple(PersonRef(name=p.name, kind=p.kind, value=p.value, role=PersonRole.ATTENDEE) for p in people)
    return Draft(
        source_key=key,
        kind=Kind.EVENT if is_call else Kind.MESSAGE,
        title=(said.body or "Call") if is_call else "",
        body="" if is_call else said.body,
        evidence=(lasting(evidence, said.seconds or 0),) if is_call else (evidence,),
        people=people,
        place=said.place,
        media=tuple(attached.media),
        collections=(conversation(chat.key, chat.name),),
        relations=answered,
        extra=said.extra | extra,
        raw=said.raw,
    )
