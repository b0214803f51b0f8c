"""The one form in which text is indexed and looked for: folded, and cut into words the same way on both databases.

PostgreSQL's parser would otherwise keep addresses, file names and hyphenated words whole where FTS5 cuts them.
"""

from __future__ import annotations

import re
from functools import lru_cache

from timeline_local.domain.fingerprints import fold

_BETWEEN_WORDS = re.compile(r"[\W_]+")


def searchable(text: str) -> str:
    """Folded words with single spaces between them, without punctuation; "" if there is no word."""
    # Folding is half the cost of indexing a long note; in ASCII there is nothing to fold but the case.
    folded = text.lower() if text.isascii() else fold(text)
    return _BETWEEN_WORDS.sub(" ", folded).strip()


@lru_cache(maxsize=8192)
def searchable_name(name: str) -> str:
    """As `searchable`, for tags, people, places and files: the same few names come again and again."""
    return searchable(name)
