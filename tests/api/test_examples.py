"""Every example in the API's description is one that its schema allows, formats included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema_rs
import pytest


def _examples(node: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401 - any part of a JSON document
    """(where, schema, example) of each that stands in a schema, a parameter or a body."""
    if isinstance(node, list):
        for at, each in enumerate(node):
            yield from _examples(each, f"{place}/{at}")
    elif isinstance(node, dict):
        schema, given = node.get("schema", node), node.get("examples", [])
        found = [each["value"] for each in given.values()] if isinstance(given, dict) else list(given)
        if "example" in node:
            found.append(node["example"])
        yield from ((place, schema, example) for example in found)
        for name, each in node.items():
            if name not in ("example", "examples"):
                yield from _examples(each, f"{place}/{name}")


@pytest.fixture
def dialect() -> str:
    """What is described depends on no database."""
    return "sqlite"


async def test_every_example_is_one_that_its_schema_allows(anonymous: httpx.AsyncClient) -> None:
    described = (await anonymous.get("/docs/openapi.json")).json()
    examples = list(_examples(described))
    schemas = {str(at): schema for at, (_, schema, _) in enumerate(examples)}
    together = {
        "properties": schemas,
        "components": described["components"],
    }  # compiled once: one by one takes a minute
    allowed = jsonschema_rs.Draft202012Validator(together, validate_formats=True)
    errors = allowed.iter_errors({str(at): example for at, (_, _, example) in enumerate(examples)})
    assert len(examples) > 500
    assert [f"{examples[int(error.instance_path[0])][0]}: {error.message}" for error in errors] == []
