"""Two servers asked in turns, so that whatever else the machine does hits both alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.servers import Served
from bench.wire import Wire, throughput

_WARM_UP = 3


@dataclass(frozen=True, slots=True)
class Side:
    """One server and a way to ask it. ask: one whole operation, the n-th. before: what may not be timed."""

    served: Served
    wire: Wire
    ask: Callable[[int], object]
    before: Callable[[int], object] | None = None


@dataclass(slots=True)
class Timed:
    """Milliseconds of each operation, and processor milliseconds of the server per operation."""

    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: float = 0.0

    @property
    def median_ms(self) -> float:
        return statistics.median(self.wall_ms)


@dataclass(frozen=True, slots=True)
class Result:
    """A line of the table. floor and ours in `unit`; a goal is the largest ratio, or smallest where more is better.

    measured    what the goal is about: "cpu" or "wall" ratio, or "value" for an absolute bound on `ours`.
    """

    operation: str
    unit: str
    floor: float | None
    ours: float
    goal: float | None = None
    cpu_floor: float | None = None
    cpu_ours: float | None = None
    is_absolute: bool = False
    more_is_better: bool = False
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.ours / self.floor if self.floor else None

    @property
    def cpu_ratio(self) -> float | None:
        return self.cpu_ours / self.cpu_floor if self.cpu_ours is not None and self.cpu_floor else None

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is met by the wall clock; None without one."""
        found = self.ours if self.is_absolute else self.ratio
        if self.goal is None or found is None:
            return None
        return found >= self.goal if self.more_is_better else found <= self.goal


def interleaved(floor: Side, ours: Side, *, rounds: int, each: int) -> tuple[Timed, Timed]:
    """Both sides in turns: `rounds` blocks of `each` operations. CPU, whose clock is coarse, is counted by block."""
    sides = ((floor, Timed()), (ours, Timed()))
    for side, _ in sides:
        side.wire.close()
        side.wire.connect()
        for number in range(_WARM_UP):
            _one(side, -1 - number)
    for turn in range(rounds):
        for side, timed in sides:
            side.wire.close()
            side.wire.connect()  # it may have been closed while the other side was asked
            started = side.served.cpu_s()
            timed.wall_ms.extend(_one(side, turn * each + number) for number in range(each))
            timed.cpu_ms += (side.served.cpu_s() - started) * 1000 / (rounds * each)
    return sides[0][1], sides[1][1]


def _one(side: Side, number: int) -> float:
    if side.before is not None:
        side.before(number)
    started = time.perf_counter()
    side.ask(number)
    return (time.perf_counter() - started) * 1000


def compared(
    operation: str, floor: Side, ours: Side, *, goal: float | None, rounds: int = 5, each: int = 40, note: str = ""
) -> Result:
    """One line: the medians of both sides."""
    below, above = interleaved(floor, ours, rounds=rounds, each=each)
    return Result(
        operation,
        "ms",
        below.median_ms,
        above.median_ms,
        goal,
        cpu_floor=below.cpu_ms,
        cpu_ours=above.cpu_ms,
        note=note,
    )


def asking(wire: Wire, request: bytes, *, status: int = 200) -> Callable[[int], object]:
    """The same request each time."""
    return lambda _: wire.ask(request, status=status)


def rates(operation: str, floor: Crowd, ours: Crowd, *, goal: float, seconds: float = 0.5) -> Result:
    """Answers per second with all connections busy, eight short turns each; more is better."""
    rates: list[tuple[float, float]] = []
    cpu = [0.0, 0.0]
    for _ in range(8):
        turn = []
        for at, crowd in enumerate((floor, ours)):
            started = crowd.served.cpu_s()
            turn.append(throughput(crowd.wires, crowd.request, seconds=seconds))
            cpu[at] += (crowd.served.cpu_s() - started) / (turn[-1] * seconds) * 1000 / 8
        rates.append((turn[0], turn[1]))
    below, above = (statistics.median(side) for side in zip(*rates, strict=True))
    return Result(operation, "/s", below, above, goal, cpu_floor=cpu[0], cpu_ours=cpu[1], more_is_better=True)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Connections to one server that all ask the same."""

    served: Served
    wires: list[Wire]
    request: bytes
