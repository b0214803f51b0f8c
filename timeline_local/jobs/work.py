"""What a kind of job is: a name and a step. The runner calls the step again and again, one batch each time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from timeline_local.queries.jobs import JobRow

if TYPE_CHECKING:
    from timeline_local.runtime import Runtime


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a job is. total and bytes_total are None while nobody knows; current names what it works on."""

    done: int = 0
    total: int | None = None
    bytes_done: int = 0
    bytes_total: int | None = None
    current: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step did. is_last: nothing is left to do. days: numbers of the days that changed; empty means any."""

    is_last: bool
    progress: Progress
    days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Work:
    """A job as its step sees it. memo lives as long as this process holds the job; nothing in it is kept."""

    runtime: Runtime
    job: JobRow
    memo: dict[str, Any] = field(default_factory=dict)


Step = Callable[[Work], Awaitable[Batch]]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobKind:
    """step  does one batch in its own transaction, seconds at most; must be able to go on after kill -9.

    prepare  run once at start, to put in line what should always be there. is_background: never takes the last slot.
    while_paused: also runs while background work is paused, because a person waits for it elsewhere.
    """

    name: str
    step: Step
    prepare: Callable[[Runtime], Awaitable[None]] | None = None
    is_background: bool = False
    while_paused: bool = False
