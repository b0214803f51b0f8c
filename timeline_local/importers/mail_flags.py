"""What programs write beside a message: that it is a draft, thrown away, or marked. In its headers or in its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from timeline_local.importers.mail_headers import Headers, first

# The end of a name in a Maildir: "1204680122.M1P2.host:2,FS". Where a colon cannot be in a name another sign stands.
_OF_MAILDIR = re.compile(r".+[:;!_\-\uf03a]2,(?P<flags>[A-Za-z]*)")
_EXPUNGED, _MARKED = 0x8, 0x4  # of X-Mozilla-Status: https://developer.mozilla.org/docs/Mozilla/Thunderbird


class Flag(StrEnum):
    DRAFT = "draft"
    THROWN_AWAY = "thrown away"
    MARKED = "marked"


_LETTERS = {"D": Flag.DRAFT, "T": Flag.THROWN_AWAY, "F": Flag.MARKED}  # of a Maildir
_STATUS = {"D": Flag.THROWN_AWAY, "T": Flag.DRAFT, "F": Flag.MARKED}  # of a mailbox, which swaps two of them


def is_of_maildir(locator: str) -> bool:
    """Whether the name is that of a message in a Maildir: by its end, or by the folder it lies in."""
    folder, _, name = locator.rpartition("/")
    return folder.rpartition("/")[2] in {"cur", "new"} or _OF_MAILDIR.fullmatch(name) is not None


def maildir_of(locator: str) -> str:
    """What the folder of a message in a Maildir is called: Trash of "mail/.INBOX.Trash/cur/1"; "" of other files."""
    above, _, _ = locator.rpartition("/")
    mailbox, _, kind = above.rpartition("/")
    return mailbox.rpartition("/")[2].rpartition(".")[2] if kind in {"cur", "new"} else ""


def flags(headers: Headers, name: str) -> frozenset[Flag]:
    """What Maildirs, Thunderbird, and servers that keep mailboxes say of a message in a file of that name."""
    return frozenset(_flags(headers, name))


def _flags(headers: Headers, name: str) -> Iterator[Flag]:
    found = _OF_MAILDIR.fullmatch(name)
    yield from (_LETTERS[letter] for letter in (found["flags"] if found else "") if letter in _LETTERS)
    status = first(headers, "x-status").decode("ascii", "replace")
    yield from (_STATUS[letter] for letter in status if letter in _STATUS)
    try:
        mozilla = int(first(headers, "x-mozilla-status"), 16)
    except ValueError:
        return
    if mozilla & _EXPUNGED:
        yield Flag.THROWN_AWAY
    if mozilla & _MARKED:
        yield Flag.MARKED
