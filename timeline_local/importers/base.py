"""The contract between Timeline Local and a source of memories.

A source is data (a name, a title) and two methods.

A folder may be one on disk, a zip, several zips of one export laid over each other, or single files: `Folder` makes
them one tree, so a source neither sees nor opens archives. What it can ask:
- `walk`, `open`, `read` and `stat` for reading;
- `sample`, some files of every folder, and `head`, the first bytes of one: both are read once for all sources, so
  recognising by them costs next to nothing.
A file may lie in an archive: it has no path, and reading it may raise OSError at any place, as on a broken disk.
Files that can be large are never loaded: `json_stream.json_items` and `xml_stream` give one value at a time.

`recognise` says how sure the source is that it can read a folder, and why, in a sentence for the owner.
- It MUST decide by what lies in the folder, cheaply: by `sample` and `head`, not by walking.
- It MUST NOT raise for anything a folder can hold; what it cannot read it does not recognise.
- It MUST go by content where it can: files get other names, and exports are moved into folders.
- Where it knows the file but cannot read it (the HTML instead of the JSON, the settings beside the data), it SHOULD
  give confidence 0 and a `hint` that says what this is and which file to choose instead.

Sources read in the order of `registry.SOURCES`: exports of one program, which know whose file is whose, before folders
of anybody's files. What a source hands over, and what it adds to `ReadOptions.claimed`, the later ones do not read.

`read` turns the folder into drafts, and where it holds them into `Samples` and `Contact`s. It is a plain generator that
runs in a worker thread.
- It MUST yield what goes wrong as a `Problem` value and go on; one bad file never ends an import. Problems that `walk`
  gives, of folders and archives, are told once for all by the registry; a source may pass over them.
- It MUST yield items in the same order for the same folder, and a `Checkpoint` at least every few hundred items, so
  that a read can go on where it was stopped. Items after the last checkpoint may come twice; keys make that harmless.
- It MUST hold no open file, and nothing it cannot afford to lose, across a `yield`: the reader may be closed there.
- It MUST NOT write, decode media, touch the network or the database, or open files through anything but `Folder`.
- It SHOULD use memory in proportion to one folder, not to the import.
- It MUST add every file that it reads to `ReadOptions.claimed`, or hand it over in a draft: what nobody took is told as
  left out when all have read.
- Where names, sizes and dates of files tell that nothing changed since an earlier import, it SHOULD yield a `Unit`,
  which is only read when something did.
- Every item's `source_key` MUST be the same when the same thing is read again. Keys are NFC, and one key is one item:
  a draft, samples and a contact do not share one. What comes under a key that was told before is taken for another
  thing, so that nothing is lost; a source that knows it for the same SHOULD yield a `Problem` in its place. A key is
  the thing's own wherever its export lies (an id the export gives, a path inside the export); a source whose keys are
  paths of the owner's own folders is named in `registry.KEYED_BY_PATH`.
- It MUST cut paths and samples into items of at most `drafts.MAX_PATH`; where two overlap, nothing is kept twice.

A source sees only this module, `importers.archive`, and `domain`; what two sources share is a module of this room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, runtime_checkable

from timeline_local.domain.drafts import JSON, Contact, Draft, Problem, Samples
from timeline_local.importers.archive import File, Folder

# Problems that are nobody's fault: the file was left out on purpose. All other slugs count as failures.
SKIP_SLUGS = frozenset(
    {
        "empty",
        "link",
        "unsupported",
        "sidecar-without-media",
        "trashed-at-source",
        "too-deep",
        "deleted-here",
        "no-position",
        "no-time",
        "not-a-file",
        "cancelled",
        "system-message",
        "twice",
        "unsent",
        "never-sent",
        "junk",
        "text-cut",
        "other-datum",
        "not-in-export",
        "left-out-by-mapping",
        "trailer",
        "too-short",
    }
)


@dataclass(frozen=True, slots=True)
class Recognition:
    """confidence: 0 (not mine) to 1 (certainly); reason: a sentence for the owner.

    hint  with confidence 0: "This is X, which holds no Y. Choose Z." Shown when no source recognises anything.
    """

    confidence: float
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a later `read` may go on; `position` is opaque JSON of the source."""

    position: JSON


@dataclass(frozen=True, slots=True)
class Unit:
    """One item with its files, not yet opened. `read` gives it, and the problems of its sidecars.

    files  everything that reading depends on, with sizes and dates as listed.
    """

    source_key: str
    files: tuple[File, ...]
    read: Callable[[], Sequence[Found]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What the import decided for its sources.

    claimed           locators that already belong to another source's drafts; grows while those are read. One that
                      ends in "/" stands for all files of a folder, not for those of its sub-folders.
    note_characters   longest text a note may have.
    """

    claimed: set[str] = field(default_factory=set)
    note_characters: int = 100_000

    def is_claimed(self, locator: str) -> bool:
        """Whether the file belongs to a source that read before."""
        return locator in self.claimed or f"{locator.rpartition('/')[0]}/" in self.claimed


Found: TypeAlias = Draft | Samples | Contact | Problem
Item: TypeAlias = Found | Checkpoint | Unit


def opened(items: Iterable[Item]) -> Iterator[Found | Checkpoint]:
    """With what is in the units in their place."""
    for item in items:
        if isinstance(item, Unit):
            yield from item.read()
        else:
            yield item


@runtime_checkable
class Claiming(Protocol):
    """A source that knows which files are its own without reading them; asked when a later source goes on."""

    def claims(self, folder: Folder, options: ReadOptions) -> Iterable[str]:
        """The locators that `read` takes."""


class Source(Protocol):
    """See the module's head for what both methods promise."""

    @property
    def name(self) -> str:
        """Stored with every memory: never changes."""

    @property
    def title(self) -> str:
        """For people: "Photos and videos"."""

    def recognise(self, folder: Folder) -> Recognition:
        """How sure the source is that the folder holds something for it."""

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """Everything the folder holds, from `checkpoint` on (None: from the start)."""
