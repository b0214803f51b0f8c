"""Which files of one folder are one memory: live photos, RAW beside JPEG, edited versions, sidecars. Names only.

Shots of a burst stay memories of their own, because each is a picture that may be the best one; all but the cover
know which one that is.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from timeline_local.domain.kinds import MediaRole
from timeline_local.importers.archive import File
from timeline_local.importers.files import extension
from timeline_local.importers.google_names import without_cut_suffix, without_edited_suffix, without_number

IMAGES = frozenset(
    "apng avif bmp dib gif heic heics heif heifs hif insp jfi jfif jif jp2 j2k jpf jpe jpeg jpg jpx jxl mpo png psd tif"  # noqa: SIM905
    " tiff webp"
    .split()
)  # fmt: skip
RAWS = frozenset(
    "3fr ari arw bay cap cr2 cr3 crw dcr dcs dng drf eip erf fff gpr iiq k25 kdc mdc mef mos mrw nef nrw orf ori pef"  # noqa: SIM905
    " ptx pxn raf raw rw2 rwl rwz sr2 srf srw x3f".split()
)  # fmt: skip
VIDEOS = frozenset(
    "3g2 3gp 3gpp asf avi dv f4v flv insv m1v m2t m2ts m2v m4v mkv mov mp mp4 mpe mpeg mpg mts mv mxf ogv qt ts vob"  # noqa: SIM905
    " webm wmv".split()
)  # fmt: skip
SOUNDS = frozenset("aac aif aiff amr caf flac m4a m4b mp3 oga ogg opus wav wma".split())  # noqa: SIM905
MEDIA = IMAGES | RAWS | VIDEOS | SOUNDS

# Pictures that have a moving part, and those a camera writes beside its RAW, the likeliest first.
_LIVE_STILLS = ("heic", "heif", "hif", "jpg", "jpeg", "jpe", "avif")
_RAW_COMPANIONS = ("jpg", "jpeg", "jpe", "heic", "heif", "hif", "tif", "tiff", "jxl", "webp")
# "PXL_1.MP~2": the film of an edited motion photo; "IMG_1.cover": the one that an album shows first.
_FILM_COPY = re.compile(r"(?:mp|mv)~\d+|cover", re.ASCII)
# icloudpd: the film of "IMG_1.HEIC" is "IMG_1_HEVC.MOV", and that of "IMG_1.JPG" may be the "IMG_1-medium.MOV".
_FILM_OF = re.compile(r"(?P<stem>.+)(?:_hevc|-medium|-thumb)", re.ASCII)
_SONY = "m01"  # "C0001M01.XML" beside "C0001.MP4"
_APPLE_EDIT = re.compile(r"img_[eo](?P<number>\d{4,}(?:\(\d+\))?)", re.ASCII)
_OTHER_EDIT = re.compile(r"(?P<stem>.+?)(?:~\d|_edited| \(edited\)| edited|-adjusted)", re.ASCII)
# FastFoto scanners of Epson: "Trip_0001_a" is the improved "Trip_0001", and "Trip_0001_b" its back.
_SCANNED = re.compile(r"(?P<stem>.+_\d{4})_(?P<side>[ab])", re.ASCII)
_ONE_SHOT = re.compile(r"(?P<shot>.+\.raw)-\d\d\.(?:cover|original)", re.ASCII)  # Pixel: "….RAW-01.COVER.jpg"
_BURSTS = (
    # "00001IMG_00001_BURST20171111030039_COVER", "DSC_0001_BURST20230709220904977", "IMG_1_BURST20160623205107"
    re.compile(r".*_burst(?P<id>\d{14,17})(?P<cover>_cover)?", re.ASCII),
    # "IMG_20231014_183246_BURST001_COVER", "IMAG0012_BURST003", "20150814_121314_Burst01"
    re.compile(r"(?P<id>.+)_burst\d{1,3}(?P<cover>_cover)?", re.ASCII),
    # Samsung counts the shots of one second: "20231207_101605_001"
    re.compile(r"(?P<id>\d{8}_\d{6})_(?:(?P<cover>001)|\d{3})", re.ASCII),
    # Pixel: "PXL_20230330_184138390.MOTION-01.COVER", "….PORTRAIT-02.ORIGINAL", "….LONG_EXPOSURE-01.COVER"
    re.compile(r"(?P<id>pxl_\d{8}_\d{9}\.[a-z_]+)-\d\d\.(?:(?P<cover>cover)|[a-z]+)", re.ASCII),
)


@dataclass(frozen=True, slots=True)
class Group:
    """The files of one memory. `parts` are the primary first, then the others with their roles.

    burst  the same for all shots of a burst, "" for a picture that belongs to none.   cover  the shot that stands for
    the burst; None for that shot itself.
    """

    parts: tuple[tuple[File, MediaRole], ...]
    xmp: File | None = None
    json: File | None = None
    yaml: File | None = None
    burst: str = ""
    cover: File | None = None

    @property
    def primary(self) -> File:
        return self.parts[0][0]

    @property
    def files(self) -> tuple[File, ...]:
        """The parts and the sidecars."""
        sidecars = (self.xmp, self.json, self.yaml)
        return (*(file for file, _ in self.parts), *(file for file in sidecars if file is not None))


@dataclass(frozen=True, slots=True)
class Grouping:
    """groups in natural order of their primary's name; jsons by NFC name; loose: XMP and AAE files of no group."""

    groups: tuple[Group, ...]
    jsons: Mapping[str, File]
    loose: tuple[File, ...]


def group_files(
    files: Sequence[File], *, spoken: Mapping[str, str] | None = None, yamls: Mapping[str, File] | None = None
) -> Grouping:
    """Sort the files of one folder, given in natural order, into memories. JSON sidecars are left to `google_pairs`.

    spoken  locator → extension, for files whose name has none.   yamls  sidecars of PhotoPrism by `stem_of` their name.
    """
    sorting = _Sorting()
    for file in files:
        sorting.take(file, (spoken or {}).get(file.locator) or extension(file.name))
    place = {file.locator: index for index, file in enumerate(files)}
    parts = [group for members in _by_head(sorting.media).values() for group in _split(members)]
    parts.sort(key=lambda group: place[group[0][0].locator])
    groups = [sorting.with_sidecars(each, yamls or {}) for each in parts]
    used = {file.locator for group in groups for file in group.files}
    loose = tuple(file for file in files if file.locator not in used and extension(file.name) in {"xmp", "aae"})
    return Grouping(tuple(_with_bursts(groups)), sorting.jsons, loose)


def is_media(name: str) -> bool:
    found = extension(name)
    return found in MEDIA or _FILM_COPY.fullmatch(found) is not None


@dataclass(slots=True)
class _Member:
    file: File
    name: str
    extension: str
    stem: str
    is_edit: bool = False
    is_back: bool = False  # of a print


@dataclass(slots=True)
class _Sorting:
    media: list[_Member] = field(default_factory=list)
    jsons: dict[str, File] = field(default_factory=dict)
    xmps: dict[str, File] = field(default_factory=dict)
    aaes: dict[str, File] = field(default_factory=dict)

    def take(self, file: File, found: str) -> None:
        if found in MEDIA or _FILM_COPY.fullmatch(found):
            self.media.append(_Member(file, file.name, found if found in MEDIA else "mp", stem_of(file.name)))
        elif found == "json":
            self.jsons.setdefault(f"{_nfc(file.name)[: -len(found)]}{found}", file)  # immich-go writes .JSON
        elif found == "xmp":
            self.xmps[_nfc(file.name).casefold()] = file
        elif found == "xml" and stem_of(file.name).endswith(_SONY):
            self.xmps.setdefault(f"{stem_of(file.name).removesuffix(_SONY)}.xmp", file)
        elif found == "aae":
            stem = stem_of(file.name)
            apple = _APPLE_EDIT.fullmatch(stem)
            self.aaes.setdefault(f"img_{apple['number']}" if apple else stem, file)

    def with_sidecars(self, parts: tuple[tuple[File, MediaRole], ...], yamls: Mapping[str, File]) -> Group:
        """`x.jpg.xmp` before `x.xmp`; Lightroom and darktable disagree about which to write."""
        is_needed = self.xmps or self.aaes or yamls
        wanted = [_nfc(file.name).casefold() for file, _ in parts] if is_needed else []
        candidates = [f"{name}.xmp" for name in wanted] + [f"{stem_of(name)}.xmp" for name in wanted]
        xmp = next((self.xmps[name] for name in candidates if name in self.xmps), None)
        stems = [key for name in wanted for key in (stem_of(name), name)]
        aae = next((self.aaes[key] for key in stems if key in self.aaes), None)
        yaml = next((yamls[name] for name in map(stem_of, wanted) if name in yamls), None) if yamls else None
        return Group((*parts, *([(aae, MediaRole.SIDECAR)] if aae else [])), xmp, yaml=yaml)


def _by_head(media: Sequence[_Member]) -> Mapping[str, list[_Member]]:
    """Media files by the stem of the memory they belong to."""
    stems = {each.stem for each in media}
    # "IMG_2367.HEIC.jpg" was IMG_2367.HEIC once; its film is still called IMG_2367.MOV.
    stills = {each.stem for each in media if each.extension not in VIDEOS}
    pictures = {_nfc(each.name).casefold(): each.stem for each in media if each.extension in IMAGES}
    aliases = {stem_of(stem): stem for stem in stills if extension(stem) in IMAGES and stem_of(stem) not in stills}
    aliases |= {name: stem for name, stem in pictures.items() if name not in stills}  # "IMG_1.HEIC.MOV"
    heads: dict[str, list[_Member]] = defaultdict(list)
    for each in media:
        original = _original(each.stem, stems)
        scanned = _SCANNED.fullmatch(each.stem) if each.extension in IMAGES else None
        if scanned is not None and scanned["stem"] in stills:
            each.is_edit, each.is_back = scanned["side"] == "a", scanned["side"] == "b"
            heads[scanned["stem"]].append(each)
        elif original is not None:
            each.is_edit = True
            heads[original].append(each)
        elif each.extension in VIDEOS:
            head = _film_head(each, stems, stills, aliases)
            edited = _original(head, stems)  # "PXL_1.MP~2" belongs to "PXL_1.MP~2.jpg"
            each.is_edit = edited is not None
            heads[edited or head].append(each)
        else:
            shot = _ONE_SHOT.fullmatch(each.stem)
            heads[shot["shot"] if shot else each.stem].append(each)
    return heads


def _film_head(film: _Member, stems: Container[str], stills: Container[str], aliases: Mapping[str, str]) -> str:
    whole = _nfc(film.name).casefold()
    if whole in stems:
        return whole
    of = _FILM_OF.fullmatch(film.stem)
    return of["stem"] if of and of["stem"] in stills else aliases.get(film.stem, film.stem)


def _original(stem: str, stems: Container[str]) -> str | None:
    """The stem, among those there are, of what this is an edited version of; None for an original."""
    found = _edited(stem)
    if found is None:
        return None
    candidates = (found, without_number(found)[0])
    return next((each for each in candidates if each in stems and each != stem and _edited(each) is None), None)


def _edited(stem: str) -> str | None:
    apple = _APPLE_EDIT.fullmatch(stem)
    if apple:
        return f"img_{apple['number']}"
    other = _OTHER_EDIT.fullmatch(stem)
    return other["stem"] if other else without_edited_suffix(stem) or without_cut_suffix(stem)


def _split(members: Sequence[_Member]) -> Iterator[tuple[tuple[File, MediaRole], ...]]:
    """One memory for each picture of this stem; the best picture gets the RAW, the film and the edits."""
    if len(members) == 1:
        yield ((members[0].file, MediaRole.PRIMARY),)
        return
    originals = [each for each in members if not (each.is_edit or each.is_back)]
    edits = [each.file for each in sorted(members, key=lambda each: each.extension in VIDEOS) if each.is_edit]
    stills = [each for each in originals if each.extension in IMAGES]
    raws = [each.file for each in originals if each.extension in RAWS]
    films = [each.file for each in originals if each.extension in VIDEOS]
    sounds = [each.file for each in originals if each.extension in SOUNDS]
    stills, twins = _one_shot(stills, has_raw=bool(raws))
    parts: dict[str, list[tuple[File, MediaRole]]] = {
        each.file.locator: [(each.file, MediaRole.PRIMARY)] for each in stills
    }
    _join(parts, _best(stills, _RAW_COMPANIONS), raws[:1], MediaRole.RAW)
    _join(parts, _best(stills, _LIVE_STILLS), films[:1], MediaRole.MOTION)
    for file in (*raws, *films):
        if not any(file is part for each in parts.values() for part, _ in each):
            parts[file.locator] = [(file, MediaRole.PRIMARY)]
    head = _best(stills, _LIVE_STILLS + _RAW_COMPANIONS) or next(iter(parts), None)
    _join(parts, head, twins, MediaRole.ATTACHMENT)
    _join(parts, head, edits, MediaRole.EDITED)
    _join(parts, head, [each.file for each in members if each.is_back], MediaRole.ATTACHMENT)
    # A recording beside a picture of its name is a memory of its own: nobody's camera writes such pairs.
    parts |= {file.locator: [(file, MediaRole.PRIMARY)] for file in sounds}
    yield from (tuple(each) for each in parts.values())


_HEICS = frozenset({"heic", "heif", "hif"})
_JPEGS = frozenset({"jpg", "jpeg", "jpe"})
_A_DAY_NS = 86_400 * 1_000_000_000


def _one_shot(stills: list[_Member], *, has_raw: bool) -> tuple[list[_Member], list[File]]:
    """HEIC and JPEG of one name are one shot: the HEIC is the camera's, the JPEG its copy; but a RAW keeps its JPEG.

    Cameras count from 0001 again, so files that were written days apart are two shots.
    """
    heic = next((each for each in stills if each.extension in _HEICS), None)
    jpeg = next((each for each in stills if each.extension in _JPEGS), None)
    if heic is None or jpeg is None or abs(heic.file.mtime_ns - jpeg.file.mtime_ns) > _A_DAY_NS:
        return stills, []
    twin = heic if has_raw else jpeg
    return [each for each in stills if each is not twin], [twin.file]


def _with_bursts(groups: Sequence[Group]) -> Iterator[Group]:
    shots: dict[str, list[tuple[Group, bool]]] = defaultdict(list)
    bursts = [_burst(group.primary) for group in groups]
    for group, (found, is_cover) in zip(groups, bursts, strict=True):
        if found:
            shots[found].append((group, is_cover))
    covers = {
        key: next((group for group, is_cover in each if is_cover), each[0][0]).primary
        for key, each in shots.items()
        if len(each) > 1
    }
    for group, (key, _) in zip(groups, bursts, strict=True):
        cover = covers.get(key)
        if cover is None:
            yield group
        else:
            yield replace(group, burst=key, cover=None if cover is group.primary else cover)


def _burst(file: File) -> tuple[str, bool]:
    """The name of the burst that a picture may be a shot of, and whether it says to be its cover."""
    if extension(file.name) not in IMAGES:
        return "", False
    stem = stem_of(file.name)
    match = next((match for pattern in _BURSTS if (match := pattern.fullmatch(stem))), None)
    return (match["id"], match["cover"] is not None) if match else ("", False)


def _join(
    parts: Mapping[str, list[tuple[File, MediaRole]]], head: str | None, files: Iterable[File], role: MediaRole
) -> None:
    if head is not None:
        parts[head].extend((file, role) for file in files)


def _best(stills: Sequence[_Member], order: Sequence[str]) -> str | None:
    """The locator of the still whose extension comes first in `order`."""
    fitting = [each for each in stills if each.extension in order]
    fitting.sort(key=lambda each: order.index(each.extension))
    return fitting[0].file.locator if fitting else None


def stem_of(name: str) -> str:
    """The name without its extension, as names are compared: in small letters and NFC."""
    plain = _nfc(name).casefold()
    stem, _, _ = plain.rpartition(".")
    return stem or plain


def _nfc(name: str) -> str:
    return name if name.isascii() else unicodedata.normalize("NFC", name)
