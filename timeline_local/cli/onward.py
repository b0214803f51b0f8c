"""What a server does once it has ended for another library, or for the same one at another place."""

from __future__ import annotations

from timeline_local.cli.output import complain, say
from timeline_local.core.instance import claim_library
from timeline_local.core.libraries import Word, choose
from timeline_local.core.library_move import Cancelled, move_library
from timeline_local.core.relocation import Onward, keep_failure
from timeline_local.exceptions import TimelineError


def go_onward(onward: Onward) -> Word:
    """Do what is to be done between two servers; which library is to be served next.

    A move that fails leaves the library where it was, and the reason for its owner.
    """
    if onward.move is None:
        choose(onward.path)
        say(f"Opening the library in {onward.path}.")
        return Word(onward.path, shows=True)
    move = onward.move
    move.told, move.is_cancelled = (lambda _: None), (lambda: False)
    try:
        with claim_library(move.source):
            move_library(move, keeps_old=onward.keeps_old)
    except (TimelineError, Cancelled) as error:
        keep_failure(move.source, str(error))
        complain(f"The library was not moved. {error}")
        return Word(move.source, shows=False)
    say(f"The library is in {move.target} now.")
    return Word(move.target, shows=False)
