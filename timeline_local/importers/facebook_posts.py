"""What a post, an event and a visit on Facebook say, out of the parts in which the export keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from timeline_local.domain.drafts import JSON, Draft, PersonRef, PlaceRef, Problem
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.conversations import Alike, record
from timeline_local.importers.meta_chats import words
from timeline_local.importers.meta_posts import (
    Pictures,
    evidence_at,
    instant_of_seconds,
    named_place,
    without_numbers,
)
from timeline_local.importers.seen import Seen

_POINT = re.compile(r"\(?\s*(?P<lat>-?\d+\.\d+)\s*,\s*(?P<lon>-?\d+\.\d+)\s*\)?")
# What an attachment says in words, by its name: each of these fields a line.
_LINES: Mapping[str, tuple[str, ...]] = {
    "external_context": ("name", "url"),
    "event": ("name",),
    "note": ("title", "text"),
    "poll": ("question",),
    "for_sale_item": ("title", "price", "description"),
}


@dataclass(slots=True)
class Told:
    """What a post says, gathered from its parts.

    sentence  Facebook's own: "Ana added a new photo."   text  the words of who posted.   name  of an event in a life.
    lines     what is attached, in words.
    """

    pictures: Pictures
    sentence: str
    text: str = ""
    name: str = ""
    lines: list[str] = field(default_factory=list)
    place: PlaceRef | None = None
    evidence: TimeEvidence | None = None
    named: list[str] = field(default_factory=list)
    extra: dict[str, JSON] = field(default_factory=dict)
    is_comment: bool = False

    @classmethod
    def of(cls, said: Mapping[str, Any], pictures: Pictures) -> Told:
        told = cls(pictures, words(said.get("title")))
        told.evidence = evidence_at(said.get("timestamp"), "when it was posted")
        texts = [text for part in _each(said.get("data")) for text in told._part(part)]
        for group in _each(said.get("attachments")):
            for part in _each(group.get("data")):
                told._attachment(part)
        told.text, mentioned = without_numbers("\n\n".join(dict.fromkeys(filter(None, texts))))
        tagged = [words(loose.members(each).get("name")) or words(each) for each in loose.items(said.get("tags"))]
        told.named += [*tagged, *mentioned]
        told._settle_captions()
        return told

    @property
    def body(self) -> str:
        """The words, then what was linked."""
        lines = [line for line in dict.fromkeys(self.lines) if line and line not in self.text]
        return "\n\n".join(filter(None, (self.text, "\n".join(lines))))

    @property
    def people(self) -> tuple[PersonRef, ...]:
        return tuple(PersonRef(name=name) for name in dict.fromkeys(filter(None, self.named)))

    def _part(self, part: Mapping[str, Any]) -> list[str]:
        comment = loose.members(part.get("comment"))
        group = words(comment.get("group"))
        self.is_comment = self.is_comment or bool(comment)
        self.extra |= {"group": group} if group else {}
        self.evidence = evidence_at(part.get("backdated_timestamp"), "the date that was given to it") or self.evidence
        return [words(part.get("post")), words(comment.get("comment"))]

    def _attachment(self, part: Mapping[str, Any]) -> None:
        for name, value in part.items():
            told = loose.members(value)
            if name in {"text", "name"}:
                self.lines.append(words(value))
            self.lines += [words(told.get(each)) for each in _LINES.get(name, ())]
            for picture in [told] if name == "media" else _each(told.get("media")):
                self.pictures.add({key: each for key, each in picture.items() if key != "title"})  # its album's name
            self.lines += [f"- {words(each.get('option'))}" for each in _each(told.get("options"))]
            self.place = self.place or named_place(told if name == "place" else loose.members(told.get("place")))
            if name == "life_event":
                self.name = words(told.get("title"))
                self.evidence = _on_date(loose.members(told.get("start_date"))) or self.evidence

    def _settle_captions(self) -> None:
        """One caption without other words is what the post says; others are kept beside their pictures."""
        captions = {name: said for name, said in self.pictures.captions.items() if said != self.text}
        if not self.text and len({str(each) for each in captions.values()}) == 1:
            self.text, captions = str(next(iter(captions.values()))), {}
        self.extra |= {"captions": captions} if captions else {}


def media_in(said: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The pictures that a post shows."""
    for group in _each(said.get("attachments")):
        for part in _each(group.get("data")):
            yield loose.members(part.get("media"))
            yield from _each(loose.members(part.get("note")).get("media"))


def event_of(said: Mapping[str, Any], alike: Seen, where: str) -> Draft | Problem:
    """alike: those of its file that say the same."""
    start, end = instant_of_seconds(said.get("start_timestamp")), instant_of_seconds(said.get("end_timestamp"))
    name = words(said.get("name"))
    if start is None or not name:
        return Problem(where, "no-time", "This event has no name, or says no time that could be read.")
    until = end if end is not None and end > start else None
    key = Alike.of(alike, "event", str(start), name)
    return Draft(
        source_key=key.key,
        kind=Kind.EVENT,
        title=name,
        body=words(said.get("description")),
        evidence=(TimeEvidence(basis=TimeBasis.SOURCE, instant=start, until=until, origin="the event's time"),),
        place=named_place(loose.members(said.get("place"))),
        extra=key.extra,
        raw=record(said),
    )


def visit_of(said: Mapping[str, Any], alike: Seen, where: str) -> Draft | Problem:
    """A place with its labels. These are in the language of the account: of others than English, values tell."""
    labels = list(_each(said.get("label_values")))
    times = [said.get("timestamp"), *(each.get("timestamp_value") for each in labels)]
    evidence = next(filter(None, (evidence_at(each, "when it was checked in") for each in times)), None)
    inner = {words(part.get("label")): words(part.get("value")) for each in labels for part in _each(each.get("dict"))}
    outer = {words(each.get("label")): value for each in labels if (value := words(each.get("value")))}
    point = next(filter(None, map(_POINT.fullmatch, inner.values())), None)
    plain = [each for each in (inner or outer).values() if each and "://" not in each and not _POINT.fullmatch(each)]
    name = inner.get("Name") or outer.get("Place name") or next(iter(plain), "")
    if evidence is None or not (name or point):
        return Problem(where, "no-position", "This visit names no place, or says no time that could be read.")
    lat, lon = loose.coordinates(point["lat"], point["lon"]) if point else (None, None)
    number = loose.spelled(said.get("fbid"))
    return Draft(
        source_key=f"visit:{number}" if number else Alike.of(alike, "visit", str(evidence.instant), name).key,
        kind=Kind.VISIT,
        title=name,
        body=outer.get("Message", ""),
        evidence=(evidence,),
        place=PlaceRef(lat=lat, lon=lon, name=name, address=inner.get("Address", "")),
        raw=record(said),
    )


def _each(value: object) -> Iterator[Mapping[str, Any]]:
    return map(loose.members, loose.items(value))


def _on_date(told: Mapping[str, Any]) -> TimeEvidence | None:
    """The date of an event in somebody's life, as far as it was told: a year, a month, a day."""
    year, month, day = (int(loose.number(told.get(each)) or 0) for each in ("year", "month", "day"))
    try:
        at = datetime(year, month or 1, day or 1)  # noqa: DTZ001 - a date, wherever it was
    except (ValueError, OverflowError):
        return None
    precision = Precision.DAY if day else Precision.MONTH if month else Precision.YEAR
    return TimeEvidence(basis=TimeBasis.SOURCE, local_at=at, precision=precision, origin="the event's date")
