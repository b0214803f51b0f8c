"""Texts with the names of columns in braces: "{Title} by {Author}". Nothing in them is ever evaluated."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# "{{" and "}}" are braces; a name is everything up to the next brace.
_PART = re.compile(r"(?P<open>\{\{)|(?P<close>\}\})|\{(?P<column>[^{}]*)\}|(?P<stray>[{}])")


class TemplateBroken(ValueError):
    """A brace without its other half, or without a name; the message says which."""


@dataclass(frozen=True, slots=True)
class Template:
    """Lines of parts, each (text, is the name of a column)."""

    lines: tuple[tuple[tuple[str, bool], ...], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it names, in order, each once."""
        return tuple(dict.fromkeys(text for line in self.lines for text, is_column in line if is_column))

    @property
    def only_column(self) -> str:
        """The column that is all there is to it; "" for any other template."""
        is_one = len(self.lines) == 1 and len(self.lines[0]) == 1 and self.lines[0][0][1]
        return self.lines[0][0][0] if is_one else ""

    def fill(self, cell: Callable[[str], str]) -> str:
        """The text with each name replaced by what `cell` says; lines whose columns are all empty are left out."""
        filled = [_line(parts, cell) for parts in self.lines]
        return "\n".join(line for line in filled if line is not None).strip()


def read_template(text: str) -> Template:
    """Raises TemplateBroken."""
    return Template(tuple(tuple(_parts(line)) for line in text.strip("\n").split("\n")))


def _line(parts: Sequence[tuple[str, bool]], cell: Callable[[str], str]) -> str | None:
    told = [(cell(text) if is_column else text, is_column) for text, is_column in parts]
    has_columns = any(is_column for _, is_column in told)
    if has_columns and not any(text for text, is_column in told if is_column):
        return None
    return "".join(text for text, _ in told).rstrip()


def _parts(line: str) -> list[tuple[str, bool]]:
    parts: list[tuple[str, bool]] = []
    plain, at = "", 0
    for match in _PART.finditer(line):
        plain += line[at : match.start()]
        at = match.end()
        if match["open"] or match["close"]:
            plain += match[0][0]
        elif match["stray"]:
            raise TemplateBroken(f"there is a “{match[0]}” without its other half; write it twice if you mean a brace")
        elif not match["column"].strip():
            raise TemplateBroken("there is no name of a column between { and }")
        else:
            parts.extend([(plain, False)] if plain else [])
            parts.append((match["column"].strip(), True))
            plain = ""
    plain += line[at:]
    return [*parts, (plain, False)] if plain or not parts else parts
