"""What comes in as JSON is taken for what it is: `1` is no flag and `"5"` no number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

_KINDS = ("bool", "int", "float")


@dataclass(frozen=True, slots=True)
class _AsSent:
    """Measures a text before the space around it is taken away, as whoever reads the description does."""

    most: int

    def __call__(self, value: Any) -> Any:  # noqa: ANN401 - whatever was sent
        if isinstance(value, str) and len(value) > self.most:
            raise PydanticCustomError(
                "string_too_long", "String should have at most {max_length} characters", {"max_length": self.most}
            )
        return value


def _make_exact(node: Any) -> None:  # noqa: ANN401 - core schemas are nested dictionaries
    if isinstance(node, dict):
        if node.get("type") in _KINDS:
            node["strict"] = True
        if node.get("type") == "function-before" and isinstance(node["function"].get("function"), _AsSent):
            return  # of a model within this one
        for inner in node.values():
            _make_exact(inner)
        if node.get("type") == "str" and node.get("strip_whitespace") and "max_length" in node:
            plain = dict(node)
            node.clear()
            node.update(core_schema.no_info_before_validator_function(_AsSent(plain["max_length"]), plain))
    elif isinstance(node, list):
        for inner in node:
            _make_exact(inner)


class Exact(BaseModel):
    """Unknown names are refused, and so is a value of another JSON type than the description names.

    pydantic's own strict mode is of no use here: it also refuses the text of a date or an id, which JSON cannot carry
    in any other way.
    """

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401
        """The model's validation with strict flags and numbers, however deep they stand."""
        schema = handler(source)
        _make_exact(schema)
        return schema
