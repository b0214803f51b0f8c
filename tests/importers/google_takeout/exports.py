"""What the tests of Google Takeout write, and what they ask of drafts."""

from __future__ import annotations

import json

from timeline_local.domain.drafts import Draft

YEAR = "Takeout/Google Fotos/Photos from 2019"
NOON = 1_560_513_600  # 2019-06-14 12:00 UTC


def asset(title: str, taken: int = NOON, **more: object) -> str:
    """A sidecar as Google writes it."""
    zero = {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0, "latitudeSpan": 0.0, "longitudeSpan": 0.0}
    record = {
        "title": title,
        "description": "",
        "imageViews": "3",
        "creationTime": {"timestamp": "1613313612", "formatted": "14 lut 2021, 14:40:12 UTC"},
        "photoTakenTime": {"timestamp": str(taken), "formatted": "x"},
        "geoData": zero,
        "geoDataExif": zero,
        "url": f"https://photos.google.com/photo/{title}",
        **more,
    }
    return json.dumps(record, ensure_ascii=False)


def parts(draft: Draft) -> list[tuple[str, str]]:
    return [(media.locator.rpartition("/")[2], media.role.value) for media in draft.media]


def albums(draft: Draft) -> list[str]:
    return [each.name for each in draft.collections]
