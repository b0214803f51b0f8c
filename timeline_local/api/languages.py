"""In whose words places are told: those of the language that a request asks for."""

from __future__ import annotations

from timeline_local.core.place_words import PlaceWords, words_for
from timeline_local.core.security import Caller


def words_of(me: Caller) -> PlaceWords | None:
    """What places are called in the language of who asks; None for English, in which they are stored."""
    return words_for(me.accepts) if me.accepts else None
