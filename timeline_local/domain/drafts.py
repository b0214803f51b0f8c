"""What a source hands over: one memory as it was found, before anything is decided or stored.

A draft is plain data: it survives a trip through JSON unchanged (`draft_json`), so that plans can be kept and looked
at. Besides memories a source may hand over `Samples` (where a device was) and `Contact`s (who a person is).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.moments import TimeEvidence

MAX_PATH = 5_000  # samples of one draft: a day at one every 17 seconds; longer paths are cut into several

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRef:
    """A file of the import: `locator` is its POSIX path relative to the import root, `name` what to call it."""

    locator: str
    role: MediaRole = MediaRole.PRIMARY
    position: int = 0
    name: str = ""


class PersonRole(StrEnum):
    """What a person is to a memory: named or pictured in it, its writer, one it was sent to, one who took part."""

    MENTIONED = "mentioned"
    AUTHOR = "author"
    RECIPIENT = "recipient"
    ATTENDEE = "attendee"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRef:
    """A person as the source names one: `kind` is name, email, phone or a handle's service; `value` the address.

    An empty `value` means that the name is all there is. role: what the person is to the memory.
    """

    name: str
    kind: str = "name"
    value: str = ""
    role: PersonRole = PersonRole.MENTIONED


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRef:
    """Where: degrees (WGS 84), metres, and names as the source gave them. `country` is a name or an ISO code.

    kind  home, work, restaurant, …: the source's word.   address  one line.   key  the source's own id of the place.
    """

    lat: float | None = None
    lon: float | None = None
    name: str = ""
    city: str = ""
    region: str = ""
    country: str = ""
    altitude_m: float | None = None
    accuracy_m: float | None = None
    kind: str = ""
    address: str = ""
    key: str = ""


class CollectionKind(StrEnum):
    """What a collection is to its owner."""

    ALBUM = "album"
    JOURNAL = "journal"
    CONVERSATION = "conversation"
    TRIP = "trip"
    CALENDAR = "calendar"
    PLAYLIST = "playlist"


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionRef:
    """A collection that a memory belongs to.

    key       stable within the source: the same collection when it is read again, whatever it is called then.
    position  the memory's place in it as the source has it; None: in the order of time.
    begins    of a thread, which has no name of its own: the key of the memory that began it, and belongs to it without
              saying so. Whoever answers makes the thread.
    """

    key: str
    name: str
    kind: CollectionKind = CollectionKind.ALBUM
    position: int | None = None
    begins: str = ""


class RelationKind(StrEnum):
    """What one memory is to another one."""

    REPLY = "reply"
    EDIT = "edit"
    QUOTE = "quote"
    PART_OF = "part_of"
    RELATED = "related"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationRef:
    """A link to another memory of the same source by its key; it may be read later, or never."""

    kind: RelationKind
    source_key: str


@dataclass(frozen=True, slots=True)
class Sample:
    """Where a device was. at: aware UTC; degrees (WGS 84), metres, metres per second."""

    at: datetime
    lat: float
    lon: float
    accuracy_m: float | None = None
    altitude_m: float | None = None
    speed_mps: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One memory as a source tells it.

    source_key   stable over re-exports, unique within the source: re-importing the same key updates, never adds.
    kind         None: decided from the primary media file.
    evidence     every statement about the time; `times.decide` weighs it.
    rating       0 to 5, None when the source has none.   mood: 1 very low to 5 very good, None likewise.
    people       with their roles; the author of a message is one of them.
    path         where a move went, in the order of time, at most MAX_PATH samples; device: what recorded it.
    extra        what the source knew and we have no column for; JSON values only.
    raw          the source's own record, kept for better rules later; None for plain files.
    """

    source_key: str
    kind: Kind | None = None
    title: str = ""
    body: str = ""
    evidence: tuple[TimeEvidence, ...] = ()
    place: PlaceRef | None = None
    tags: tuple[str, ...] = ()
    people: tuple[PersonRef, ...] = ()
    favourite: bool = False
    rating: int | None = None
    mood: int | None = None
    archived: bool = False
    trashed: bool = False
    media: tuple[MediaRef, ...] = ()
    collections: tuple[CollectionRef, ...] = ()
    relations: tuple[RelationRef, ...] = ()
    path: tuple[Sample, ...] = ()
    device: str = ""
    extra: Mapping[str, JSON] = field(default_factory=dict)
    raw: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Positions that belong to no memory of their own, in the order of time, at most MAX_PATH of them.

    source_key  as a draft's.   device  what recorded them, stable over re-exports: positions are unique per device and
    instant, so overlapping exports add nothing twice.
    """

    source_key: str
    device: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Who a person is, from an address book. It makes no memory.

    addresses  every identity of theirs.   born  EDTF: 1985-04-12, 1985, or --04-12 without a year; "" if unknown.
    photo      a file of the import.       note  what the book says besides.
    """

    source_key: str
    name: str
    addresses: tuple[PersonRef, ...] = ()
    born: str = ""
    note: str = ""
    photo: MediaRef | None = None
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the import that could not become a memory: where, a stable slug, and a sentence for the owner."""

    locator: str
    slug: str
    detail: str
