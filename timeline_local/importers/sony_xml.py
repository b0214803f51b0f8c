"""The XML that Sony's cameras write beside each film: "C0001M01.XML" says where "C0001.MP4" was taken, and its zone."""

from __future__ import annotations

import re

from timeline_local.domain.stamps import read_stamp
from timeline_local.domain.xmp import Xmp, XmpDate, XmpError
from timeline_local.domain.xmp_values import read_coordinate

ENDING = "m01"
_IS_ONE = re.compile(r"<(?:\w+:)?NonRealTimeMeta\b")
_TAKEN = re.compile(r"<(?:\w+:)?CreationDate\b[^>]*?\bvalue=[\"']([^\"']*)")
_ITEM = re.compile(r"<(?:\w+:)?Item\b[^>]*?\bname=[\"'](\w+)[\"'][^>]*?\bvalue=[\"']([^\"']*)")


def read_sony(data: bytes) -> Xmp:
    """What it says, in the words of XMP. Raises XmpError for any other file."""
    text = data.decode("utf-8", errors="replace")
    if not _IS_ONE.search(text):
        raise XmpError("this is XML, but not of a film")
    taken = _TAKEN.search(text)
    stamp = read_stamp(taken[1]) if taken else None
    items = dict(_ITEM.findall(text))
    lat, lon = (
        read_coordinate(items.get(name, "").replace(":", ","), items.get(f"{name}Ref", ""), most)
        for name, most in (("Latitude", 90), ("Longitude", 180))
    )
    is_somewhere = lat is not None and lon is not None and (lat, lon) != (0, 0)
    return Xmp(
        dates=(XmpDate("CreationDate", stamp),) if stamp is not None else (),
        lat=lat if is_somewhere else None,
        lon=lon if is_somewhere else None,
    )
