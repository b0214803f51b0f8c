"""What can be imported, and how to get it out of where it is: the pages that come with the program.

They are those of `docs/importers`, so that there is one text to keep true. Its index says what there is, in one table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from timeline_local.exceptions import GuideNotFound
from timeline_local.services.render import Block, render

_ROW = re.compile(r"\| (?P<links>\[.+?\)) \| (?:gold|silver|bronze) \| (?P<what>.+) \|")
_PAGE = re.compile(r"\[(?P<title>[^\]]+)\]\((?P<name>\w+)\.md\)")
_TO_PAGE = re.compile(r"\]\((\w+)\.md(?:#[\w-]+)?\)")
_ELSEWHERE = re.compile(r"\[([^\]]+)\]\((?!https?:|mailto:|/)[^)]*\)")  # of the documentation, which is not shown here


@dataclass(frozen=True, slots=True)
class Guide:
    """name: of its page.   what: one line for a list."""

    name: str
    title: str
    what: str


@lru_cache(maxsize=1)
def guides() -> tuple[Guide, ...]:
    """All of them, in the order of the index: exports of programs before files of any program."""
    index = (_folder() / "README.md").read_text(encoding="utf-8")
    rows = (row for line in index.splitlines() if (row := _ROW.fullmatch(line)))
    return tuple(
        Guide(page["name"], page["title"], row["what"]) for row in rows for page in _PAGE.finditer(row["links"])
    )


def guide(name: str) -> tuple[Guide, list[Block]]:
    """One of them, and its page without its heading. Raises GuideNotFound."""
    found = next((each for each in guides() if each.name == name), None)
    if found is None:
        raise GuideNotFound(f"There is no page about {name!r}. GET /api/v1/guides lists those there are.")
    return found, _page(name)


@lru_cache(maxsize=8)
def _page(name: str) -> list[Block]:
    _, _, text = (_folder() / f"{name}.md").read_text(encoding="utf-8").partition("\n")
    known = {each.name for each in guides()}
    linked = _TO_PAGE.sub(lambda link: f"](/guides/{link[1]})" if link[1] in known else link[0], text)
    return render(_ELSEWHERE.sub(r"\1", linked))


def _folder() -> Path:
    """Inside the installed package, or among the documentation of a checkout."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "guides"
    return shipped if shipped.is_dir() else package.parent / "docs" / "importers"
