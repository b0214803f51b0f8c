"""Headers of mail as people mean them: encoded words (RFC 2047), charsets that lie, dates with impossible zones.

Long headers are cut before anything looks at them: what reads addresses and parameters takes its square in time.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from email.message import Message
from email.utils import getaddresses, parsedate_tz

from timeline_local.domain.drafts import PersonRef, PersonRole
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers.encodings import decode_as

MOST_ADDRESSES = 50
LONGEST_ADDRESSES = 16 * 1024
LONGEST_PARAMETERS = 4 * 1024
_WIDEST_OFFSET_S = 14 * 3600

_WORD = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)[ \t\r\n]+(?==\?)")
_ZONE = re.compile(r"\d\d:\d\d(?::\d\d)? ?(?:[+-]\d{4}|(?:UTC?|GMT|Z|[ECMP][SD]T)\b)", re.IGNORECASE | re.ASCII)

Headers = Sequence[tuple[str, bytes]]


def first(headers: Headers, name: str) -> bytes:
    """The value as written, of the first header of that name in small letters; b"" where there is none."""
    return next((value for each, value in headers if each == name), b"")


def words(value: bytes) -> str:
    """A header's text, encoded words undone, in one line."""
    plain = _BETWEEN_WORDS.sub(r"\1", decode_as(value))
    out: list[str] = []
    kept, charset, at = b"", "", 0
    for found in _WORD.finditer(plain):
        # A letter may be divided between two words of one charset.
        if found.start() != at or found[1] != charset:
            out += [decode_as(kept, charset), plain[at : found.start()]]
            kept, charset = b"", found[1]
        kept += _encoded(found[2], found[3])
        at = found.end()
    return " ".join("".join((*out, decode_as(kept, charset), plain[at:])).split())


def _encoded(how: str, text: str) -> bytes:
    data = text.encode("ascii", "replace")
    if how in "qQ":
        return binascii.a2b_qp(data, header=True)
    try:
        return base64.b64decode(data + b"=" * (-len(data) % 4))
    except ValueError:
        return data


def parameters(headers: Headers, name: str) -> tuple[str, dict[str, str]]:
    """The value of Content-Type or Content-Disposition in small letters, and its parameters, RFC 2231 undone."""
    value = first(headers, name)[:LONGEST_PARAMETERS]
    if not value:
        return "", {}
    message = Message()
    message[name] = " ".join(decode_as(value).split())
    told = message.get_params(header=name, failobj=[])
    found: dict[str, str] = {}
    for key, each in told[1:]:
        text = each if isinstance(each, str) else decode_as(each[2].encode("latin-1", "replace"), each[0] or "")
        found.setdefault(key.lower(), words(text.encode("utf-8", "replace")))
    return (told[0][0].strip().lower() if told else ""), found


def people(headers: Headers) -> tuple[PersonRef, ...]:
    """Who wrote it and whom it was sent to, at most 50, each once."""
    roles = (("from", PersonRole.AUTHOR), ("to", PersonRole.RECIPIENT), ("cc", PersonRole.RECIPIENT))
    found: dict[str, PersonRef] = {}
    for name, role in roles:
        for called, address in getaddresses(_addresses(headers, name)):
            value = address.strip()
            if "@" in value and len(found) < MOST_ADDRESSES:
                shown = words(called.encode("utf-8", "replace")) or value
                found.setdefault(value.casefold(), PersonRef(name=shown, kind="email", value=value, role=role))
    return tuple(found.values())


def _addresses(headers: Headers, name: str) -> list[str]:
    return [decode_as(value[:LONGEST_ADDRESSES]) for each, value in headers if each == name][:10]


def evidence(headers: Headers, envelope: bytes) -> tuple[TimeEvidence, ...]:
    """When it was sent: what it says itself, else when it arrived, else what the mailbox wrote before it.

    envelope  the mbox line that begins with "From ", b"" without one.
    """
    told = (
        (first(headers, "date"), "when it was sent"),
        (first(headers, "received").rpartition(b";")[2], "when it arrived"),
        (envelope.partition(b" ")[2].partition(b" ")[2], "when the mailbox took it in"),
    )
    return next(((found,) for value, origin in told if (found := _dated(value, origin)) is not None), ())


def _dated(value: bytes, origin: str) -> TimeEvidence | None:
    """An instant where the zone can be; else the wall clock alone."""
    text = " ".join(decode_as(value[:200]).split())
    parsed = parsedate_tz(text)  # it takes Greenwich for a zone that is not told
    if parsed is None:
        return None
    try:
        at = datetime(*parsed[:5], min(parsed[5], 59))  # noqa: DTZ001 - the zone comes below; 60 is a leap second
        offset = parsed[9] if _ZONE.search(text) else None
        if offset is None or abs(offset) > _WIDEST_OFFSET_S:
            return TimeEvidence(basis=TimeBasis.SOURCE, local_at=at, origin=origin)
        instant = at.replace(tzinfo=timezone(timedelta(seconds=offset)))
        return TimeEvidence(basis=TimeBasis.SOURCE, instant=instant.astimezone(UTC), origin=origin)
    except (ValueError, OverflowError, TypeError):
        return None


def labels(headers: Headers) -> tuple[str, ...]:
    """What Gmail calls its folders, in the order of the header."""
    told = words(first(headers, "x-gmail-labels")[:LONGEST_ADDRESSES])
    plain = (each.strip().strip('"').strip() for each in _LABEL.findall(told))
    return tuple(dict.fromkeys(label for label in plain if label))


_LABEL = re.compile(r'\s*+"[^"]*+"|[^,]++')


def ids(value: bytes) -> Iterable[str]:
    """The message ids of a header, without their brackets."""
    return (found.strip() for found in _ID.findall(decode_as(value[:LONGEST_ADDRESSES])))


_ID = re.compile(r"<([^<>\s]{1,500})>")
