"""What chats have in common, whichever program kept them: a message is taken once, files lie beside it or do not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import blake2b, sha256
from pathlib import PurePosixPath

from timeline_local.domain.drafts import JSON, CollectionKind, CollectionRef, MediaRef, Problem
from timeline_local.domain.kinds import MediaRole
from timeline_local.domain.times import TimeEvidence
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import ReadOptions
from timeline_local.importers.seen import Seen

ITEMS_PER_CHECKPOINT = 200


def conversation(key: str, name: str) -> CollectionRef:
    return CollectionRef(key=key, name=name, kind=CollectionKind.CONVERSATION)


def record(value: object) -> bytes:
    """The source's own record of a message."""
    return json.dumps(value, separators=(",", ":")).encode()


def digest_of(value: object) -> str:
    """32 hex digits for a message that has no id of its own."""
    return blake2b(record(value), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Alike:
    """A message among those that say the same: the hash of what they say, and which of them it is, from 1.

    Two alike were both sent, and clocks tell minutes or seconds. What a later export tells again is the same.
    """

    digest: str
    number: int

    @classmethod
    def of(cls, seen: Seen, *said: str) -> Alike:
        """seen: those that were read before in the same export of the chat."""
        digest = _digest(said)
        return cls(digest, seen.number(digest))

    @classmethod
    def once(cls, *said: str) -> Alike:
        """The first there is, always: by clocks that tell milliseconds what says the same was sent once."""
        return cls(_digest(said), 1)

    @property
    def key(self) -> str:
        """For a message to which its program gives no id."""
        return f"{self.digest}.{self.number}"

    @property
    def extra(self) -> dict[str, JSON]:
        """What tells it from the first: memories that say the same are otherwise taken for one."""
        return {"nth": self.number} if self.number > 1 else {}


def _digest(said: Sequence[str]) -> str:
    return sha256("\n".join(said).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def is_twice(where: str) -> Problem:
    return Problem(where, "twice", "The same message came before in this import; it is kept once.")


def is_empty(where: str) -> Problem:
    return Problem(where, "empty", "The message holds neither words nor a file.")


def is_undated(where: str) -> Problem:
    return Problem(where, "no-time", "The message says no time that could be read.")


def too_long(where: str, text: str, options: ReadOptions) -> Problem | None:
    """What is said of a text that no memory can hold; None when it fits."""
    if len(text) <= options.note_characters:
        return None
    return Problem(
        where, "note-too-long", f"The message has {len(text):,} characters; {options.note_characters:,} fit."
    )


def is_unreadable(file: File, error: OSError) -> Problem:
    why = (error.strerror or type(error).__name__).lower()
    return Problem(file.locator, "unreadable", f"This file cannot be read ({why}).")


def lasting(evidence: TimeEvidence, seconds: float) -> TimeEvidence:
    """The evidence of a call that took this long; of what cannot be, the evidence as it is."""
    begun = evidence.instant or evidence.local_at
    if begun is None or not seconds > 0:
        return evidence
    try:
        end = begun + timedelta(seconds=seconds)
    except OverflowError:
        return evidence
    return replace(evidence, until=end) if evidence.instant else replace(evidence, local_until=end)


@dataclass(slots=True)
class Attached:
    """The files of one message, or of something else, as they are found; a name that leads to none is a problem."""

    folder: Folder
    where: str
    what: str = "message"
    media: list[MediaRef] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def add(self, *candidates: str, name: str = "") -> None:
        """The first of these locators that is there, called `name` or as the file is."""
        found = next((each for each in candidates if is_there(self.folder, each)), None)
        if found is None:
            self.lacks(PurePosixPath(candidates[0]).name)
            return
        called = name or PurePosixPath(found).name
        self.media.append(MediaRef(locator=found, role=MediaRole.ATTACHMENT, position=len(self.media), name=called))

    def lacks(self, what: str) -> None:
        """The export says itself that it does not hold the file, or does not hold it though it says so."""
        place = f"{self.where}#{what}" if what else f"{self.where}#file"
        self.problems.append(
            Problem(place, "not-in-export", f"The {self.what} had this file, but the export lacks it.")
        )


def is_there(folder: Folder, locator: str) -> bool:
    """Whether there is such a file. Cost: one look at the disk or at an archive's directory."""
    try:
        folder.stat(locator)
    except (OSError, ValueError):
        return False
    return True
