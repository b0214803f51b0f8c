"""What the database of an Apple Photos library before Photos 5 tells: photos.db of macOS 10.10 to 10.14.

An original is a master, in the folder `Masters`; a picture is a version of one, and may have been edited. Files that
belong to either are named by the number of their row, in hexadecimal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property, partial

from timeline_local.domain.drafts import JSON, CollectionRef, Draft, PersonRef, PlaceRef, RelationKind, RelationRef
from timeline_local.domain.kinds import MediaRole
from timeline_local.importers import loose
from timeline_local.importers.apple_tables import Database, Pairs, record_of, text, whole
from timeline_local.importers.apple_times import instant
from timeline_local.importers.pictured import ELSEWHERE, NOT_HERE, Picture, evidence
from timeline_local.importers.sqlite_tables import Row

OF_VERSIONS = {
    "rkversion": frozenset({"uuid", "masteruuid", "imagedate"}),
    "rkmaster": frozenset({"uuid", "imagepath", "originalfilename"}),
}
_VERSION_COLUMNS = (
    "modelid", "uuid", "name", "isfavorite", "isintrash", "ishidden", "imagedate", "imagetimezoneoffsetseconds",
    "imagetimezonename", "masteruuid", "rawmasteruuid", "nonrawmasteruuid", "latitude", "longitude",
    "extendeddescription", "hasadjustments", "adjustmentuuid", "type", "specialtype", "burstuuid", "burstpicktype",
)  # fmt: skip
_MASTER_COLUMNS = ("modelid", "uuid", "imagepath", "originalfilename", "fileisreference")
_ALBUM, _OF_PHOTOS_ITSELF = 3, "LibraryFolder"  # a kind of album, and where those are that the owner did not make
_LIVE, _SCREENSHOT = frozenset({5, 8}), 6  # kinds of pictures
_FILM = 8
_KEY_SHOT = 16  # a bit: the shot that stands for its burst
_OF_A_VERSION, _PICTURE, _MOVIE = 2, 4, 8  # what a file that Photos made belongs to, and what it is
_MOVIE_UTI = "com.apple.quicktime-movie"
_COUNTRY, _STATE, _CITY, _SIGHT = 1, 2, 16, 45  # kinds of places


class OldLibrary:
    """Memory: where the masters lie, and the names of albums, keywords, people and places."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pictures(self) -> Iterator[Picture]:
        """All versions. Raises OSError."""
        for row in self._database.rows("rkversion", *_VERSION_COLUMNS):
            master = self._masters.get(text(row, "nonrawmasteruuid")) or self._masters.get(text(row, "masteruuid"), {})
            path = text(master, "imagepath")
            is_elsewhere = whole(master, "fileisreference") != 0
            yield Picture(
                uuid=text(row, "uuid"),
                name=text(master, "originalfilename") or path.rpartition("/")[2],
                is_trashed=whole(row, "isintrash") != 0,
                originals=(f"Masters/{path}", f"originals/{path}") if path and not is_elsewhere else (),
                beside=partial(self._beside, row, master),
                draft=partial(self._draft, row),
                missing=ELSEWHERE if is_elsewhere else NOT_HERE,
            )

    @cached_property
    def _masters(self) -> Mapping[str, Row]:
        return {text(row, "uuid"): row for row in self._database.rows("rkmaster", *_MASTER_COLUMNS)}

    def _beside(self, row: Row, master: Row, _: str) -> Iterator[tuple[MediaRole, tuple[str, ...]]]:
        raw = self._masters.get(text(row, "rawmasteruuid"), {})
        if text(raw, "imagepath") and text(raw, "imagepath") != text(master, "imagepath"):
            yield MediaRole.RAW, (f"Masters/{text(raw, 'imagepath')}",)
        if whole(row, "specialtype") in _LIVE:
            for number in self._films.of(whole(master, "modelid"))[:1]:
                yield MediaRole.MOTION, (_made("master", number, "jpegvideocomplement", "mov"),)
        for number, kind in self._edits.get((whole(row, "modelid"), text(row, "adjustmentuuid")), ()):
            endings = ("mov", "mp4") if kind == _MOVIE else ("jpeg", "jpg", "heic", "png", "tiff")
            is_beside = kind == _MOVIE and whole(row, "type") != _FILM
            name = "videocomplementoutput" if is_beside else "fullsizeoutput"
            yield MediaRole.EDITED, tuple(_made("version", number, name, each) for each in endings)

    @cached_property
    def _films(self) -> Pairs:
        """The moving parts of masters."""
        columns = ("modelid", "attachedmodelid", "attachedmodeltype", "uti")
        return Pairs(
            (whole(row, "attachedmodelid"), whole(row, "modelid"))
            for row in self._database.rows("rkmodelresource", *columns)
            if text(row, "uti") == _MOVIE_UTI and whole(row, "attachedmodeltype") != _OF_A_VERSION
        )

    @cached_property
    def _edits(self) -> Mapping[tuple[int, str], tuple[tuple[int, int], ...]]:
        """What a version was edited to, by its number and that of the edit: numbers of files and their kinds."""
        found: dict[tuple[int, str], tuple[tuple[int, int], ...]] = {}
        columns = ("modelid", "attachedmodelid", "attachedmodeltype", "resourcetag", "resourcetype")
        for row in self._database.rows("rkmodelresource", *columns):
            tag, kind = text(row, "resourcetag"), whole(row, "resourcetype")
            if whole(row, "attachedmodeltype") == _OF_A_VERSION and kind in {_PICTURE, _MOVIE} and tag:
                if tag.startswith("UNADJUSTED"):
                    continue
                key = (whole(row, "attachedmodelid"), tag)
                found[key] = (*found.get(key, ()), (whole(row, "modelid"), kind))
        return found

    def _draft(self, row: Row) -> Draft:
        number, cover = whole(row, "modelid"), self._covers.get(text(row, "burstuuid"), "")
        zone = text(row, "imagetimezonename")
        extra: dict[str, JSON] = {
            "kind": "screenshot" if whole(row, "specialtype") == _SCREENSHOT else "",
            "burst": text(row, "burstuuid"),
        }
        is_shot = cover not in {"", text(row, "uuid")}
        named = (self._people.get(each, "") for each in self._faces.of(number))
        tags = (self._keywords.get(each, "") for each in self._tagged.of(number))
        albums = (self._albums.get(each) for each in self._in_albums.of(number))
        return Draft(
            source_key=text(row, "uuid"),
            title=text(row, "name"),
            body=text(row, "extendeddescription"),
            evidence=evidence(instant(row.get("imagedate")), row.get("imagetimezoneoffsetseconds"), zone),
            place=self._place(row),
            tags=tuple(dict.fromkeys(filter(None, tags))),
            people=tuple(PersonRef(name=each) for each in dict.fromkeys(filter(None, named))),
            favourite=whole(row, "isfavorite") != 0,
            archived=whole(row, "ishidden") != 0,
            collections=tuple(each for each in albums if each is not None),
            relations=(RelationRef(kind=RelationKind.PART_OF, source_key=cover),) if is_shot else (),
            extra={name: value for name, value in extra.items() if value},
            raw=record_of(row),
        )

    @cached_property
    def _keywords(self) -> Mapping[int, str]:
        return {whole(row, "modelid"): text(row, "name") for row in self._database.rows("rkkeyword", "modelid", "name")}

    @cached_property
    def _tagged(self) -> Pairs:
        return self._pairs("rkkeywordforversion", "versionid", "keywordid")

    @cached_property
    def _albums(self) -> Mapping[int, CollectionRef]:
        columns = ("modelid", "uuid", "name", "albumsubclass", "folderuuid", "isintrash")
        return {
            whole(row, "modelid"): CollectionRef(key=text(row, "uuid") or name, name=name)
            for row in self._database.rows("rkalbum", *columns)
            if (name := text(row, "name"))
            and whole(row, "albumsubclass") == _ALBUM
            and text(row, "folderuuid") != _OF_PHOTOS_ITSELF
            and not whole(row, "isintrash")
        }

    @cached_property
    def _in_albums(self) -> Pairs:
        return self._pairs("rkalbumversion", "versionid", "albumid")

    @cached_property
    def _people(self) -> Mapping[int, str]:
        rows = self._database.rows("rkperson", "modelid", "name", "displayname")
        return {whole(row, "modelid"): text(row, "name") or text(row, "displayname") for row in rows}

    @cached_property
    def _faces(self) -> Pairs:
        return self._pairs("rkface", "imagemodelid", "personid")

    @cached_property
    def _covers(self) -> Mapping[str, str]:
        rows = self._database.rows("rkversion", "uuid", "burstuuid", "burstpicktype", "isintrash")
        return {
            burst: text(row, "uuid")
            for row in rows
            if (burst := text(row, "burstuuid"))
            and whole(row, "burstpicktype") & _KEY_SHOT
            and not whole(row, "isintrash")
        }

    def _place(self, row: Row) -> PlaceRef | None:
        lat, lon = loose.coordinates(row.get("latitude"), row.get("longitude"))
        of = [self._places[each] for each in self._placed.of(whole(row, "modelid")) if each in self._places]
        named = {kind: name for _, kind, name in sorted(of, reverse=True)}  # the smallest of a kind stays
        return loose.place_or_none(
            PlaceRef(
                lat=lat,
                lon=lon,
                name=named.get(_SIGHT, ""),
                city=named.get(_CITY, ""),
                region=named.get(_STATE, ""),
                country=named.get(_COUNTRY, ""),
            )
        )

    @cached_property
    def _places(self) -> Mapping[int, tuple[float, int, str]]:
        """How large each is, its kind, and its name."""
        rows = self._database.rows("rkplace", "modelid", "type", "defaultname", "area")
        return {
            whole(row, "modelid"): (loose.number(row.get("area")) or 0.0, whole(row, "type"), text(row, "defaultname"))
            for row in rows
        }

    @cached_property
    def _placed(self) -> Pairs:
        return self._pairs("rkplaceforversion", "versionid", "placeid")

    def _pairs(self, table: str, left: str, right: str) -> Pairs:
        rows = self._database.rows(table, left, right, "isintrash")
        return Pairs((whole(row, left), whole(row, right)) for row in rows if not whole(row, "isintrash"))


def _made(of: str, number: int, name: str, ending: str) -> str:
    """Where a file lies that Photos made: by its number, in folders of its higher digits."""
    digits = f"{number:x}" if number > 0 else "0"
    return f"resources/media/{of}/{digits.zfill(4)[-4:-2]}/{digits[:-4].zfill(2)}/{name}_{digits}.{ending}"
