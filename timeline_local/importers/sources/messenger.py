"""Messenger: the chats of an export in JSON; see `meta_chats`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from timeline_local.domain.drafts import JSON
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.meta_chats import Service, read, recognise


@dataclass(frozen=True, slots=True)
class Messenger:
    name: str = "messenger"
    title: str = "Messenger"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one chat is found."""
        return recognise(folder, Service.MESSENGER)

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each message."""
        return read(folder, Service.MESSENGER, options, checkpoint)
