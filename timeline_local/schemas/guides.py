"""Wire shapes of the pages about what can be imported."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from timeline_local.schemas.problems import Wire


class Guide(Wire):
    name: str = Field(examples=["day_one"])
    title: str = Field(examples=["Day One"])
    what: str = Field(examples=["the JSON export and Day One Classic: entries, places, files, links"])


class Guides(Wire):
    """In the order in which they are shown."""

    items: list[Guide]


class GuidePage(Guide):
    blocks: list[dict[str, Any]] = Field(description="As those of a memory's text.")
