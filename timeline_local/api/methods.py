"""Which methods an address answers, over all its routes: the framework names those of the first route only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from re import Pattern

from starlette.routing import compile_path


class Methods:
    """declared gives (method, path template) pairs; it is asked once, when every route is there."""

    def __init__(self, declared: Callable[[], Mapping[tuple[str, str], object]]) -> None:
        self._declared = declared
        self._plain: dict[str, set[str]] = {}
        self._patterns: list[tuple[Pattern[str], set[str]]] | None = None

    def of(self, path: str) -> list[str]:
        """The methods of this address, sorted; none if there is no such address.

        An address that is written out wins over a pattern that it happens to fit: /memories/batch is no memory's.
        """
        if self._patterns is None:
            self._patterns = self._compiled()
        exact = self._plain.get(path)
        found = exact or {method for pattern, methods in self._patterns if pattern.match(path) for method in methods}
        return sorted(found)

    def is_written_out(self, path: str) -> bool:
        """Whether the path is itself an address, not only one that fits a pattern."""
        self.of(path)
        return path in self._plain

    def _compiled(self) -> list[tuple[Pattern[str], set[str]]]:
        by_path: dict[str, set[str]] = {}
        for method, path in self._declared():
            by_path.setdefault(path, set()).add(method)
        self._plain = {path: methods for path, methods in by_path.items() if "{" not in path}
        return [(compile_path(path)[0], methods) for path, methods in by_path.items() if "{" in path]
