"""EDTF in and out, alone and through a moment."""

import contextlib
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain.fuzzy import between, edtf_of, parse_edtf, to_edtf
from timeline_local.domain.moments import Precision, TimeBasis, TimeEvidence
from timeline_local.domain.times import decide


@pytest.mark.parametrize(
    ("text", "start", "end", "precision"),
    [
        ("1987", "1987-01-01", "1987-12-31", Precision.YEAR),
        ("0987", "0987-01-01", "0987-12-31", Precision.YEAR),
        ("1987-06", "1987-06-01", "1987-06-30", Precision.MONTH),
        ("1988-02", "1988-02-01", "1988-02-29", Precision.MONTH),
        ("1987-06-14", "1987-06-14", "1987-06-14", Precision.DAY),
        ("198X", "1980-01-01", "1989-12-31", Precision.DECADE),
        ("19XX", "1900-01-01", "1999-12-31", Precision.DECADE),
        ("1987-XX", "1987-01-01", "1987-12-31", Precision.YEAR),
        ("1987-XX-XX", "1987-01-01", "1987-12-31", Precision.YEAR),
        ("1987-06-XX", "1987-06-01", "1987-06-30", Precision.MONTH),
        ("1999-22", "1999-06-01", "1999-08-31", Precision.SEASON),
        ("1999-24", "1999-12-01", "2000-02-29", Precision.SEASON),
        ("1999-32", "1999-06-01", "1999-08-31", Precision.SEASON),
        ("2004-06/2006-08", "2004-06-01", "2006-08-31", Precision.DECADE),
        ("2004-06-14/2004-06-20", "2004-06-14", "2004-06-20", Precision.MONTH),
        (" 2004-06 ", "2004-06-01", "2004-06-30", Precision.MONTH),
    ],
)
def test_edtf_text_becomes_days(text: str, start: str, end: str, precision: Precision) -> None:
    found = parse_edtf(text)
    assert (found.start.isoformat(), found.end.isoformat(), found.precision) == (start, end, precision)


@pytest.mark.parametrize(
    ("text", "approximate", "uncertain"),
    [("2004-06~", True, False), ("1984?", False, True), ("1984%", True, True), ("2004~/2006?", True, True)],
)
def test_doubts_are_kept(text: str, approximate: bool, uncertain: bool) -> None:  # noqa: FBT001  # columns of the table
    found = parse_edtf(text)
    assert (found.approximate, found.uncertain) == (approximate, uncertain)


@pytest.mark.parametrize(
    "text",
    [
        *["", "~", "june 2019", "2019-13", "2019-02-30", "2019-20", "2019-22-01", "2019-XX-14", "0000", "000X", "00XX"],
        *["198X-06", "2004/..", "../2004", "/2004", "2006/2004", "2019-06-14T10:00", "-0987", "9999", "9998-24"],
        *["1987 " * 40, "１９８７", "2004/2005/2006"],
    ],
)
def test_anything_else_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|calendar|takes|ends|future"):
        parse_edtf(text)


@pytest.mark.parametrize(
    "text",
    [
        "198X~",
        "19XX",
        "1999-24",
        "2004-06/2006-08",
        "2004?/2006?",
        "2004-06-14/2004-06-20",
        "0987-06",
    ],
)
def test_texts_come_back_as_they_were(text: str) -> None:
    assert to_edtf(parse_edtf(text)) == text


days = st.dates(date(1, 1, 1), date(9998, 12, 31))
stretches = st.builds(lambda one, other: (min(one, other), max(one, other)), days, days) | st.builds(
    lambda start, width: (start, min(start + timedelta(days=width), date(9998, 12, 31))),
    st.dates(date(1800, 1, 1), date(2100, 1, 1)),
    st.integers(0, 4000),
)
edtf = st.from_regex(
    r"(1[89]|20)[0-9]{2}(-(0[1-9]|1[0-2]|2[1-4]))?[~?%]?|(1[89]|20)[0-9]X[~?%]?|(1[89]|20)[0-9]{2}-0[1-9]-[012][1-8]",
    fullmatch=True,
)


@given(stretches, st.booleans(), st.booleans())
def test_every_stretch_survives_its_text(
    stretch: tuple[date, date],
    approximate: bool,  # noqa: FBT001  # drawn
    uncertain: bool,  # noqa: FBT001  # drawn
) -> None:
    fuzzy = between(*stretch, approximate=approximate, uncertain=uncertain)
    assert parse_edtf(to_edtf(fuzzy)) == fuzzy


@given(edtf)
def test_the_usual_texts_come_back_as_they_were(text: str) -> None:
    assert to_edtf(parse_edtf(text)) == text


@given(st.text("0123456789-/X?~%. ", max_size=24))
def test_no_text_raises_anything_but_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        parse_edtf(text)


@given(stretches, st.sampled_from([None, "Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"]))
def test_a_fuzzy_date_survives_its_moment(stretch: tuple[date, date], home: str | None) -> None:
    fuzzy = between(max(stretch[0], date(1900, 1, 1)), max(stretch[1], date(1900, 1, 1)))
    moment = decide(
        [fuzzy.evidence(TimeBasis.USER, "you")],
        coordinates=None,
        zone_of=lambda _lat, _lon: None,
        home_zone=home,
        fallback=datetime(2026, 1, 1, tzinfo=UTC),
        now=datetime(2026, 1, 1, tzinfo=UTC),
    ).moment
    assert edtf_of(moment) == to_edtf(fuzzy)


def test_a_point_in_time_has_no_edtf_text() -> None:
    evidence = TimeEvidence(basis=TimeBasis.USER, instant=datetime(2019, 6, 14, 10, tzinfo=UTC))
    moment = decide(
        [evidence],
        coordinates=None,
        zone_of=lambda _lat, _lon: None,
        home_zone=None,
        fallback=datetime(2026, 1, 1, tzinfo=UTC),
    ).moment
    assert edtf_of(moment) is None
