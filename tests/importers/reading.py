"""What the tests of sources share: folders made on the spot, real files, and drafts as golden files hold them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from timeline_local.domain.draft_json import draft_to_json, item_to_json
from timeline_local.domain.drafts import Contact, Draft, Problem, Samples
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Item, ReadOptions, Source, opened

CORPORA = Path(os.environ.get("TIMELINE_LOCAL_CORPORA", Path(__file__).resolve().parents[3] / "shared" / "corpora"))


def corpus(path: str) -> Path:
    """A file or folder of the shared corpora; skips the test where they are not at hand."""
    found = CORPORA / path
    if not found.exists():
        pytest.skip(f"the shared corpus {path} is not here; set TIMELINE_LOCAL_CORPORA")
    return found


def make(root: Path, files: Mapping[str, bytes | str]) -> Folder:
    """A folder with these files, all last changed on 2024-05-01 10:00 UTC."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (1_714_557_600, 1_714_557_600))
    return Folder(root)


def read(source: Source, folder: Folder, options: ReadOptions | None = None) -> list[Item]:
    return list(opened(source.read(folder, options or ReadOptions(), None)))


def drafts(items: list[Item]) -> dict[str, Draft]:
    return {item.source_key: item for item in items if isinstance(item, Draft)}


def problems(items: list[Item]) -> dict[str, str]:
    return {item.locator: item.slug for item in items if isinstance(item, Problem)}


def golden(items: list[Item]) -> list[dict[str, Any]]:
    """Drafts without raw records and dates of files, other items, and problems, as JSON."""
    told: list[dict[str, Any]] = []
    for item in items:
        if isinstance(item, Draft):
            draft: dict[str, Any] = draft_to_json(item)
            draft.pop("raw", None)
            if "evidence" in draft:
                draft["evidence"] = [each for each in draft["evidence"] if each["basis"] != "file_date"]
            told.append({"draft": draft})
        elif isinstance(item, Samples | Contact):
            told.append({"item": item_to_json(item)})
        elif isinstance(item, Problem):
            told.append({"problem": {"locator": item.locator, "slug": item.slug, "detail": item.detail}})
    return told
