"""What comes in is measured as it was sent."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import Field, StringConstraints, ValidationError

from timeline_local.schemas.exact import Exact


class Inner(Exact):
    """A text whose edges do not count, with a cap."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5)] | None = None


class Outer(Exact):
    """One within another, as shapes of the API have it."""

    inner: Inner
    names: list[Annotated[str, StringConstraints(strip_whitespace=True, max_length=5)]] = Field(default_factory=list)


@pytest.mark.parametrize("name", ["abcde", "  abc", " a ", None])
def test_space_around_a_text_is_taken_away(name: str | None) -> None:
    found = Outer.model_validate({"inner": {"name": name}}).inner.name
    assert found == (None if name is None else name.strip())


@pytest.mark.parametrize("name", ["abcdef", " abcde", "\u0085abcde", "      "])
def test_space_around_a_text_counts_towards_its_cap(name: str) -> None:
    with pytest.raises(ValidationError, match="at most 5 characters"):
        Outer.model_validate({"inner": {"name": name}})
    with pytest.raises(ValidationError, match="at most 5 characters"):
        Outer.model_validate({"inner": {}, "names": [name]})


def test_the_description_is_the_same() -> None:
    shown = Inner.model_json_schema()["properties"]["name"]["anyOf"][0]
    assert shown == {"type": "string", "minLength": 1, "maxLength": 5}
