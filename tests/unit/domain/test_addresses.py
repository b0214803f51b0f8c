"""The one form of an address, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain.addresses import normalise_address, problem_with

KINDS = ("name", "email", "phone", "handle", "instagram")


@pytest.mark.parametrize(
    ("kind", "written", "kept"),
    [
        ("name", "  Zoë   Ångström ", "zoe angstrom"),
        ("email", " Anna@Example.ORG ", "anna@example.org"),
        ("phone", "+39 (0)6 123-4567", "+3961234567"),
        ("phone", "0039 06 1234567", "+39061234567"),
        ("phone", "06/1234567", "061234567"),
        ("phone", "unknown caller", "unknown caller"),
        ("handle", "@Anna", "anna"),
        ("instagram", "@@ Anna", "anna"),
    ],
)
def test_an_address_has_one_form(kind: str, written: str, kept: str) -> None:
    assert normalise_address(kind, written) == kept


@given(kind=st.sampled_from(KINDS), written=st.text(max_size=40))
def test_what_is_in_its_form_stays_as_it_is(kind: str, written: str) -> None:
    kept = normalise_address(kind, written)
    assert normalise_address(kind, kept) == kept


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("email", "nobody"),
        ("email", "a@b@c"),
        ("email", "a b@c"),
        ("email", "@c"),
        ("phone", "call me"),
        ("phone", "12"),
        ("handle", "@"),
        ("name", "\u0301"),
        ("handle", "x" * 321),
    ],
)
def test_what_is_no_address_is_told(kind: str, written: str) -> None:
    assert problem_with(kind, written) is not None


@pytest.mark.parametrize(("kind", "written"), [("email", "a@b"), ("phone", "112"), ("handle", "@a"), ("name", "A")])
def test_what_is_one_is_fine(kind: str, written: str) -> None:
    assert problem_with(kind, written) is None
