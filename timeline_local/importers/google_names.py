"""Google's rules for names in an export of Google Photos: which sidecar, which original belongs to a file.

Google clips the sidecar's name (without ".json") at 46 UTF-16 units, moves the number of a duplicate to its end,
writes none for edited versions, and has called it `name.jpg.json` and `name.jpg.supplemental-metadata.json`. The name
of the picture itself is clipped at 47 units, so two pictures may be left with one name and are numbered then.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

CLIP_UNITS = 46

_T = TypeVar("_T")
_SUPPLEMENT = ".supplemental-metadata"
_NUMBER = re.compile(r"(?P<stem>.*?)(?P<number>\(\d+\))$", re.DOTALL)
_UNSPELLED = re.compile(r"[\W_]")
# What Google appends to the name of an edited version, by language; "-ha editado" is Catalan.
EDITED_SUFFIXES = (
    "-edited", "-effects", "-smile", "-mix", "-edytowane", "-bearbeitet", "-bewerkt", "-編集済み", "-modificato",
    "-modifié", "-ha editado", "-editat", "-editado", "-editada", "-отредактировано", "-编辑", "-已修改", "-편집됨",
    "-muokattu", "-відредаговано", "-redigeret", "-redigerad", "-redigert", "-upravené", "-upraveno", "-düzenlendi",
)  # fmt: skip
_SHORTEST_CUT = 2  # a suffix that was cut off behind its first letter says too little
_LONG_STEM = CLIP_UNITS - 1  # names shorter than this were not cut


def sidecar_names(media_name: str) -> tuple[str, ...]:
    """The names (NFC) a media file's sidecar may have, the likeliest first."""
    full = unicodedata.normalize("NFC", media_name)
    whole_stem, extension = _split(full)
    stem, number = without_number(whole_stem)
    names = [
        *_spelled(stem, extension, number),
        _clip(full + _SUPPLEMENT) + ".json",
        _clip(full) + ".json",
    ]
    original = without_edited_suffix(whole_stem)
    if original is not None:
        stem, number = without_number(original)
        names += _spelled(stem, extension, number)
        names += _spelled(stem, extension, "")
    return tuple(dict.fromkeys(names))


def find_sidecar(media_name: str, available: Mapping[str, _T]) -> _T | None:
    """The sidecar of a media file among its folder's files; `available` maps NFC names to what is wanted back."""
    found = find_sidecar_name(media_name, available)
    return None if found is None else available[found]


def find_sidecar_name(media_name: str, available: Container[str]) -> str | None:
    """As `find_sidecar`; ".supplemental-metadata" may be cut anywhere when no name is as the rule has it."""
    found = next((name for name in sidecar_names(media_name) if name in available), None)
    return found or next((name for name in _cut_names(media_name) if name in available), None)


def without_edited_suffix(stem: str) -> str | None:
    """The stem of the original of an edited version, its number kept at the end; None when the stem names no edit."""
    if "-" not in stem:
        return None
    plain, number = without_number(unicodedata.normalize("NFC", stem))
    for suffix in EDITED_SUFFIXES:
        if plain.lower().endswith(suffix) and len(plain) > len(suffix):
            return plain[: -len(suffix)] + number
    return None


def without_cut_suffix(stem: str) -> str | None:
    """As `without_edited_suffix` for a long name, at whose end the suffix itself was cut: "…-edi"."""
    plain, number = without_number(unicodedata.normalize("NFC", stem))
    head, dash, tail = plain.rpartition("-")
    if len(plain) < _LONG_STEM or not head or len(tail) + 1 < _SHORTEST_CUT:
        return None
    is_cut = any(suffix.startswith((dash + tail).lower()) for suffix in EDITED_SUFFIXES)
    return head + number if is_cut else None


@dataclass(frozen=True, slots=True)
class Named:
    """Whose sidecar a name says that it is: the picture's name without its number, and that number, "(2)" or ""."""

    name: str
    number: str


def picture_of(sidecar_name: str) -> Named:
    """The picture that a sidecar's name speaks of, whatever the number stands behind and wherever the name was cut."""
    base, number = without_number(sidecar_name.removesuffix(".json"))
    head, dot, tail = base.rpartition(".")
    name, inner = without_number(tail)
    if head and _SUPPLEMENT.startswith(dot + name):
        base, number = head, number or inner
    base, inner = without_number(base.removesuffix(".json"))
    return Named(base.casefold(), number or inner)


def likely_pictures(media_name: str) -> Iterator[Named]:
    """What a sidecar may speak of that no rule of `sidecar_names` leads to, the likeliest first.

    For files and sidecars that found no partner otherwise: renamed by other tools, cut where Google does not cut, or
    the film of a live photo whose still is missing.
    """
    full = unicodedata.normalize("NFC", media_name)
    whole_stem, extension = _split(full.casefold())
    stem, number = without_number(whole_stem)
    yield Named(full.casefold(), "")
    yield from (Named(stem.rstrip() + extension[:end], number) for end in range(len(extension), -1, -1))
    inner, inner_extension = _split(whole_stem)
    if inner_extension:  # "IMG_1(1).HEIC.jpg" was IMG_1(1).HEIC until somebody mended its extension
        inner, inner_number = without_number(inner)
        yield Named(inner + inner_extension, inner_number)
    original = without_begun_suffix(stem)
    if original:
        yield from (Named(original + extension, each) for each in dict.fromkeys((number, "")))


def without_begun_suffix(stem: str) -> str:
    """The stem before what begins as the mark of an edited version, however short the name: "a-edi"; "" for others."""
    head, dash, tail = stem.casefold().rpartition("-")
    is_begun = len(tail) + 1 >= _SHORTEST_CUT and any(each.startswith(dash + tail) for each in EDITED_SUFFIXES)
    return head if dash and is_begun else ""


def without_number(stem: str) -> tuple[str, str]:
    """The stem without the number of a duplicate, and that number: ("IMG_1", "(2)")."""
    match = _NUMBER.match(stem)
    return (match["stem"], match["number"]) if match and match["stem"] else (stem, "")


def family_of(sidecar_name: str) -> str:
    """What the sidecars of equally named pictures share: the name without number and ".json"."""
    return without_number(sidecar_name.removesuffix(".json"))[0]


def plain_name(name: str) -> str:
    """A name as a title and as a file can share it: without the number, what disks refuse spelled as "_"."""
    stem, extension = _split(unicodedata.normalize("NFC", name).casefold())
    stem, _ = without_number(stem)
    return _UNSPELLED.sub("_", stem + extension)


def title_fits(title: str, media_name: str) -> bool:
    """Whether a file of this name may be the picture of this title: the same, or the title was cut to it."""
    wanted, found = plain_name(title), plain_name(media_name)
    if not wanted or wanted == found:
        return bool(wanted)
    stem, extension = _split(unicodedata.normalize("NFC", media_name))
    shown = plain_name(without_number(stem)[0])
    if wanted == shown:
        return True  # "IMG_1.HEIC.jpg" of "IMG_1.HEIC", "IMG_1.jpg" of "IMG_1"
    is_cut = len(shown) >= _LONG_STEM and wanted.startswith(shown)
    return is_cut and wanted.endswith(plain_name("x" + extension)[1:])


def _cut_names(media_name: str) -> list[str]:
    full = unicodedata.normalize("NFC", media_name)
    whole_stem, extension = _split(full)
    stem, number = without_number(whole_stem)
    bases = [(stem + extension, number), (full, "")]
    return [f"{base}{_SUPPLEMENT[:end]}{n}.json" for base, n in bases for end in range(len(_SUPPLEMENT), 0, -1)]


def _spelled(stem: str, extension: str, number: str) -> list[str]:
    bases = (stem + extension + _SUPPLEMENT, stem + extension, stem + _SUPPLEMENT, stem)
    return [f"{_clip(base)}{number}.json" for base in bases]


def _clip(name: str) -> str:
    """At most 46 UTF-16 units; a character that would be cut in half is dropped."""
    if name.isascii():
        return name[:CLIP_UNITS]
    return name.encode("utf-16-le", "surrogatepass")[: 2 * CLIP_UNITS].decode("utf-16-le", "ignore")


def _split(name: str) -> tuple[str, str]:
    stem, dot, extension = name.rpartition(".")
    return (stem, dot + extension) if stem else (name, "")
