"""The files that notes show: wherever they lie in the folder that is imported."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from timeline_local.importers.archive import Folder, Listing

NEVER_SHOWN = (".md", ".markdown", ".txt", ".org", ".canvas", ".excalidraw", ".json", ".xmp", ".html")


@dataclass
class Vault:
    """Finds the files that notes name, wherever they lie; walks the folder once, when the first name needs it."""

    folder: Folder

    def find(self, note: str, target: str) -> str | None:
        """The locator of what a note shows: beside it, from the root, else by its name anywhere (nearest the root)."""
        if target.lower().endswith(NEVER_SHOWN) or "." not in PurePosixPath(target).name:
            return None
        parent = PurePosixPath(note).parent
        for base in (parent, PurePosixPath()):
            found = self._at(base / target)
            if found is not None:
                return found
        wanted = _folded(target.lstrip("./"))
        named = self._by_name.get(wanted.rpartition("/")[2], ())
        fitting = [each for each in named if _folded(each).endswith("/" + wanted)] or list(named)
        return min(fitting, key=lambda each: (each.count("/"), each)) if fitting else None

    def _at(self, path: PurePosixPath) -> str | None:
        parts: list[str] = []
        for part in path.parts:
            if part == ".." and parts:
                parts.pop()
            elif part in {"..", "/"}:
                return None
            elif part != ".":
                parts.append(part)
        wanted = _folded("/".join(parts))
        named = self._by_name.get(wanted.rpartition("/")[2], ())
        return next((each for each in named if _folded(each) == wanted), None)

    @cached_property
    def _by_name(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = defaultdict(list)
        for listing in self.folder.walk():
            if isinstance(listing, Listing):
                for file in listing.files:
                    if not file.name.lower().endswith(NEVER_SHOWN):
                        found[_folded(file.name)].append(file.locator)
        return {name: tuple(locators) for name, locators in found.items()}


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
