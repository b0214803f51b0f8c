"""Every source of memories comes with real files and with what they must become."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from tests.house.code import PACKAGE, ROOT
from timeline_local.importers.base import Source
from timeline_local.importers.registry import SOURCES

FIXTURES = ROOT / "tests" / "importers"

PAGE_OF_ANOTHER = {"day_one_classic": "day_one"}  # two forms of one program's export share a page
BEGIN_OTHERWISE = {"mapping"}  # of files that somebody made, not of an export

each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)


def test_no_two_sources_share_a_name() -> None:
    counted = Counter(source.name for source in SOURCES)
    assert [name for name, count in counted.items() if count > 1] == []


def test_every_file_of_the_sources_is_in_the_registry() -> None:
    files = {file.stem for file in (PACKAGE / "importers" / "sources").glob("*.py")} - {"__init__"}
    assert files == {source.name for source in SOURCES}


@each_source
def test_a_source_has_a_name_for_the_table_and_a_title_for_people(source: Source) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", source.name)
    assert source.title[:1].isupper()


@each_source
def test_a_source_has_tests_in_a_folder_of_its_own(source: Source) -> None:
    assert (FIXTURES / source.name / f"test_{source.name}.py").is_file()


@each_source
def test_a_source_has_a_golden_file_that_is_not_empty(source: Source) -> None:
    assert json.loads((FIXTURES / source.name / "expected.json").read_text(encoding="utf-8"))


@each_source
def test_a_page_begins_with_how_to_get_the_export(source: Source) -> None:
    page = ROOT / "docs" / "importers" / f"{PAGE_OF_ANOTHER.get(source.name, source.name)}.md"
    begin = page.read_text(encoding="utf-8").split("\n")[2]
    assert begin.startswith(("**How to get it.**", "**How to get them.**")) or source.name in BEGIN_OTHERWISE


@each_source
def test_a_source_has_a_page_that_the_index_leads_to(source: Source) -> None:
    page = f"{PAGE_OF_ANOTHER.get(source.name, source.name)}.md"
    assert (ROOT / "docs" / "importers" / page).is_file()
    assert f"({page})" in (ROOT / "docs" / "importers" / "README.md").read_text(encoding="utf-8")
