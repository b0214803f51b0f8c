"""Going through an import file by file: which ones are a source's, and where a read that was stopped goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from timeline_local.domain.drafts import JSON
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Checkpoint, ReadOptions


def files_from(
    folder: Folder, is_wanted: Callable[[Folder, File], bool], options: ReadOptions, checkpoint: JSON
) -> Iterator[tuple[Listing, File, int]]:
    """The wanted files from a checkpoint of `after` on: the folder each lies in, and how many of its items are done.

    Every wanted file is claimed, also those before the checkpoint; those of an earlier source are passed over.
    """
    start = checkpoint if isinstance(checkpoint, dict) else {}
    last, done = str(start.get("file", "")), start.get("done", 0)
    is_reached = not last
    for listing in folder.walk():
        for file in listing.files if isinstance(listing, Listing) else ():
            if options.is_claimed(file.locator) or not is_wanted(folder, file):
                continue
            options.claimed.add(file.locator)
            is_last = file.locator == last
            is_reached = is_reached or is_last
            if is_reached and isinstance(listing, Listing):
                yield listing, file, done if is_last and isinstance(done, int) else 0


def files_of_forms(
    folder: Folder, form_of: Callable[[Folder, File], str], options: ReadOptions
) -> list[tuple[File, str]]:
    """All files that have a form, with it, for what is only told once all were read. They are claimed.

    form_of  "" for a file that is none of the source's.
    """
    found = [
        (file, form)
        for listing in folder.walk()
        if isinstance(listing, Listing)
        for file in listing.files
        if not options.is_claimed(file.locator) and (form := form_of(folder, file))
    ]
    options.claimed.update(file.locator for file, _ in found)
    return found


def after(file: File, done: int) -> Checkpoint:
    """The place behind that many items of a file."""
    return Checkpoint({"file": file.locator, "done": done})
