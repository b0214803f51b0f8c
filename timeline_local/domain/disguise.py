"""Other words in the place of a text's own: as many, as long, the same for the same word, and none of the original.

Deterministic per seed, so that a copy can be made again. What carries no name stays: spaces, punctuation, capitals.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

_LONGEST = 64  # letters of one word: what is longer is taken for several, since the work grows with the square
_TOKEN = re.compile(rf"[^\W\d_]{{1,{_LONGEST}}}|\d{{1,{_LONGEST}}}")
_WORD = re.compile(rf"[^\W\d_]{{1,{_LONGEST}}}")
_CONSONANTS = "bdfgklmnprstvz"
_VOWELS = "aeiou"
_TRIES = 200
TELLING = 4  # letters from which on a word could give its owner away
_MS = (1 << 48) - 1


class Disguise:
    """One seed's other words, dates, places and ids. Feed it every text with `learn` before the first `text`."""

    def __init__(self, seed: bytes) -> None:
        """seed: any bytes; the same ones give the same copy."""
        self._seed = seed
        self._known: set[str] = set()
        self._words: dict[str, str] = {}
        self._taken: set[str] = set()
        number = int.from_bytes(self._bytes("shift", "")[:8], "big")
        self.days = -(364 + 7 * (number % 1000))  # whole weeks, so that weekdays stay
        self._lat_turn = 3 + (number >> 16) % 4000 / 1000
        self._lon_turn = 20 + (number >> 32) % 320_000 / 1000

    def learn(self, texts: Iterable[str]) -> None:
        """Take note of words that must not turn up in the copy by chance."""
        for text in texts:
            self._known.update(word.casefold() for word in _WORD.findall(text) if len(word) >= TELLING)

    def text(self, text: str) -> str:
        """The text with every word and every number replaced by another one of the same length."""
        return _TOKEN.sub(lambda found: self._token(found[0]), text)

    def key(self, text: str) -> str:
        """32 hex digits in the place of a key that only has to be the same for the same key."""
        return self._bytes("key", text)[:16].hex()

    def hash(self, value: bytes) -> bytes:
        """32 bytes in the place of a hash."""
        return self._bytes("hash", value.hex())

    def id(self, value: UUID) -> UUID:
        """Another UUIDv7: its time is moved as all times are, so order stays, and its random bits are others."""
        moved = (value.int >> 80) + self.days * 86_400_000
        low = int.from_bytes(self._bytes("id", value.hex)[:10], "big")
        low = (low & ~(0xF << 76) & ~(0x3 << 62)) | (0x7 << 76) | (0x2 << 62)
        return UUID(int=((moved & _MS) << 80) | low)

    def moved(self, at: datetime) -> datetime:
        """The instant or wall clock, moved by the same number of days as every other."""
        try:
            return at + timedelta(days=self.days)
        except OverflowError:
            return at.replace(year=1, month=1, day=1)

    def moved_years(self, at: datetime) -> datetime:
        """As `moved`, for a date that says no day: by whole years, so that the start of a month or year stays one."""
        return at.replace(year=max(1, at.year + round(self.days / 365.25)), day=min(at.day, 28))

    def lat(self, degrees: float) -> float:
        """The latitude moved towards the equator by some degrees, and over it."""
        return round(degrees - self._lat_turn if degrees > 0 else degrees + self._lat_turn, 7)

    def lon(self, degrees: float) -> float:
        """The longitude, turned around the earth by the same angle as every other."""
        return round((degrees + self._lon_turn + 180) % 360 - 180, 7)

    def _token(self, token: str) -> str:
        if token[0].isdecimal():
            return self._other(token, token)
        other = self._other(token, token.casefold())
        if token.isupper() and len(token) > 1:
            return other.upper()
        return other.capitalize() if token[:1].isupper() else other

    def _other(self, token: str, folded: str) -> str:
        """Another word for this one; no two words get the same."""
        if folded not in self._words:
            self._words[folded] = self._fresh(folded, len(token), is_number=token[0].isdecimal())
            self._taken.add(self._words[folded])
        return self._words[folded]

    def _fresh(self, folded: str, length: int, *, is_number: bool) -> str:
        for attempt in range(_TRIES):
            made = self._made(f"{folded}:{attempt}", length, is_number=is_number)
            if made not in self._taken and not self._gives_away(made):
                return made
        return self._fresh(f"{folded}+", length + 1, is_number=is_number)  # all short ones are taken

    def _made(self, source: str, length: int, *, is_number: bool) -> str:
        stream = self._bytes("word", source)
        while len(stream) < length:
            stream += self._bytes("more", stream.hex())
        if is_number:
            return "".join(str(byte % 10) for byte in stream[:length])
        letters = (_CONSONANTS, _VOWELS) if stream[-1] % 2 else (_VOWELS, _CONSONANTS)
        return "".join(letters[place % 2][byte % len(letters[place % 2])] for place, byte in enumerate(stream[:length]))

    def _gives_away(self, made: str) -> bool:
        """Whether an original word stands in it."""
        ends = range(len(made) + 1)
        return any(made[start:end] in self._known for end in ends for start in range(end - TELLING + 1))

    def _bytes(self, purpose: str, text: str) -> bytes:
        return hmac.digest(self._seed, f"{purpose}:{text}".encode("utf-8", "surrogatepass"), hashlib.sha256)
