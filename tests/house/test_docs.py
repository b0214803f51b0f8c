"""The documents: links that lead somewhere, nothing of one machine, nothing forgotten."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.house.code import PACKAGE, ROOT

PAGES = tuple(sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]))
DECISIONS = tuple(sorted((ROOT / "docs" / "adr").glob("[0-9]*.md")))
HEADINGS = ["Status", "Context", "Decision", "Consequences", "How we would notice it was wrong"]
# Folders of one computer. `/api`, `/docs` and the like are addresses, not paths.
MACHINE = re.compile(r"(?<![\w.`-])/(?:work|root|home/\w+|Users/\w+|opt|tmp|mnt|srv)/")
TESTS = re.compile(r"`((?:tests|bench)/[\w./]*)`")
LINK = re.compile(r"\[[^\]]*\]\((?!https?://|mailto:|#)([^)#\s]+)")

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
each_decision = pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)


@each_page
def test_a_page_names_no_folder_of_one_machine(page: Path) -> None:
    assert MACHINE.findall(page.read_text(encoding="utf-8")) == []


@each_page
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@each_page
def test_every_test_that_a_page_names_is_there(page: Path) -> None:
    named = TESTS.findall(page.read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_promise_names_a_file_that_tests_it() -> None:
    rows = [
        line for line in (ROOT / "docs" / "PROMISES.md").read_text(encoding="utf-8").splitlines() if line[:1] == "|"
    ]
    promises = [row.split("|")[1:-1] for row in rows if not row.startswith(("|---", "| Promise "))]
    assert len(promises) > 40
    assert [
        cells[0] for cells in promises if len(cells) != 3 or not TESTS.findall(cells[1]) or not cells[2].strip()
    ] == []
    assert [
        cells[0] for cells in promises if [path for path in TESTS.findall(cells[1]) if not path.endswith(".py")]
    ] == []


@each_decision
def test_a_decision_has_the_five_headings(page: Path) -> None:
    assert re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE) == HEADINGS


@each_decision
def test_a_decision_fits_on_a_page(page: Path) -> None:
    # The list of dependencies grows with them; it is a table, not an argument.
    assert len(page.read_text(encoding="utf-8").splitlines()) <= (60 if "dependencies" not in page.stem else 120)


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(page.name[:4]) for page in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))


def _dependencies() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    return {re.split(r"[\[<>=; ]", line, maxsplit=1)[0] for line in lines}


def test_every_dependency_has_its_line_and_every_line_its_dependency() -> None:
    page = next(page for page in DECISIONS if "dependencies" in page.stem).read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE)) == _dependencies()


def test_every_room_is_drawn() -> None:
    rooms = {folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").is_file()}
    drawn = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert sorted(room for room in rooms | {"web"} if f"`{room}/`" not in drawn) == []


def test_every_word_of_the_justfile_is_explained() -> None:
    words = re.findall(r"^([a-z][a-z0-9-]*)(?: \*\w+)?:", (ROOT / "justfile").read_text(encoding="utf-8"), re.MULTILINE)
    page = (ROOT / "docs" / "DEVELOPMENT.md").read_text(encoding="utf-8")
    assert [word for word in words if f"| `{word}` |" not in page] == []


def test_every_decision_that_code_refers_to_exists() -> None:
    numbers = {page.name[:4] for page in DECISIONS}
    named = {
        number
        for file in PACKAGE.rglob("*.py")
        for number in re.findall(r"adr/(\d{4})", file.read_text(encoding="utf-8"))
    }
    assert named <= numbers
