"""Dates and ids as their standards spell them: what a description calls a format is what is taken."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter, ValidationError

from tests.corpora import corpus
from timeline_local.domain.fuzzy import parse_edtf
from timeline_local.domain.ids import parse_id
from timeline_local.schemas.memories import Instant
from timeline_local.schemas.problems import Moment

MOMENT: TypeAdapter[Any] = TypeAdapter(Moment)
INSTANT: TypeAdapter[Any] = TypeAdapter(Instant)


def texts(name: str) -> dict[str, bool]:
    """The texts of a format, and whether they are valid."""
    rows = json.loads(corpus("tables", "string_formats.json").read_text("utf-8"))
    return {row["data"]: row["valid"] for row in rows if row["format"] == name and isinstance(row["data"], str)}


def is_taken(adapter: TypeAdapter[Any], text: str) -> bool:
    try:
        adapter.validate_python(text)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("adapter", [MOMENT, INSTANT], ids=["of positions", "of memories"])
def test_instants_are_taken_as_rfc_3339_has_them(adapter: TypeAdapter[Any]) -> None:
    wanted = texts("date-time")
    assert {text: is_taken(adapter, text) for text in wanted} == wanted


def test_days_are_taken_as_rfc_3339_has_them() -> None:
    wanted = texts("date")
    found = {}
    for text in wanted:
        try:
            found[text] = parse_edtf(text).precision.value == "day"
        except ValueError:
            found[text] = False
    assert found == wanted


def test_ids_are_taken_as_rfc_9562_has_them() -> None:
    wanted = texts("uuid")
    found: dict[str, UUID | None] = {}
    for text in wanted:
        try:
            found[text] = parse_id(text)
        except ValueError:
            found[text] = None
    assert {text: id_ is not None for text, id_ in found.items()} == wanted
    assert all(id_ is None or str(id_) == text.lower() for text, id_ in found.items())
