"""Anybody's table, by a mapping that its owner wrote: a small file beside it that says what its rows are.

What a mapping can say is in `mapping_file`; it is data, of which nothing is ever run.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dictionary
from contextlib import closing
from dataclasses import dataclass
from fnmatch import fnmatchcase

from timeline_local.domain.drafts import JSON, Problem
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.files import extension
from timeline_local.importers.mapping_file import FORMATS, Fault, Mapping, read_mapping
from timeline_local.importers.mapping_file import JSON as JSON_FILE
from timeline_local.importers.mapping_rows import ColumnsMissing, Rows, rows_of
from timeline_local.importers.track_reading import BROKEN

ENDING = ".timeline.toml"
MAX_BYTES = 256 * 1024
ROWS_PER_CHECKPOINT = 200

_TABLES = frozenset({"csv", "tsv", "jsonl", "ndjson"})


@dataclass(frozen=True, slots=True)
class MappedTables:
    name: str = "mapping"
    title: str = "Tables with a mapping"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of any mapping; a table without one is answered with what to write."""
        sample = folder.sample()
        found = next((file for file in sample if _is_mapping(folder, file)), None)
        if found is not None:
            return Recognition(0.95, f"It holds {found.name}, which says what a table means.")
        table = next((file for file in sample if extension(file.name) in _TABLES), None)
        hint = ""
        if table is not None:
            name = f"{table.name.rpartition('.')[0]}{ENDING}"
            hint = f"{table.name} is a table that no source here knows. Say in a file {name} what its columns mean."
        return Recognition(0.0, "There is no mapping (*.timeline.toml) in this folder.", hint)

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each row of the tables that each mapping names."""
        firsts = _firsts(folder)
        for listing, file, done in files_from(folder, _is_mapping, options, checkpoint):
            yield from _Mapped(folder, listing, file, options, firsts).items(done)


def _firsts(folder: Folder) -> dict[str, str]:
    """The first mapping of each name. The keys of its rows begin with the name, so no other may have it."""
    found: dict[str, str] = {}
    for listing in folder.walk():
        for file in listing.files if isinstance(listing, Listing) else ():
            mapping = _read(folder, file) if _is_mapping(folder, file) else None
            if isinstance(mapping, Mapping):
                found.setdefault(mapping.name, file.locator)
    return found


def _read(folder: Folder, file: File) -> Mapping | list[Fault]:
    try:
        data = folder.read(file.locator, limit=MAX_BYTES)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        return [Fault(0, f"This mapping cannot be read ({why}).")]
    return read_mapping(data, stem=file.name[: -len(ENDING)])


def _is_mapping(_: Folder, file: File) -> bool:
    return file.name.casefold().endswith(ENDING)


@dataclass
class _Mapped:
    """One mapping with its tables."""

    folder: Folder
    listing: Listing
    file: File
    options: ReadOptions
    firsts: Dictionary[str, str]

    def items(self, skip: int) -> Iterator[Item]:
        read = _read(self.folder, self.file)
        if isinstance(read, list):
            for fault in read:
                yield self._problem(fault, "mapping-broken")
        elif self.firsts.get(read.name, self.file.locator) != self.file.locator:
            detail = (
                f"{self.firsts[read.name]} has the name “{read.name}”, too. Give this one another in “source.name”."
            )
            yield self._problem(Fault(read.lines.get("source.name", 0), detail), "mapping-twice")
        else:
            yield from self._tables(read, skip)

    def _tables(self, mapping: Mapping, skip: int) -> Iterator[Item]:
        tables = self._files(mapping)
        self.options.claimed.update(table.locator for table in tables)
        if not tables:
            detail = (
                f"There is no “{mapping.file}” beside this mapping. Put it there, or say its name in “source.file”."
            )
            yield self._problem(Fault(mapping.lines.get("source.file", 0), detail), "table-missing")
        rows = Rows(mapping, self.folder, self.listing.locator, self.options.note_characters)
        count = 0
        for table in tables:
            for item in self._rows(mapping, rows, table, count, skip):
                if isinstance(item, int):
                    count = item
                else:
                    yield item
            if count > skip:
                yield after(self.file, count)
        yield from self._never_there(rows, count)

    def _rows(self, mapping: Mapping, rows: Rows, table: File, before: int, skip: int) -> Iterator[Item | int]:
        """What is in one table, and, after each row, how many rows there were in all."""
        form = mapping.format or FORMATS.get(extension(table.name.removesuffix(".gz")), "")
        if not form:
            detail = "Its name does not tell what it is: say csv, json or jsonl in “source.format” of its mapping."
            yield Problem(table.locator, "unsupported", detail)
            return
        number = 0
        try:
            with closing(rows_of(self.folder, table.locator, mapping, form)) as found:
                for number, row in enumerate(found, 1):
                    if before + number <= skip:
                        rows.pass_over(row, table, number)
                        continue
                    yield from rows.items(row, table, number)
                    yield before + number
                    if number % ROWS_PER_CHECKPOINT == 0:
                        yield after(self.file, before + number)
        except ColumnsMissing as missing:
            yield from self._missing(mapping, missing, table)
            return
        except BROKEN as error:
            why = (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")
            yield Problem(table.locator, "unreadable", f"After {number:,} rows it cannot be read any further ({why}).")
            yield before + number
            return
        if not number:
            where = "" if form != JSON_FILE else " Say in “source.rows” of its mapping where the list of rows lies."
            yield Problem(table.locator, "empty", f"This table has no rows.{where}")
        yield before + number

    def _files(self, mapping: Mapping) -> list[File]:
        """The tables a mapping names, in their order; never one outside of its folder, and no mapping."""
        below, _, name = mapping.file.rpartition("/")
        if not below:
            listed = self.listing.files
        else:
            wanted = f"{self.listing.locator}/{below}" if self.listing.locator else below
            listed = next(
                (
                    each.files
                    for each in self.folder.walk(after=wanted)
                    if isinstance(each, Listing) and each.locator == wanted
                ),
                (),
            )
        named = [file for file in listed if fnmatchcase(file.name.casefold(), _escaped(name).casefold())]
        by_form = [file for file in named if "." not in name or extension(file.name.removesuffix(".gz")) in FORMATS]
        return [file for file in (by_form or named) if not _is_mapping(self.folder, file)]

    def _missing(self, mapping: Mapping, missing: ColumnsMissing, table: File) -> Iterator[Problem]:
        keys = mapping.columns()
        for column in missing.columns:
            key = keys[column]
            line = mapping.lines.get(key) or mapping.lines.get(f"{key}.{column}", 0)
            detail = f"“{key}” names a column “{column}”; {table.name} has none. It has {missing.there}."
            yield self._problem(Fault(line, detail), "column-missing")

    def _never_there(self, rows: Rows, count: int) -> Iterator[Problem]:
        """In JSON any object may lack a member; one that all of them lack is misspelt."""
        if not count:
            return
        keys = rows.mapped.columns()
        for column in sorted(rows.unseen):
            line = rows.mapped.lines.get(keys[column], 0)
            detail = f"“{keys[column]}” names “{column}”, which none of the {count:,} rows has."
            yield self._problem(Fault(line, detail), "column-missing")

    def _problem(self, fault: Fault, slug: str) -> Problem:
        at = f"#line {fault.line}" if fault.line else ""
        said = f"Line {fault.line}: {fault.detail}" if fault.line else fault.detail
        return Problem(f"{self.file.locator}{at}", slug, said)


def _escaped(pattern: str) -> str:
    """Only * stands for more than itself."""
    return pattern.replace("[", "[[]").replace("?", "[?]")
