"""Results as lines for people and as JSON for whoever compares runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from bench.measures import Result

_HEAD = ("operation", "unit", "floor", "ours", "ratio", "goal", "ok", "cpu ratio", "note")
_WIDTHS = (41, 4, 9, 9, 7, 7, 4, 9, 0)


def head() -> str:
    return _line(_HEAD)


def line(result: Result) -> str:
    """One result. ratio: of the medians by the wall clock; cpu ratio: of the processor time the servers used."""
    goal = "" if result.goal is None else f"{'≥' if result.more_is_better else '≤'} {result.goal:g}"
    verdict = {True: "yes", False: "NO", None: ""}[result.is_met]
    numbers = (
        _number(result.floor),
        _number(result.ours),
        _ratio(result.ratio),
        goal,
        verdict,
        _ratio(result.cpu_ratio),
    )
    return _line((result.operation, result.unit, *numbers, result.note))


def as_json(results: Iterable[tuple[int, Result]]) -> list[dict[str, Any]]:
    """Every field and the ratios; memories is the size of the library, 0 where it does not matter."""
    return [
        {"memories": size, **asdict(each), "ratio": each.ratio, "cpu_ratio": each.cpu_ratio, "is_met": each.is_met}
        for size, each in results
    ]


def _line(cells: Iterable[str]) -> str:
    first, *others = zip(cells, _WIDTHS, strict=True)
    return " ".join((first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others))).rstrip()


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
