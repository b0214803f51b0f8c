"""What an export says about itself, for whoever opens it in twenty years."""

from __future__ import annotations

from typing import Any

from timeline_local.queries.exports import ExportRow

_ZIP = """\
memories.ndjson   one memory a line, as JSON in UTF-8, the oldest first. `local_at` is what the clock on the wall
                  showed, `happened_at` the instant in UTC, `when` an EDTF date where it is not exact (ISO 8601-2).
                  `media[].path` names the original in this zip, `media[].sha256` its bytes.
originals/        the files as they came, bit for bit, by the month they belong to.
manifest.ndjson   path, size and SHA-256 of every other file in this zip, one a line.
"""
_ACCOUNT = """\
account.json      the account, without anything that signs in.
settings.json     its preferences.
people.ndjson, locations.ndjson, tags.ndjson, collections.ndjson, relations.ndjson, devices.ndjson
                  everything the memories refer to; collections name their memories by id, in order.
positions.ndjson  where devices were, one position a line: degrees (WGS 84), metres, metres a second. The way of a
                  memory (`path`) is an interval of a device.
"""
_MARKDOWN = """\
notes/            one Markdown file for each memory, with YAML front matter; by year, undated ones apart.
originals/        the files that the notes show, bit for bit, by the month they belong to.

Obsidian, Logseq and most editors open this folder as it is; `timeline-local import` reads it back.
"""


def readme(export: ExportRow, counts: dict[str, Any], *, version: str) -> str:
    """The text of README. counts: as the export has them in the end."""
    made = export.created_at.isoformat(timespec="minutes")
    told = [f"Timeline Local {version}, exported {made}", "", f"{counts['memories']:,} memories"]
    told[-1] += f", {counts['originals']:,} originals."
    if counts["missing"]:
        told.append(f"{counts['missing']:,} originals could not be read and are only named in the manifest.")
    if counts["damaged"]:
        told.append(f"{counts['damaged']:,} originals are not what they were when they came; the manifest says which.")
    parts = [_MARKDOWN] if export.format == "markdown" else [_ZIP]
    if export.options.get("account"):
        parts.append(_ACCOUNT)
    return "\n".join([*told, "", *parts])
