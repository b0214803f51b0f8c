"""Files of life logs in an archive whose last bytes are damaged: what came before is taken, and it is told."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Source
from timeline_local.importers.sources.apple_health import AppleHealth
from timeline_local.importers.sources.apple_journal import AppleJournal
from timeline_local.importers.sources.jrnl import Jrnl
from timeline_local.importers.sources.mapping import MappedTables
from timeline_local.importers.sources.mastodon import Mastodon
from timeline_local.importers.sources.netflix import Netflix
from timeline_local.importers.sources.spotify import Spotify
from timeline_local.importers.sources.x_archive import XArchive

PADDING = "\n" * 300_000  # further than what is read at once
TWEET = '{"id_str": "20", "created_at": "Fri Mar 08 20:10:01 +0000 2019", "full_text": "x"}'
NOTE = '{"id": "a", "published": "2022-11-06T10:00:00Z", "content": "x", "to": ["as:Public"]}'
PLAY = '{"ts": "2020-01-02T22:10:00Z", "ms_played": 90000, "master_metadata_track_name": "x"}'
READING = (
    '<Record type="HKQuantityTypeIdentifierStepCount" unit="count" value="9" startDate="2020-01-02 09:00:00 +0100"'
    ' endDate="2020-01-02 09:01:00 +0100"/>'
)
COLUMNS = "Profile Name,Start Time,Duration,Title,Supplemental Video Type"
ENTRY = '{"title": "x", "body": "", "date": "2020-01-02", "time": "10:00", "tags": [], "starred": false}'
CASES: dict[str, tuple[Source, str, str, int]] = {
    "x": (XArchive(), "tweets.js", f"window.YTD.tweets.part0 = [{TWEET}, {PADDING}", 1),
    "mastodon": (
        Mastodon(),
        "outbox.json",
        f'{{"@context": "activitystreams", "orderedItems": [{{"type": "Create", "object": {NOTE}}}, {PADDING}',
        1,
    ),
    "spotify": (Spotify(), "a.json", f"[{PLAY}, {PADDING}", 1),
    "netflix": (
        Netflix(),
        "ViewingActivity.csv",
        f"{COLUMNS}\nAna,2020-01-02 22:00:00,00:45:00,Klaus,\n{PADDING}",
        1,
    ),
    "jrnl": (Jrnl(), "a.json", f'{{"entries": [{ENTRY}, {PADDING}', 1),
    "jrnl text": (Jrnl(), "a.txt", f"[2020-01-02 10:00] x\n[2020-01-03 10:00] y\n{PADDING}", 1),
    "apple_health": (AppleHealth(), "export.xml", f"<HealthData>{READING}{PADDING}", 1),
    "apple_journal": (AppleJournal(), "a.html", f'<div class="pageHeader">x</div><div class="bodyText">{PADDING}', 0),
    "mapping": (MappedTables(), "a.csv", f"what,when\nx,2020\n{PADDING}", 1),
    "mapping lines": (MappedTables(), "a.jsonl", f'{{"what": "x", "when": "2020"}}\n{PADDING}', 1),
}
MAPPING = b'[memory]\ntitle = "{what}"\n[time]\ncolumn = "when"\n'


@pytest.mark.parametrize("name", CASES)
def test_a_damaged_file_gives_what_came_before_and_says_so(
    tmp_path: Path, reading: ModuleType, packing: ModuleType, name: str
) -> None:
    source, file, text, count = CASES[name]
    records = [packing.Record(file.encode(), text.encode(), crc=1)]
    if name.startswith("mapping"):
        records.append(packing.Record(b"a.timeline.toml", MAPPING))
    items = reading.read(source, Folder(packing.write(tmp_path / "a.zip", records)))
    assert reading.problems(items) == {file: "unreadable"}
    assert sum(isinstance(item, Draft) for item in items) == count
