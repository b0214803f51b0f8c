"""Caps that the settings lower: the description tells the highest there are, which the shapes keep."""

from __future__ import annotations

from collections.abc import Sized

from pydantic import BaseModel

from timeline_local.config import LimitSettings
from timeline_local.exceptions import FieldError, InvalidInput


def check_caps(limits: LimitSettings, given: BaseModel) -> None:
    """Raise InvalidInput if text, tags or ids of what was sent are more than this install takes."""
    most = {"body": limits.body_characters, "tags": limits.tags, "ids": limits.batch}
    sent = {name: getattr(given, name, None) for name in most}
    errors = tuple(
        FieldError(f"#/{name}", f"has more than the {most[name]:,} taken here")
        for name, value in sent.items()
        if isinstance(value, Sized) and len(value) > most[name]
    )
    if errors:
        raise InvalidInput("Some of what was sent is more than this server takes. Nothing was saved.", errors=errors)
