"""Small things everything stands on: ids, kinds, provenance, timestamps, and the purity of the room."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain import ids
from timeline_local.domain.ids import new_id, parse_id
from timeline_local.domain.kinds import Kind
from timeline_local.domain.merge import Provenance, Rank, prefer, prefer_value
from timeline_local.domain.moments import Precision, TimeBasis
from timeline_local.domain.stamps import read_offset, read_stamp

ROOM = Path(__file__).parents[3] / "timeline_local" / "domain"
MODULES = sorted(f"timeline_local.domain.{file.stem}" for file in ROOM.glob("[a-z]*.py"))


def test_ids_are_version_7_and_ascend() -> None:
    made = [new_id() for _ in range(5000)]
    assert made == sorted(set(made))
    assert {(each.version, each.variant) for each in made} == {(7, "specified in RFC 4122")}


def test_ids_ascend_as_text() -> None:
    one, other = new_id(), new_id()
    assert str(one) < str(other)


def test_ids_carry_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_CLOCK", ids._Clock())  # the process's own is ahead when the system's was set back
    before = time.time_ns() // 1_000_000
    assert before <= (new_id().int >> 80) <= time.time_ns() // 1_000_000


def test_ids_stay_unique_across_threads() -> None:
    with ThreadPoolExecutor(4) as pool:
        batches = list(pool.map(lambda _: [new_id() for _ in range(1000)], range(4)))
    assert len({each for batch in batches for each in batch}) == 4000


def test_ids_ascend_when_the_clock_steps_back(monkeypatch: pytest.MonkeyPatch) -> None:
    one = new_id()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
    assert new_id() > one


@given(st.uuids())
def test_an_id_is_read_back_in_either_case(made: UUID) -> None:
    assert parse_id(str(made)) == parse_id(str(made).upper()) == made


@pytest.mark.parametrize("text", ["", "x", "{00000000-0000-0000-0000-000000000001}", "0" * 32, "urn:uuid:" + "0" * 32])
def test_other_spellings_of_an_id_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_id(text)


def test_the_numbers_of_kinds_never_change() -> None:
    names = "photo video note visit event audio move message post play health document bookmark"
    assert " ".join(Kind.from_code(code) for code in range(13)) == names
    assert [kind.code for kind in Kind] == list(range(13))
    with pytest.raises(ValueError, match="no kind"):
        Kind.from_code(99)


THEN = datetime(2019, 6, 14, tzinfo=UTC)


def said(rank: Rank, source: str = "google_takeout", days: int = 0) -> Provenance:
    return Provenance(rank, source, THEN + timedelta(days=days))


@pytest.mark.parametrize(
    ("current", "incoming", "replaced"),
    [
        (None, said(Rank.DERIVED), True),
        (said(Rank.USER), said(Rank.SOURCE, days=9), False),
        (said(Rank.SOURCE), said(Rank.USER), True),
        (said(Rank.FILE), said(Rank.SIDECAR), True),
        (said(Rank.SOURCE), said(Rank.SOURCE, days=1), True),
        (said(Rank.SOURCE, days=1), said(Rank.SOURCE), False),
        (said(Rank.SOURCE), said(Rank.SOURCE, "day_one", 1), False),
        (said(Rank.USER, "web"), said(Rank.USER, "api", 1), True),
    ],
)
def test_hand_edits_win_and_sources_do_not_take_turns(
    current: Provenance | None,
    incoming: Provenance,
    replaced: bool,  # noqa: FBT001  # a column of the table
) -> None:
    assert prefer(current, incoming) is replaced


def test_only_the_owner_erases_what_somebody_else_said() -> None:
    assert not prefer_value(said(Rank.FILE), said(Rank.SIDECAR, "xmp"), is_empty=True)
    assert prefer_value(said(Rank.FILE), said(Rank.USER, "web"), is_empty=True)
    assert prefer_value(said(Rank.FILE), said(Rank.SIDECAR, "xmp"), is_empty=False)
    assert prefer_value(said(Rank.SOURCE), said(Rank.SOURCE, days=1), is_empty=True)


@pytest.mark.parametrize(
    ("text", "local", "precision", "offset"),
    [
        ("2019-06-14T15:04:05.123456789+02:00", "2019-06-14 15:04:05.123456", Precision.INSTANT, 120),
        ("2019:06:14 15:04:05", "2019-06-14 15:04:05", Precision.INSTANT, None),
        ("2019-06-14T15:04-0430", "2019-06-14 15:04:00", Precision.MINUTE, -270),
        ("20", None, None, None),
        ("2019-06-14T15:04:05Z", "2019-06-14 15:04:05", Precision.INSTANT, 0),
        ("2019-06-14", "2019-06-14 00:00:00", Precision.DAY, None),
        ("2019-06", "2019-06-01 00:00:00", Precision.MONTH, None),
        ("2019", "2019-01-01 00:00:00", Precision.YEAR, None),
        ("2016-12-31T23:59:60+15:00", "2016-12-31 23:59:59", Precision.INSTANT, None),
        ("0000:00:00 00:00:00", None, None, None),
        ("    :  :     :  :  ", None, None, None),
        ("2019-02-30", None, None, None),
        ("", None, None, None),
    ],
)
def test_timestamps_are_read_as_written(
    text: str, local: str | None, precision: Precision | None, offset: int | None
) -> None:
    stamp = read_stamp(text)
    found = (str(stamp.local_at), stamp.precision, stamp.utc_offset_min) if stamp else (None, None, None)
    assert found == (local, precision, offset)


def test_a_trailing_z_is_an_instant_without_a_place() -> None:
    stamp = read_stamp("2019-06-14T15:04:05Z")
    assert stamp is not None
    evidence = stamp.evidence(TimeBasis.SOURCE, "json")
    assert (evidence.local_at, evidence.instant) == (None, datetime(2019, 6, 14, 15, 4, 5, tzinfo=UTC))


@pytest.mark.parametrize(("text", "offset"), [("+05:45", 345), ("-03", -180), ("Z", 0), ("+14:01", None), ("x", None)])
def test_offsets_are_read_or_left_out(text: str, offset: int | None) -> None:
    assert read_offset(text) == offset


@given(st.text("0123456789-:TZ+. ", max_size=30) | st.text(max_size=30))
def test_no_timestamp_raises(text: str) -> None:
    read_stamp(text)


def test_the_domain_needs_nothing_but_python() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(ROOM.parents[1])!r}); import {', '.join(MODULES)};"
        "print(*sorted({name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)))"
    )
    shown = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True)
    loaded = {name for name in shown.stdout.split() if not name.startswith(("_sysconfigdata", "__m"))}
    assert loaded == {"timeline_local"}
