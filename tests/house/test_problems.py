"""Every error has a name of its own and a page that says what to do next."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.house.code import PACKAGE, ROOT, product
from timeline_local.api.problems import problem_types, sections
from timeline_local.exceptions import TimelineError

PARAGRAPHS = ("**What happened.** ", "**What was kept.** ", "**What to do.** ")


def _classes(kind: type[TimelineError] = TimelineError) -> Iterator[type[TimelineError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _classes(child)


@pytest.fixture(autouse=True, scope="module")
def _all_loaded() -> None:
    """Classes are found by their parents, so the application is loaded first."""
    import timeline_local.main  # noqa: F401 - loads every room that the server uses


def _own() -> list[type[TimelineError]]:
    ours = (kind for kind in _classes() if kind.__module__.startswith("timeline_local."))
    return [kind for kind in ours if "slug" in vars(kind)]


def test_every_slug_belongs_to_one_error() -> None:
    counted = Counter(kind.slug for kind in _own())
    assert [slug for slug, count in counted.items() if count > 1] == []


def test_every_slug_can_stand_in_an_address() -> None:
    assert [kind.slug for kind in _own() if not re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.slug)] == []


def test_every_slug_has_a_section_that_says_what_to_do() -> None:
    assert sorted(problem_types()) == sorted(sections())


@pytest.mark.parametrize("place", range(3))
def test_every_section_tells_what_happened_what_was_kept_and_what_to_do(place: int) -> None:
    told = {slug: section.paragraphs for slug, section in sections().items()}
    assert [slug for slug, text in told.items() if not text[place : place + 1][0].startswith(PARAGRAPHS[place])] == []


def test_no_second_list_of_problems_is_kept() -> None:
    """docs/problems.md points to the one source, which is also what the server shows."""
    page = (ROOT / "docs" / "problems.md").read_text(encoding="utf-8")
    assert "timeline_local/api/problems.md" in page
    assert "\n## " not in page


def test_no_code_names_a_problem_type_that_does_not_exist() -> None:
    known = set(problem_types())
    named = {
        (module.path, slug)
        for module in product()
        for slug in re.findall(r"[\"'`]/problems/([a-z-]+)[\"'`]", module.text)
    }
    assert sorted(place for place in named if place[1] not in known) == []


def test_the_pages_are_shipped_inside_the_package() -> None:
    assert (PACKAGE / "api" / "problems.md").is_file()
