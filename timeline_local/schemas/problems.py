"""Text as both databases can hold it, and the bounds that more than one noun shares."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from timeline_local.schemas.exact import Exact

_DATED = re.compile(r"\d{4}-\d\d-\d\d[T ]")


class Wire(BaseModel):
    """What goes out."""

    model_config = ConfigDict(frozen=True)


class Given(Exact):
    """What comes in."""

    model_config = ConfigDict(frozen=True)


def _written(value: object) -> object:
    """Dates are written as dates: the validator would also take `12` for an instant of 1970."""
    if not isinstance(value, str) or not _DATED.match(value):
        raise ValueError("must be a date and time such as 2019-06-14T18:30:00+02:00")
    return value


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not hold NUL characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must not hold lone surrogates") from None
    return text


Storable = AfterValidator(_storable)
Moment = Annotated[AwareDatetime, BeforeValidator(_written)]
Text = Annotated[str, Storable]
Title = Annotated[Text, StringConstraints(max_length=500)]
Body = Annotated[Text, StringConstraints(max_length=100_000)]
# Trimmed before its length is looked at, so the bounds stand at the text itself.
TagName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), Storable]
PersonName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Storable]
LocationName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Storable]
QueryText = Annotated[Text, StringConstraints(max_length=1000)]
