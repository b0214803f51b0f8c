"""Hashes that tell whether two records are the same, and the forms in which texts are compared."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from timeline_local.domain.draft_json import evidence_to_json, said_by
from timeline_local.domain.drafts import Draft
from timeline_local.domain.moments import TimeBasis

# Accents and vowel points are spelling; voicing marks, viramas and tone marks are letters of their scripts.
# Ranges of canonical combining classes (Unicode 15.1, DerivedCombiningClass).
_SPELLING_MARKS = frozenset(range(10, 37)) | frozenset(range(200, 241))
_SPACES = re.compile(r"\s+")
_HASHES = re.compile(r"^[#\s]+")


def content_hash(draft: Draft, media: Sequence[bytes] = ()) -> bytes:
    """32 bytes that change exactly when the source says something else about the memory.

    media  sha-256 of its files in order: they stand for the files, so that moved or renamed files change nothing.
    Where it was found, when its file was last touched and the raw record are left out.
    """
    fields = said_by(draft)
    del fields["source_key"]
    said = [evidence_to_json(each) for each in draft.evidence if each.basis is not TimeBasis.FILE_DATE]
    return row_hash({"draft": fields, "evidence": said, "media": list(media)})


def row_hash(fields: Mapping[str, Any]) -> bytes:
    """32 bytes over stored user content, whatever the order of its fields. Values as `canonical_json` takes them."""
    return hashlib.sha256(canonical_json(fields)).digest()


def canonical_json(value: Mapping[str, Any]) -> bytes:
    """One spelling for one value: sorted keys, no spaces, UTF-8.

    Also takes dates, aware and naive datetimes, UUIDs and bytes. Raises TypeError for other objects and
    ValueError for numbers that are not finite.
    """
    return _CANONICAL.encode(value).encode("utf-8", "surrogatepass")


def fold(text: str) -> str:
    """The text as search compares it: compatibility forms, accents and case removed; folding twice changes nothing."""
    spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = "".join(letter for letter in spread if unicodedata.combining(letter) not in _SPELLING_MARKS)
    return unicodedata.normalize("NFC", kept)


def normalise_tag(text: str) -> str:
    """A tag as it is shown: no leading #, single spaces, `/` between levels without empty levels.

    Case is kept; two tags are the same when `fold` of them is. Returns "" when nothing is left.
    """
    plain = unicodedata.normalize("NFC", text)
    levels = (_SPACES.sub(" ", _HASHES.sub("", level)).strip() for level in plain.split("/"))
    return "/".join(level for level in levels if level)


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain
)
