"""YouTube and YouTube Music out of a Google Takeout: what was watched and heard, in sittings (`importers.viewings`).

Everything else that Google's "My Activity" lists (searches, apps, cards that were shown) is no memory of anybody, and
is left out with one sentence for each file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from timeline_local.domain.drafts import JSON, Problem
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Checkpoint, Item, ReadOptions, Recognition
from timeline_local.importers.by_file import files_of_forms
from timeline_local.importers.google_activity import (
    JSON_FORM,
    LIST_FORM,
    OTHERS,
    PAGE_FORM,
    SEARCHES,
    Activity,
    Sentence,
    activities,
    form_of,
    is_address,
    is_watch,
    sentence_of,
)
from timeline_local.importers.json_stream import BrokenJson
from timeline_local.importers.tracks import ProblemLog
from timeline_local.importers.trees import why
from timeline_local.importers.viewings import PAUSE_OF_SONGS, Viewing, Viewings, as_draft

SITTINGS_PER_CHECKPOINT = 200
FOUNDED = 2005
MUSIC = "YouTube Music"
_TOPIC = " - Topic"  # channels that YouTube makes of an artist's songs
_READ = frozenset({JSON_FORM, PAGE_FORM, LIST_FORM})
_HINT = (
    "This is what Google noted of your searches and apps, which is no memory. Of My Activity only YouTube is read:"
    " choose YouTube and YouTube Music in Google Takeout, with its history as JSON."
)
_LEFT_OUT = {
    SEARCHES: "These are searches on YouTube; only what was watched is taken.",
    OTHERS: "This is what Google noted of other services, or a list of videos that you saved; it is no memory.",
}


@dataclass(frozen=True, slots=True)
class YouTube:
    name: str = "youtube"
    title: str = "YouTube"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one file of a history is found, whatever it is called."""
        forms = [(file, form) for file in folder.sample() if (form := form_of(folder, file))]
        found = next((file for file, form in forms if form in _READ), None)
        if found is not None:
            return Recognition(0.95, f"It holds what was watched on YouTube, {found.name}.")
        return Recognition(0.0, "Nothing here was watched on YouTube.", _HINT if forms else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each sitting, videos before music, in the order of time, once all files were read."""
        start = checkpoint if isinstance(checkpoint, dict) else {}
        done = start.get("sittings")
        skip = done if isinstance(done, int) else 0
        videos, music = Viewings(), Viewings(PAUSE_OF_SONGS)
        for file, form in files_of_forms(folder, form_of, options):
            for problem in _gather(folder, file, form, (videos, music)):
                if not start:  # else it was told before
                    yield problem
        yield Checkpoint({"sittings": skip})
        named = ((videos, "video", "video"), (music, "music", "song"))
        drafts = (
            as_draft(sitting, what=what, unit=unit, origin="watch history")
            for each, what, unit in named
            for sitting in each.sittings()
        )
        for count, draft in enumerate(drafts, 1):
            if count > skip:
                yield draft
                if count % SITTINGS_PER_CHECKPOINT == 0:
                    yield Checkpoint({"sittings": count})
        if twice := videos.twice + music.twice:
            detail = f"{twice:,} videos stand in more than one file of this export; each is taken once."
            yield Problem("videos#twice", "twice", detail)


def _gather(folder: Folder, file: File, form: str, both: tuple[Viewings, Viewings]) -> Iterator[Problem]:
    if form not in _READ:
        yield Problem(file.locator, "unsupported", _LEFT_OUT[form])
        return
    log = ProblemLog(file.locator)
    count = 0
    try:
        with closing(activities(folder, file, form, log.letters)) as asked:
            sentence = Sentence() if form == LIST_FORM else sentence_of(asked)
        for count, each in enumerate(activities(folder, file, form, log.letters), 1):
            reason = _left_out(each, sentence)
            if reason is not None:
                yield from log.note(str(count), *reason)
            elif each.at is not None:
                both[each.header == MUSIC].add(_viewing(each, sentence))
    except BrokenJson as error:
        detail = f"After {count:,} entries this file cannot be read any further: {error}."
        yield Problem(file.locator, "history-broken", detail)
    except OSError as error:
        yield Problem(file.locator, "unreadable", f"This file cannot be read ({why(error)}).")
    yield from log.rest()


def _left_out(told: Activity, sentence: Sentence) -> tuple[str, str] | None:
    """Why an entry is none of what was watched; None for one that is."""
    if told.is_ad:
        return "junk", "It is an advertisement."
    name = sentence.name(told.sentence)
    if not is_watch(told.address) and name:
        return "empty", "This video was removed, or is none: nothing is known of it but that it was there."
    if not name:
        return "unsupported", "It was not watched: a search, a post, something liked or subscribed to."
    if is_address(name):
        return "empty", "This video was removed, or is none: nothing is known of it but that it was there."
    if told.at is None or told.at.year < FOUNDED:
        return "play-broken", "This entry has no time that can be read."
    return None


def _viewing(told: Activity, sentence: Sentence) -> Viewing:
    assert told.at is not None  # noqa: S101 - `_left_out` looked
    by = "" if is_address(told.by) else told.by.removesuffix(_TOPIC)
    return Viewing(told.at, sentence.name(told.sentence), by, _short(told.address), told.is_wall_clock)


def _short(address: str) -> str:
    """The address of a video alone, without where in a list it stood."""
    return address.partition("&")[0].replace("http://", "https://", 1)
