"""The licences of everything that is bundled, as one text beside the program."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tools.packaging.bundle import TEXTS, Part

# Licences whose texts stand among those of a package that brings such a library itself.
INSIDE = {
    "IJG": "pillow",
    "FTL": "pillow",
    "libpng-2.0": "pillow",
    "libtiff": "pillow",
    "0BSD": "pillow",
    "GCC-exception-3.1": "numpy",
    "LicenseRef-Microsoft-Redistributable": "pyinstaller",
}
HEAD = """\
Timeline Local is free software under the MIT licence (see LICENSE). It comes with the programs and libraries of others
that this page names, each under its own licence. The libraries under the LGPL are files of their own in this folder and
can be replaced by others of the same interface; their sources are at the addresses given, in the versions given.
The names of places (places.dat) are from GeoNames, www.geonames.org, under CC BY 4.0; districts were joined to cities.
What they are called in other languages (place_words.zip) is from the Unicode CLDR (Unicode License v3) and iso-codes
(LGPL 2.1 or later); place_words-LICENSE.txt beside it has both texts, and says how to make that file of others.
Names of cities (city_words.zip) are from GeoLite2 data created by MaxMind, www.maxmind.com, and under CC BY-SA 4.0.
"""
RULE = "=" * 100


def third_party(parts: Iterable[Part]) -> str:
    """The page: who, which version, which licence, where from; then every text. Raises ValueError if one is missing."""
    bundled = sorted(parts, key=lambda part: (part.kind != "native", part.name.lower(), str(part.file)))
    lines = [HEAD, *_lines(bundled), "", *_own_texts(bundled), *_shared_texts(bundled)]
    return "\n".join(lines).rstrip() + "\n"


def _lines(parts: list[Part]) -> Iterator[str]:
    for part in parts:
        name = f"{part.name} ({part.file.name})" if part.file else f"{part.name} {part.version}"
        words = (name + ": " + part.licence, part.copyright.rstrip("."), part.source)
        yield ". ".join(word for word in words if word)


def _own_texts(parts: list[Part]) -> Iterator[str]:
    for part in parts:
        for title, text in part.texts:
            yield f"{RULE}\n{part.name} {part.version}: {title}\n{RULE}\n\n{text.strip()}\n"


def _shared_texts(parts: list[Part]) -> Iterator[str]:
    names = {part.name for part in parts}
    for licence in sorted({name for part in parts if not part.texts for name in licence_names(part.licence)}):
        file = TEXTS / f"{licence}.txt"
        if file.exists():
            yield f"{RULE}\n{licence}\n{RULE}\n\n{file.read_text(encoding='utf-8').strip()}\n"
        elif INSIDE.get(licence) not in names:
            raise ValueError(f"nobody brings the text of {licence}; put it into {TEXTS.name}/")


def licence_names(expression: str) -> set[str]:
    """The licences that an SPDX expression names, without "or later"; the LGPL 3 is an addition to the GPL 3."""
    words = re.split(r"[\s()]+|\bAND\b|\bOR\b|\bWITH\b", expression)
    names = {re.sub(r"-(or-later|only)$", "", word) for word in words if word}
    return names | ({"GPL-3.0"} if "LGPL-3.0" in names else set())
