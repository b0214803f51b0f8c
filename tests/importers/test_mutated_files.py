"""Files in which something stands that no program writes there. Each of these ended an import once.

They were found by changing the files of these tests at random: letters, numbers, lengths, types and encodings.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import orjson
import pytest

from timeline_local.domain.draft_json import item_to_json
from timeline_local.domain.drafts import Draft, Problem
from timeline_local.importers.base import Checkpoint, ReadOptions, opened
from timeline_local.importers.registry import judge, read_all

HEAD = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20240501T080000Z\n"
TAIL = "END:VEVENT\nEND:VCALENDAR\n"
STRAVA = (
    "Activity ID,Activity Date,Activity Name,Activity Type,Activity Description,Elapsed Time,Distance,Max Heart Rate,"
    "Relative Effort,Commute,Activity Private Note,Activity Gear,Filename,Athlete Weight,Bike Weight,Elapsed Time\n"
)
CASES = {
    "a.rec": '2024-03-01T09:03:09Z\t*\t{"_type": {"a": 1}}\n2024-03-01T09:03:09Z\t*\t'
    '{"_type": "location", "lat": 52.2, "lon": 13.3, "tst": 1709283789, "topic": "owntracks\\ud83d/a"}\n',
    "a.ics": f"{HEAD}RRULE:FREQ=DAILY;UNTIL=123456\n{TAIL}",
    "memos.json": '{"data": [{"id": 7, "rowStatus": [1], "createdTs": 1714550400, "content": "x",'
    ' "visibility": "PUBLIC", "resourceList": []}]}',
    "b.gpx": '<?xml version="1.0" encoding="undefined"?><gpx><wpt lat="1" lon="2"><name>x</name></wpt></gpx>',
    "a.gpx": '<?xml version="1.0" encoding="base64"?><gpx><wpt lat="1" lon="2"><name>x</name></wpt></gpx>',
    "none.ics": "BEGIN:VCALENDAR\nBEGIN:VTODO\nUID:1\nEND:VTODO\nEND:VCALENDAR\n",
    "none.vcf": "BEGIN:VCARD",
    "none.csv": "Name,Phone\n",
    "Journal.json": '{"metadata": {}, "entries": [{"uuid": "A", "creationDate": "2024-05-01T08:00:00Z", "text": "x",'
    ' "weather": {"a": 99999999999999999999}}]}',
    "points.csv": f"time,lat,lon,{'(' * 20_000}\n2024-05-01T08:00:00Z,1,2,x\n",
    "activities.csv": f'{STRAVA}1,"May 1, 99999999999999999999, 8:00:00 AM",x,Ride,,1,1,,,false,,,,,,1\n'
    f'2,"May 1, 2024, 8:00:00 AM",x,Ride,,{"9" * 30},1,,,false,,,,,,{"9" * 30}\n',
}


@pytest.mark.parametrize("name", CASES)
def test_what_no_program_writes_ends_nothing_and_is_not_passed_over(
    tmp_path: Path, reading: ModuleType, name: str
) -> None:
    folder = reading.make(tmp_path, {name: CASES[name]})
    sources = [each.source for each in judge(folder).recognised]
    items = list(opened(each.item for each in read_all(folder, sources, ReadOptions())))
    assert sources
    assert [each for each in items if not isinstance(each, Checkpoint)]
    for each in items:
        if not isinstance(each, Problem | Checkpoint):
            assert orjson.loads(orjson.dumps(item_to_json(each)))
            assert not isinstance(each, Draft) or each.source_key
