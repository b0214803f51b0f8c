"""`timeline-local config`: every setting in force, with its origin."""

from __future__ import annotations

from typing import Any

from timeline_local.cli.output import as_json, as_table
from timeline_local.config import effective_settings, load_settings


def show_settings(given: dict[str, Any], *, as_json_: bool) -> None:
    """Print the settings this command line would run with."""
    rows = effective_settings(load_settings(**given), given)
    if as_json_:
        as_json({"items": [row.model_dump(mode="json") for row in rows]})
        return
    as_table(("SETTING", "VALUE", "FROM"), [(row.name, _text(row.value), row.source) for row in rows])


def _text(value: Any) -> str:  # noqa: ANN401 - any printable value
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return "-" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
