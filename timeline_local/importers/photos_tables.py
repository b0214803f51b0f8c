"""What the database of an Apple Photos library tells of its pictures: Photos.sqlite of Photos 5 (2019) and later, of a
Mac or an iPhone.

Names of columns and of the tables between two others change with every system; they are found by their shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import PurePosixPath

from timeline_local.domain.drafts import JSON, CollectionRef, Draft, PersonRef, PlaceRef, RelationKind, RelationRef
from timeline_local.domain.kinds import MediaRole
from timeline_local.importers import loose
from timeline_local.importers.apple_tables import Database, Pairs, between, record_of, text, whole
from timeline_local.importers.apple_times import instant
from timeline_local.importers.photo_groups import RAWS
from timeline_local.importers.pictured import ELSEWHERE, NOT_HERE, Picture, evidence
from timeline_local.importers.plists import spoken, unarchived
from timeline_local.importers.sqlite_tables import Row

ASSETS = ("zasset", "zgenericasset")  # the second one until Photos 5
OF_ASSETS = frozenset({"zuuid", "zfilename", "zdirectory", "zdatecreated"})
ATTRIBUTES = "zadditionalassetattributes"
_ASSET_COLUMNS = (
    "z_pk", "zuuid", "zdirectory", "zfilename", "zkind", "zkindsubtype", "zdatecreated", "zaddeddate", "zfavorite",
    "zhidden", "ztrashedstate", "zlatitude", "zlongitude", "zhasadjustments", "zadjustmentsstate", "zavalancheuuid",
    "zavalanchepicktype", "zsavedassettype", "zcloudbatchpublishdate", "zcollectionshare", "zadditionalattributes",
)  # fmt: skip
_ATTRIBUTE_COLUMNS = (
    "ztitle", "zoriginalfilename", "ztimezoneoffset", "ztimezonename", "zassetdescription", "zreverselocationdata",
    "zsyndicationidentifier", "zsyndicationhistory",
)  # fmt: skip
_ALBUM, _SHARED_ALBUM = 2, 1505  # kinds of albums; others are folders, imports, projects
_RAW_BESIDE = 17  # a kind of file that belongs to a picture
_KEY_SHOT = 16  # a bit: the shot that stands for its burst
_NOWHERE = -180.0  # where no place is known
_AREA_OF_INTEREST = 8
_LIVE, _SCREENSHOT, _SCREEN_RECORDING = 2, 10, 103  # kinds of pictures and films
_REFERENCED = 10  # how it came into the library: it was left where it lay
_LIKELY_RAWS = ("cr2", "cr3", "dng", "nef", "arw", "raf", "orf", "rw2")
_SENT = "It was sent in a message, and is not in the library."


@dataclass(frozen=True, slots=True)
class Asset:
    """A picture or film. row, more: what its two rows hold."""

    row: Row
    more: Row

    @property
    def number(self) -> int:
        return whole(self.row, "z_pk")

    @property
    def uuid(self) -> str:
        return text(self.row, "zuuid")

    @property
    def name(self) -> str:
        """What it was called before it came into the library."""
        return text(self.more, "zoriginalfilename") or text(self.row, "zfilename")

    @property
    def is_film(self) -> bool:
        return whole(self.row, "zkind") == 1

    @property
    def is_edited(self) -> bool:
        return whole(self.row, "zhasadjustments") != 0 or whole(self.row, "zadjustmentsstate") != 0

    @property
    def is_live(self) -> bool:
        return whole(self.row, "zkindsubtype") == _LIVE and not self.is_film

    @property
    def is_of_others(self) -> bool:
        """Whether it came in a message and was never put into the library: Photos shows it all the same."""
        return bool(text(self.more, "zsyndicationidentifier")) and not whole(self.more, "zsyndicationhistory")


class Library:
    """Memory: names of albums, keywords and people, and 16 bytes for each time that one belongs to a picture."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @cached_property
    def _assets(self) -> str:
        return next((name for name in ASSETS if name in self._database.tables), "")

    def pictures(self) -> Iterator[Picture]:
        """All of them in the order in which they came into the library. Raises OSError."""
        for row in self._database.rows(self._assets, *_ASSET_COLUMNS):
            more = self._database.row(ATTRIBUTES, whole(row, "zadditionalattributes"), *_ATTRIBUTE_COLUMNS)
            asset = Asset(row, more)
            yield Picture(
                uuid=asset.uuid,
                name=asset.name,
                is_trashed=whole(row, "ztrashedstate") != 0,
                originals=_originals(asset),
                beside=partial(self._beside, asset),
                draft=partial(self._draft, asset),
                missing=_missing(asset),
            )

    def _beside(self, asset: Asset, original: str) -> Iterator[tuple[MediaRole, tuple[str, ...]]]:
        stem = original.rpartition(".")[0]
        if asset.is_live:
            yield MediaRole.MOTION, (f"{stem}_3.mov", f"{stem}.MOV", f"{stem}.mov")
        if asset.number in self._with_raw:
            endings = (*_LIKELY_RAWS, *sorted(RAWS - {*_LIKELY_RAWS}))
            yield MediaRole.RAW, tuple(f"{stem}_4.{each}" for each in endings)
        if asset.is_edited:
            yield from ((MediaRole.EDITED, each) for each in _renders(asset))

    def _draft(self, asset: Asset) -> Draft:
        cover, added = self._cover(asset), instant(asset.row.get("zaddeddate"))
        is_of_screen = whole(asset.row, "zkindsubtype") in {_SCREENSHOT, _SCREEN_RECORDING}
        extra: dict[str, JSON] = {
            "kind": "screenshot" if is_of_screen else "",
            "burst": text(asset.row, "zavalancheuuid"),
            "added_at": added.isoformat() if added is not None else "",
        }
        zone = text(asset.more, "ztimezonename")
        return Draft(
            source_key=asset.uuid,
            title=text(asset.more, "ztitle"),
            body=self._description(asset),
            evidence=evidence(instant(asset.row.get("zdatecreated")), asset.more.get("ztimezoneoffset"), zone),
            place=self._place(asset),
            tags=tuple(dict.fromkeys(self._keywords_of(asset))),
            people=tuple(PersonRef(name=each) for each in self._people_of(asset)),
            favourite=whole(asset.row, "zfavorite") != 0,
            archived=whole(asset.row, "zhidden") != 0,
            collections=self._albums_of(asset),
            relations=(RelationRef(kind=RelationKind.PART_OF, source_key=cover),) if cover else (),
            extra={name: value for name, value in extra.items() if value},
            raw=record_of({**asset.more, **asset.row}),
        )

    def _description(self, asset: Asset) -> str:
        """The caption; it has a table of its own."""
        told = self._database.row("zassetdescription", whole(asset.more, "zassetdescription"), "zlongdescription")
        return text(told, "zlongdescription")

    def _keywords_of(self, asset: Asset) -> tuple[str, ...]:
        numbers = self._tagged.of(whole(asset.row, "zadditionalattributes"))
        return tuple(filter(None, (self._keywords.get(number, "") for number in numbers)))

    @cached_property
    def _keywords(self) -> Mapping[int, str]:
        return {whole(row, "z_pk"): text(row, "ztitle") for row in self._database.rows("zkeyword", "z_pk", "ztitle")}

    @cached_property
    def _tagged(self) -> Pairs:
        return between(self._database, r"z_\d+keywords", r"z_\d+assetattributes", r"z_\d+keywords")

    def _albums_of(self, asset: Asset) -> tuple[CollectionRef, ...]:
        found = [self._albums.get(number) for number in self._in_albums.of(asset.number)]
        found.append(self._shares.get(whole(asset.row, "zcollectionshare")))
        return tuple({each.key: each for each in found if each is not None}.values())

    @cached_property
    def _albums(self) -> Mapping[int, CollectionRef]:
        columns = ("z_pk", "zuuid", "ztitle", "zkind", "ztrashedstate")
        rows = self._database.rows("zgenericalbum", *columns)
        return {
            whole(row, "z_pk"): CollectionRef(key=text(row, "zuuid") or title, name=title)
            for row in rows
            if whole(row, "zkind") in {_ALBUM, _SHARED_ALBUM}
            and not whole(row, "ztrashedstate")
            and (title := text(row, "ztitle"))
        }

    @cached_property
    def _shares(self) -> Mapping[int, CollectionRef]:
        """Shared albums since macOS 26."""
        return {
            whole(row, "z_pk"): CollectionRef(key=text(row, "zuuid") or title, name=title)
            for row in self._database.rows("zshare", "z_pk", "zuuid", "ztitle")
            if (title := text(row, "ztitle"))
        }

    @cached_property
    def _in_albums(self) -> Pairs:
        return between(self._database, r"z_\d+assets", r"z_\d+assets", r"z_\d+albums")

    def _people_of(self, asset: Asset) -> tuple[str, ...]:
        """Those that have a name, each once."""
        named = (self._people.get(number, "") for number in self._faces.of(asset.number))
        return tuple(dict.fromkeys(filter(None, named)))

    @cached_property
    def _people(self) -> Mapping[int, str]:
        rows = self._database.rows("zperson", "z_pk", "zfullname", "zdisplayname")
        return {whole(row, "z_pk"): text(row, "zfullname") or text(row, "zdisplayname") for row in rows}

    @cached_property
    def _faces(self) -> Pairs:
        columns = ("zassetforface", "zasset", "zpersonforface", "zperson", "zhidden", "zisintrash")
        return Pairs(
            (whole(row, "zassetforface") or whole(row, "zasset"), whole(row, "zpersonforface") or whole(row, "zperson"))
            for row in self._database.rows("zdetectedface", *columns)
            if not (whole(row, "zhidden") or whole(row, "zisintrash"))
        )

    @cached_property
    def _with_raw(self) -> frozenset[int]:
        rows = self._database.rows("zinternalresource", "zasset", "zdatastoresubtype")
        return frozenset(whole(row, "zasset") for row in rows if whole(row, "zdatastoresubtype") == _RAW_BESIDE)

    def _cover(self, asset: Asset) -> str:
        """The shot that stands for the burst of this one; "" where there is none, or it is that shot itself."""
        found = self._covers.get(text(asset.row, "zavalancheuuid"), "")
        return "" if found == asset.uuid else found

    @cached_property
    def _covers(self) -> Mapping[str, str]:
        rows = self._database.rows(self._assets, "zuuid", "zavalancheuuid", "zavalanchepicktype", "ztrashedstate")
        return {
            burst: text(row, "zuuid")
            for row in rows
            if (burst := text(row, "zavalancheuuid"))
            and whole(row, "zavalanchepicktype") & _KEY_SHOT
            and not whole(row, "ztrashedstate")
        }

    def _place(self, asset: Asset) -> PlaceRef | None:
        """Where it was taken, with the names that Photos found for it."""
        lat, lon = asset.row.get("zlatitude"), asset.row.get("zlongitude")
        if _NOWHERE in {lat, lon}:
            lat = lon = None
        lat, lon = loose.coordinates(lat, lon)
        data = self._database.data(asset.more, "zreverselocationdata") if lat is not None else b""
        told = unarchived(data)
        address = loose.members(told).get("postalAddress")
        return loose.place_or_none(
            PlaceRef(
                lat=lat,
                lon=lon,
                name=_area_of_interest(told),
                city=spoken(address, "_city"),
                region=spoken(address, "_state"),
                country=spoken(address, "_country") or spoken(told, "countryCode"),
                address=" ".join(spoken(told, "addressString").split()),
            )
        )


def _originals(asset: Asset) -> tuple[str, ...]:
    """On a Mac, on an iPhone, of what others share; a film of theirs lies beside its picture."""
    folder, name = text(asset.row, "zdirectory"), text(asset.row, "zfilename")
    if not name:
        return ()
    shared: list[str] = []
    if asset.row.get("zcloudbatchpublishdate"):
        names = [f"{asset.uuid}.medium.MP4", name] if asset.is_film else [name]
        shared = [f"{at}/cloudsharing/data/{folder}/{each}" for each in names for at in ("scopes", "resources")]
    own = (f"originals/{folder}/{name}", f"{folder}/{name}", f"scopes/momentshared/originals/{folder}/{name}")
    return (*shared, *own)


def _missing(asset: Asset) -> str:
    if asset.is_of_others:
        return _SENT
    is_elsewhere = whole(asset.row, "zsavedassettype") == _REFERENCED or text(asset.row, "zdirectory").startswith("/")
    return ELSEWHERE if is_elsewhere else NOT_HERE


def _renders(asset: Asset) -> Iterator[tuple[str, ...]]:
    """Where the edited picture may lie, and the edited film; on an iPhone they lie by the name of the original."""
    stem = PurePosixPath(text(asset.row, "zfilename")).stem
    mac = f"resources/renders/{asset.uuid[:1]}/{asset.uuid}"
    phone = f"PhotoData/Mutations/{text(asset.row, 'zdirectory')}/{stem}/Adjustments/FullSizeRender"
    if asset.is_film:
        yield f"{mac}_2_0_a.mov", f"{phone}.mov"
        return
    endings = ("heic", "jpeg", "jpg")
    yield (*(f"{mac}_1_201_a.{each}" for each in endings), *(f"{phone}.{each}" for each in endings))
    if asset.is_live:
        yield f"{mac}_2_100_a.mov", f"{phone}.mov"


def _area_of_interest(told: object) -> str:
    """A park, a museum: the smallest one."""
    infos = loose.items(loose.members(loose.members(told).get("mapItem")).get("sortedPlaceInfos"))
    named = [
        (loose.number(loose.members(each).get("area")) or 0.0, spoken(each, "name"))
        for each in infos
        if loose.members(each).get("placeType") == _AREA_OF_INTEREST
    ]
    return min((each for each in named if each[1]), default=(0.0, ""))[1]
