"""Text messages, picture messages and calls of an Android phone, as SMS Backup & Restore writes them into XML.

Pictures stand in the file as text. It does not say the phone's own number: what was sent has no author. Format as of
versions 7 to 10, https://www.synctech.com.au/sms-backup-restore/fields-in-xml-backup-files/.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from timeline_local.domain.addresses import normalise_address
from timeline_local.domain.drafts import JSON, CollectionRef, Draft, MediaRef, PersonRef, PersonRole, Problem
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.conversations import (
    ITEMS_PER_CHECKPOINT,
    Alike,
    conversation,
    is_empty,
    is_twice,
    is_undated,
    is_unreadable,
    lasting,
    record,
    too_long,
)
from timeline_local.importers.embedded import Coding, Embedded
from timeline_local.importers.seen import Seen
from timeline_local.importers.xml_tags import Tag, tags

HEAD_BYTES = 8 * 1024
MOST_FILES = 500  # of one message
MOST_TAGS = 5_000  # in one message

_ITEMS = frozenset({"sms", "mms", "call"})
_DATA = frozenset({"data"})
_SENT = "2"
_NEVER_SENT = frozenset({"3", "4", "5", "6"})  # draft, outbox, failed, queued
_FROM, _TO = "137", frozenset({"151", "130", "129"})  # of the addresses of a picture message
_OWNER = "insert-address-token"  # where the phone's own number would stand
_MISSED = frozenset({"3", "5", "6"})
_OUTGOING = "2"
_FIRST_MS = 1e11  # 1973: smaller numbers are seconds
_UNKNOWN = frozenset({"", "(Unknown)", "null"})
_ENDINGS = {
    "image/jpeg": "jpg", "image/jpg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp",
    "image/heic": "heic", "image/bmp": "bmp", "video/mp4": "mp4", "video/3gpp": "3gp", "video/quicktime": "mov",
    "audio/amr": "amr", "audio/mp4": "m4a", "audio/mpeg": "mp3", "audio/3gpp": "3gp", "audio/ogg": "ogg",
    "text/x-vcard": "vcf", "text/vcard": "vcf", "text/x-vcalendar": "vcs", "text/calendar": "ics",
    "application/pdf": "pdf",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SmsBackup:
    name: str = "sms_backup"
    title: str = "Text messages and calls"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one backup is found."""
        found = next((file for file in folder.sample() if _is_backup(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There is no backup of text messages in this folder.")
        return Recognition(0.95, f"It holds a backup of text messages or calls, {found.locator}.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each message and call."""
        seen = Seen()
        for _, file, done in files_from(folder, _is_backup, options, checkpoint):
            yield from _Backup(folder, file, options, seen).items(done)


def _is_backup(folder: Folder, file: File) -> bool:
    if not file.name.lower().endswith(".xml"):
        return False
    head = folder.head(file.locator, HEAD_BYTES)
    return b"<smses" in head or b"<calls" in head


@dataclass(slots=True)
class _Raw:
    """One message or call with the tags inside of it."""

    tag: Tag
    inner: list[Tag] = field(default_factory=list)
    is_whole: bool = True

    @property
    def parts(self) -> list[Tag]:
        """What it holds, without the sheet that says how to show it."""
        return [each for each in self.inner if each.name == "part" and each.get("ct") != "application/smil"]

    @property
    def addresses(self) -> list[Tag]:
        return [each for each in self.inner if each.name == "addr"]


@dataclass(slots=True)
class _Backup:
    folder: Folder
    file: File
    options: ReadOptions
    seen: Seen

    def items(self, skip: int) -> Iterator[Item]:
        """Memory: one message without its pictures."""
        count = 0
        try:
            with self.folder.open(self.file.locator) as opened:
                for count, raw in enumerate(_raws(tags(opened, _DATA)), 1):
                    found = list(self._of(raw, f"{self.file.locator}#{count}"))
                    if count > skip:
                        yield from found
                        if count % ITEMS_PER_CHECKPOINT == 0:
                            yield after(self.file, count)
        except OSError as error:
            yield is_unreadable(self.file, error)
        if not count:
            yield Problem(self.file.locator, "empty", "This backup holds no message and no call that can be read.")

    def _of(self, raw: _Raw, where: str) -> Iterator[Item]:
        evidence = _evidence(raw.tag)
        if not raw.is_whole or raw.tag.places:
            detail = "This message is broken, or the file ends in it. Those around it are here."
            yield Problem(where, "message-broken", detail)
        elif evidence is None:
            yield is_undated(where)
        elif raw.tag.name == "call":
            yield from self._call(raw.tag, evidence, where)
        elif _box(raw.tag) in _NEVER_SENT:
            yield Problem(where, "never-sent", "It is a draft, or a message that was never sent.")
        else:
            yield from self._message(raw, evidence, where)

    def _message(self, raw: _Raw, evidence: TimeEvidence, where: str) -> Iterator[Item]:
        parties = _Parties.of(raw)
        texts, media, problems = _contents(raw, self.file, where)
        body = "\n".join(filter(None, (raw.tag.get("subject") or raw.tag.get("sub"), *texts)))
        alike = self._alike(raw, body, [str(each) for each in _sizes(raw)])
        if self.seen.number(alike.key) > 1:
            yield is_twice(where)
            return
        yield from problems
        if not (body or media):
            if not problems:
                yield is_empty(where)
            return
        problem = too_long(where, body, self.options)
        if problem is not None:
            yield problem
            return
        yield Draft(
            source_key=alike.key,
            kind=Kind.MESSAGE,
            body=body,
            evidence=(evidence,),
            people=parties.people(),
            media=tuple(media),
            collections=parties.conversation(),
            raw=record(raw.tag.attributes),
        )

    def _call(self, tag: Tag, evidence: TimeEvidence, where: str) -> Iterator[Item]:
        alike = self._alike(_Raw(tag), tag.get("duration"), [])
        if self.seen.number(alike.key) > 1:
            yield is_twice(where)
            return
        seconds = loose.number(tag.get("duration")) or 0
        parties = _Parties.of(_Raw(tag))
        kind = tag.get("type")
        name = parties.name or "Unknown number"
        extra: dict[str, JSON] = {"direction": "out" if kind == _OUTGOING else "in"}
        yield Draft(
            source_key=alike.key,
            kind=Kind.EVENT,
            title=f"{'Missed call' if kind in _MISSED else 'Call'}: {name}",
            evidence=(lasting(evidence, seconds),),
            people=parties.as_role(PersonRole.ATTENDEE),
            collections=parties.conversation(),
            extra=extra | ({"duration_seconds": seconds} if seconds else {}),
            raw=record(tag.attributes),
        )

    def _alike(self, raw: _Raw, body: str, files: Sequence[str]) -> Alike:
        """What, with whom, when and which way: the app numbers no messages. Names are left out, since they change.

        A phone that was restored twice holds every message twice.
        """
        tag = raw.tag
        number = ",".join(sorted(normalise_address("phone", each) for each in _numbers(tag)))
        return Alike.once(tag.name, tag.get("date"), number, _box(tag), body, *files)


def _raws(found: Iterator[Tag]) -> Iterator[_Raw]:
    """Messages and calls with what is inside of them. One that never ends is given when the next one begins."""
    raw: _Raw | None = None
    for tag in found:
        if tag.name in _ITEMS and tag.opens:
            if raw is not None:
                raw.is_whole = False
                yield raw
            raw = _Raw(tag, is_whole=tag.is_whole)
            if tag.closes or not tag.is_whole:
                yield raw
                raw = None
        elif raw is not None and tag.name == raw.tag.name:
            yield raw
            raw = None
        elif raw is not None and tag.opens:
            raw.is_whole = raw.is_whole and tag.is_whole and len(raw.inner) < MOST_TAGS
            if raw.is_whole:
                raw.inner.append(tag)
    if raw is not None:
        raw.is_whole = False
        yield raw


def _box(tag: Tag) -> str:
    return tag.get("msg_box") if tag.name == "mms" else tag.get("type")


def _evidence(tag: Tag) -> TimeEvidence | None:
    ms = loose.number(tag.get("date"))
    if ms is None or ms <= 0:
        return None
    instant: datetime | None = loose.instant_of_micros(ms * 1000 if ms >= _FIRST_MS else ms * 1_000_000)
    if instant is None:
        return None
    return TimeEvidence(basis=TimeBasis.SOURCE, instant=instant, origin="the clock of the phone")


def _contents(raw: _Raw, file: File, where: str) -> tuple[list[str], list[MediaRef], list[Problem]]:
    """The texts, the files, and what is wrong with them."""
    texts: list[str] = [raw.tag.get("body")] if raw.tag.name == "sms" else []
    media: list[MediaRef] = []
    problems: list[Problem] = []
    for part in raw.parts:
        place = part.places.get("data")
        text = part.get("text")
        if part.get("ct") == "text/plain" and text:
            texts.append(text)
            continue
        name = _file_name(part, len(media) + 1)
        if place is None or not place.size:
            problems.append(
                Problem(f"{where}#{name}", "not-in-export", "The message had this file, but the backup lacks it.")
            )
        elif len(media) >= MOST_FILES:
            problems.append(Problem(f"{where}#{name}", "too-many", f"A message holds at most {MOST_FILES} files."))
        else:
            inner = Embedded(file.locator, Coding.BASE64, place.start, place.length, place.size, name)
            media.append(MediaRef(locator=inner.locator, role=MediaRole.ATTACHMENT, position=len(media), name=name))
    return texts, media, problems


def _sizes(raw: _Raw) -> Iterator[int]:
    for part in raw.parts:
        place = part.places.get("data")
        if place is not None:
            yield place.size


def _file_name(part: Tag, number: int) -> str:
    """The name it was sent with; with an ending, so that it can be opened."""
    name = part.get("cl") or part.get("name") or part.get("fn") or f"file {number}"
    ending = _ENDINGS.get(part.get("ct").lower(), "")
    return name if "." in name or not ending else f"{name}.{ending}"


def _numbers(tag: Tag) -> list[str]:
    """Those a message came from or went to; several are divided by "~"."""
    told = tag.get("number") if tag.name == "call" else tag.get("address")
    found = (each.strip() for each in told.split("~"))
    return [each for each in dict.fromkeys(found) if each and each != _OWNER and each[:1] != "-"]


@dataclass(frozen=True, slots=True)
class _Parties:
    """Who is in a conversation besides the owner. author: which of them wrote it, "" where nobody knows."""

    named: tuple[PersonRef, ...]
    is_sent: bool
    author: str

    @classmethod
    def of(cls, raw: _Raw) -> _Parties:
        tag = raw.tag
        is_sent = _box(tag) == _SENT
        numbers = _numbers(tag) or _others(raw, is_sent=is_sent)
        told = tag.get("contact_name")
        names = [told] if len(numbers) == 1 else [each.strip() for each in told.split(",")]
        if len(names) != len(numbers):
            names = [""] * len(numbers)
        people = tuple(_person(number, name) for number, name in zip(numbers, names, strict=True) if number)
        return cls(people, is_sent, "" if is_sent else _author(raw, numbers))

    @property
    def name(self) -> str:
        return ", ".join(each.name for each in self.named)

    def people(self) -> tuple[PersonRef, ...]:
        """The author of what came in; those it was sent to of what went out, and the others of a group."""
        return tuple(
            _in_role(each, PersonRole.AUTHOR if (each.value or each.name) == self.author else PersonRole.RECIPIENT)
            for each in self.named
        )

    def as_role(self, role: PersonRole) -> tuple[PersonRef, ...]:
        return tuple(_in_role(each, role) for each in self.named)

    def conversation(self) -> tuple[CollectionRef, ...]:
        if not self.named:
            return ()
        keys = sorted(_short(each.value or each.name) for each in self.named)
        return (conversation(",".join(keys), self.name),)


def _others(raw: _Raw, *, is_sent: bool) -> list[str]:
    """Of a picture message without a number of its own: those it went to, or the one it came from."""
    found = (
        each.get("address")
        for each in raw.addresses
        if (each.get("type") in _TO if is_sent else each.get("type") == _FROM)
    )
    return [each for each in dict.fromkeys(found) if each and each != _OWNER]


def _author(raw: _Raw, numbers: Sequence[str]) -> str:
    sender = next((each.get("address") for each in raw.addresses if each.get("type") == _FROM), "")
    if len(numbers) == 1:
        return numbers[0]
    short = _short(sender) if sender else ""
    return next((each for each in numbers if _short(each) == short), "")


def _person(number: str, name: str) -> PersonRef:
    called = number if name in _UNKNOWN else name
    if "@" in number:
        return PersonRef(name=called, kind="email", value=number)
    if any(letter.isalpha() for letter in number):  # companies write under a name
        return PersonRef(name=number)
    return PersonRef(name=called, kind="phone", value=number)


def _in_role(person: PersonRef, role: PersonRole) -> PersonRef:
    return PersonRef(name=person.name, kind=person.kind, value=person.value, role=role)


def _short(number: str) -> str:
    """The last nine digits, in which a number is the same with and without its country."""
    plain = normalise_address("phone", number)
    return plain if any(letter.isalpha() for letter in plain) else plain[-9:]
