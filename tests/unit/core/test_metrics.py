"""Route times and the text format of Prometheus, read back by a parser of the format's own rules."""

from __future__ import annotations

import math
import re

import pytest

from timeline_local.core.metrics import BUCKETS_MS, MOST_ROUTES, Family, RouteTimes, Sample, exposition, gauge

_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')


def parsed(text: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Sample name → labels → value; asserts what the format demands of order, types, names and escapes."""
    assert text.endswith("\n")
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    typed: dict[str, str] = {}
    family = ""
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family = line.split(" ", 3)[2]
            assert family not in typed, "a family stands once"
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == family
            assert kind in {"counter", "gauge", "histogram"}
            typed[name] = kind
        else:
            match = _SAMPLE.fullmatch(line)
            assert match, line
            name, labels, value = match[1], match[2] or "", float(match[3])
            suffixes = ("_bucket", "_sum", "_count") if typed[family] == "histogram" else ("",)
            assert name in {family + suffix for suffix in suffixes}
            assert "".join(each[0] for each in _LABEL.finditer(labels)) == labels
            key = tuple(_LABEL.findall(labels))
            assert key not in found.setdefault(name, {}), "a sample stands once"
            found[name][key] = value
    return found


def test_a_histogram_counts_up_to_infinity_which_is_its_count() -> None:
    times = RouteTimes()
    for ms in (0.5, 1, 3, 99, 20_000):
        times.note("GET", "/api/v1/memories/{memory_id}", status=200, ms=ms)
    samples = parsed(exposition(times.families()))
    buckets = [(dict(labels)["le"], value) for labels, value in samples["timeline_http_seconds_bucket"].items()]
    assert [le for le, _ in buckets] == [*(f"{edge / 1000:g}" for edge in BUCKETS_MS), "+Inf"]
    values = [value for _, value in buckets]
    assert values == sorted(values)
    assert dict(buckets)["0.001"] == 2
    assert dict(buckets)["0.1"] == 4
    assert list(samples["timeline_http_seconds_count"].values()) == [5] == [values[-1]]
    (total,) = samples["timeline_http_seconds_sum"].values()
    assert math.isclose(total, 20.1035)


def test_answers_are_counted_by_class() -> None:
    times = RouteTimes()
    for status in (200, 204, 404, 503):
        times.note("GET", "/x", status=status, ms=1)
    found = parsed(exposition(times.families()))["timeline_http_answers_total"]
    assert {dict(labels)["status"]: value for labels, value in found.items()} == {"2xx": 2, "4xx": 1, "5xx": 1}


@pytest.mark.parametrize("value", ['say "hi"', "back\\slash", "two\nlines", "ä✓", ""])
def test_any_label_value_survives(value: str) -> None:
    text = exposition([gauge("timeline_x", "About\nit \\ all.", 1, told=value)])
    ((label,),) = parsed(text)["timeline_x"]
    assert label[1].replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\") == value


@pytest.mark.parametrize(("value", "text"), [(3, "3"), (2.0, "2"), (0.25, "0.25"), (1e21, "1" + "0" * 21)])
def test_numbers_are_plain(value: float, text: str) -> None:
    assert exposition([gauge("timeline_x", "X.", value)]).splitlines()[-1] == f"timeline_x {text}"


def test_a_family_without_samples_is_left_out() -> None:
    assert exposition([gauge("timeline_x", "X.", None), Family("timeline_y", "gauge", "Y.", [])]) == ""


def test_two_samples_of_one_family_share_its_head() -> None:
    samples = [Sample("", {"state": "waiting"}, 1), Sample("", {"state": "failed"}, 0)]
    text = exposition([Family("timeline_jobs", "gauge", "Jobs.", samples)])
    assert text.count("# TYPE") == 1
    assert len(parsed(text)["timeline_jobs"]) == 2


def test_the_slowest_routes_come_first_and_so_many_only() -> None:
    times = RouteTimes()
    for n in range(20):
        for _ in range(10):
            times.note("GET", f"/route-{n}", status=200, ms=float(n))
    slowest = times.slowest(3)
    assert [row.route for row in slowest] == ["/route-19", "/route-18", "/route-17"]
    assert slowest[0].count == 10
    assert slowest[0].worst_ms == 19
    assert slowest[0].p50_ms <= slowest[0].p95_ms <= 19


def test_a_quantile_is_never_beyond_the_worst() -> None:
    times = RouteTimes()
    for ms in (1, 1, 1, 30_000):
        times.note("GET", "/x", status=200, ms=ms)
    (row,) = times.slowest(1)
    assert row.p50_ms <= 1
    assert 10_000 < row.p95_ms <= 30_000


def test_routes_are_bounded() -> None:
    times = RouteTimes()
    for n in range(MOST_ROUTES + 50):
        times.note("GET", f"/{n}", status=200, ms=1)
    assert len(times.slowest(10_000)) == MOST_ROUTES + 1
