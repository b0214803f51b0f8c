"""Writes docs/settings.md from the settings themselves: `just docs`. A house test keeps the two equal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from timeline_local.config import Effective, Settings, effective_settings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "settings.md"

HEAD = """# Settings

Every setting there is. This page is written by `just docs` from `timeline_local/config.py`; edit that, not this.

Strongest first: arguments of the command line, environment variables, `timeline.<environment>.env`, `timeline.env`, the
defaults below. Both files are looked for in the data folder and in the current one (the data folder's is stronger), and
hold lines such as `TIMELINE_SERVER__PORT=8800`. A misspelt name within a group, or in a file, is refused at start.
Lists are JSON: `["https://example.org"]`. `timeline-local config` prints what is in force and where each value came
from, with secrets masked.
"""

# Defaults that differ from computer to computer are described, not printed.
DESCRIBED = {"data_dir": "the user's data folder"}


def page() -> str:
    """The whole page; the same on every machine."""
    settings = Settings(_env_file=None, data_dir=Path("/"))
    rows = effective_settings(settings)
    parts = [HEAD]
    for group, members in groupby(rows, key=lambda row: row.name.rpartition(".")[0]):
        parts.append(f"\n## {group or 'general'}\n\n| Setting | Default | Meaning |\n|---|---|---|\n")
        parts.extend(_line(row) for row in members)
    return "".join(parts)


def _line(row: Effective) -> str:
    field = _field(row.name)
    meaning = " ".join(filter(None, (row.description, _bounds(field))))
    return f"| `{row.env}` | {_default(row.name, field)} | {meaning} |\n"


def _field(name: str) -> FieldInfo:
    model: Any = Settings
    *groups, last = name.split(".")
    for group in groups:
        model = model.model_fields[group].annotation
    found: FieldInfo = model.model_fields[last]
    return found


def _default(name: str, field: FieldInfo) -> str:
    if name in DESCRIBED:
        return DESCRIBED[name]
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None:
        return "unset"
    return f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value)}`"


def _bounds(field: FieldInfo) -> str:
    """`One of …`, `At least …`: what the validator holds a value to; empty where the type says all."""
    annotation = field.annotation
    if get_origin(annotation) is not None and all(isinstance(each, str) for each in get_args(annotation)):
        return "One of " + ", ".join(f"`{each}`" for each in get_args(annotation)) + "."
    if SecretStr in (annotation, *get_args(annotation)):
        return "Secret: never printed."
    words = list(_limits(field))
    return f"({', '.join(words)})" if words else ""


def _limits(field: FieldInfo) -> Iterator[str]:
    for rule in field.metadata:
        match rule:
            case Ge(ge=least):
                yield f"at least {least}"
            case Gt(gt=below):
                yield f"more than {below}"
            case Le(le=most):
                yield f"at most {most}"
            case Lt(lt=above):
                yield f"less than {above}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
