"""Where the files of WhatsApp's messages lie in an import: below the database's folder, or anywhere by their paths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from timeline_local.importers.archive import Folder, Listing
from timeline_local.importers.conversations import is_there
from timeline_local.importers.file_tails import Tails
from timeline_local.importers.trees import joined

# Folders of pictures that nobody sent as such: faces of people, stickers that were seen, stories of others.
_NOBODYS = frozenset({
    "Profile", "WhatsApp Profile Photos", "WhatsApp Business Profile Photos", "WallPaper", "WhatsApp Stickers",
    "WhatsApp Business Stickers", ".Statuses", ".Thumbs", ".StickerThumbs", ".Links",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Located:
    """The files of a message as `chat_reading.Said` has them."""

    files: tuple[tuple[str, ...], ...] = ()
    lacking: tuple[str, ...] = ()


@dataclass
class Files:
    """home: the folder that the database lies in; claimed: what is nobody's else."""

    folder: Folder
    home: str
    claimed: set[str]

    def located(self, *paths: str, size: int, name: str = "") -> Located:
        """The file at one of these paths below where WhatsApp keeps its files; the first one is what the message says.

        name  what the file is called where the path is empty, since the phone does not have it either.
        """
        path = paths[0]
        if not path:
            return Located(lacking=(name,))
        above = self.home.rpartition("/")[0]
        near = (joined(each, path) for path in reversed(paths) for each in dict.fromkeys((self.home, above)))
        found = next((each for each in near if is_there(self.folder, each)), "") or self._tails.find(path, size=size)
        return Located(files=((found,),)) if found else Located(lacking=(PurePosixPath(path).name,))

    @cached_property
    def _tails(self) -> Tails:
        return Tails(self.folder)

    def nobodys(self) -> Iterator[str]:
        """Folders of files that belong to no message, to be claimed."""
        for listing in self.folder.walk():
            above, _, name = listing.locator.rpartition("/")
            if isinstance(listing, Listing) and name in _NOBODYS and above.rpartition("/")[2] == "Media":
                yield f"{listing.locator}/"
