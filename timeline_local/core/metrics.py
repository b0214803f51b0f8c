"""How long the routes take, kept in memory; and the text format in which Prometheus reads figures.

The figures name route templates, methods and status codes only: never a path, a query or a name.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

BUCKETS_MS = (1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000)
MOST_ROUTES = 500  # templates are finite; the bound is for a mistake that makes them not so
OTHER = ("*", "*")

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(slots=True)
class RouteTime:
    """Answers of one route. counts: one for each of BUCKETS_MS, and one for what took longer."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_MS) + 1))
    by_class: dict[str, int] = field(default_factory=dict)  # "2xx" → answers
    total_ms: float = 0.0
    worst_ms: float = 0.0

    @property
    def count(self) -> int:
        """Answers in all."""
        return sum(self.counts)

    def quantile_ms(self, share: float) -> float:
        """The time that this share of the answers did not exceed, interpolated within its bucket."""
        wanted, seen = share * self.count, 0
        for at, count in enumerate(self.counts):
            if count and seen + count >= wanted:
                low = BUCKETS_MS[at - 1] if at else 0.0
                high = min(BUCKETS_MS[at], self.worst_ms) if at < len(BUCKETS_MS) else self.worst_ms
                return low + max(0.0, high - low) * (wanted - seen) / count
            seen += count
        return 0.0


@dataclass(frozen=True, slots=True)
class SlowRoute:
    """Milliseconds until the answer began."""

    method: str
    route: str
    count: int
    mean_ms: float
    p50_ms: float
    p95_ms: float
    worst_ms: float


class RouteTimes:
    """A bounded histogram for each (method, route template) since the process began."""

    def __init__(self) -> None:
        self._routes: dict[tuple[str, str], RouteTime] = {}

    def note(self, method: str, route: str, *, status: int, ms: float) -> None:
        """One answer that began after so many milliseconds. Some 1 µs."""
        key = (method, route)
        held = self._routes.get(key)
        if held is None:
            held = self._routes.setdefault(key if len(self._routes) < MOST_ROUTES else OTHER, RouteTime())
        held.counts[bisect_left(BUCKETS_MS, ms)] += 1
        name = f"{status // 100}xx"
        held.by_class[name] = held.by_class.get(name, 0) + 1
        held.total_ms += ms
        held.worst_ms = max(held.worst_ms, ms)

    def slowest(self, most: int) -> list[SlowRoute]:
        """The routes with the highest p95, slowest first."""
        rows = [
            SlowRoute(
                method=method,
                route=route,
                count=held.count,
                mean_ms=round(held.total_ms / held.count, 2),
                p50_ms=round(held.quantile_ms(0.5), 2),
                p95_ms=round(held.quantile_ms(0.95), 2),
                worst_ms=round(held.worst_ms, 2),
            )
            for (method, route), held in self._routes.items()
        ]
        return sorted(rows, key=lambda row: (-row.p95_ms, row.method, row.route))[:most]

    def families(self) -> list[Family]:
        """The two families that `/metrics` shows of it."""
        answers: list[Sample] = []
        times: list[Sample] = []
        for (method, route), held in sorted(self._routes.items()):
            labels = {"method": method, "route": route}
            answers += [Sample("", labels | {"status": name}, n) for name, n in sorted(held.by_class.items())]
            so_far = 0
            for edge, count in zip((*BUCKETS_MS, None), held.counts, strict=True):
                so_far += count
                le = "+Inf" if edge is None else f"{edge / 1000:g}"
                times.append(Sample("_bucket", labels | {"le": le}, so_far))
            times += [Sample("_sum", labels, held.total_ms / 1000), Sample("_count", labels, so_far)]
        return [
            Family("timeline_http_answers_total", "counter", "Answers by route template and class of status.", answers),
            Family("timeline_http_seconds", "histogram", "Seconds until an answer began.", times),
        ]


Kind = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, slots=True)
class Sample:
    """suffix is added to the family's name: empty, `_bucket`, `_sum` or `_count`."""

    suffix: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Family:
    """One metric with all its samples."""

    name: str
    kind: Kind
    about: str
    samples: Sequence[Sample]


def gauge(name: str, about: str, value: float | None, **labels: str) -> Family:
    """A family of one sample; of none when the value is not known."""
    return Family(name, "gauge", about, [] if value is None else [Sample("", labels, value)])


_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


def exposition(families: Iterable[Family]) -> str:
    """The text of these families, each once, without those that have no sample."""
    lines: list[str] = []
    for family in families:
        if not family.samples:
            continue
        assert _NAME.fullmatch(family.name)  # noqa: S101 - names are ours
        lines.append(f"# HELP {family.name} {_escaped(family.about)}")
        lines.append(f"# TYPE {family.name} {family.kind}")
        lines += [f"{family.name}{each.suffix}{_labels(each.labels)} {_number(each.value)}" for each in family.samples]
    return "".join(f"{line}\n" for line in lines)


def _labels(labels: Mapping[str, str]) -> str:
    pairs = ",".join(f'{name}="{_escaped(value, quotes=True)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _escaped(text: str, *, quotes: bool = False) -> str:
    plain = text.replace("\\", "\\\\").replace("\n", "\\n")
    return plain.replace('"', '\\"') if quotes else plain


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
