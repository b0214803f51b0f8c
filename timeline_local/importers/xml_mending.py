"""What programs write into XML without escaping it, escaped: a bare "&", a "<" that opens no tag, names of HTML."""

from __future__ import annotations

import re
from html.entities import html5

_LONGEST = 40  # of a reference, and of what opens a passage: as much is held back at the end of a piece
_OPENINGS = {"<![CDATA[": "]]>", "<!--": "-->", "<?": "?>"}  # what is in these is no reference
_OPENING = re.compile("|".join(re.escape(each) for each in _OPENINGS))
_NO_TAG = r"<(?![A-Za-z_:!/?\u0080-\U0010ffff])"
_REFERENCE = r"&(?:#(?P<decimal>\d{1,7});|#[xX](?P<hex>[0-9a-fA-F]{1,6});|(?P<name>[A-Za-z][A-Za-z0-9]{1,30});)?"
_OF_NOTE = re.compile(rf"&|<[!?]|{_NO_TAG}|<\Z")  # most pieces of most files have none of it
_SPOILT = re.compile(rf"{_NO_TAG}|{_REFERENCE}", re.ASCII)
_OF_XML = frozenset({"amp", "lt", "gt", "quot", "apos"})
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_SURROGATES, _LAST, _NONE = range(0xD800, 0xE000), 0x10FFFF, 0xFFFE  # the last two of a plane are no characters


class Mending:
    """Takes a text in pieces and gives it back well-formed as far as references and "<" go.

    Names are replaced by characters, never by what a document declares for them. Memory: a piece and 40 characters.
    """

    def __init__(self) -> None:
        self._held = ""
        self._until = ""  # what ends the passage that the text is in

    def feed(self, piece: str, *, is_last: bool = False) -> str:
        """The text so far that is sure, following what was given before."""
        text, at = self._held + piece, 0
        if not self._until and _OF_NOTE.search(text) is None:
            self._held = ""
            return text
        parts: list[str] = []
        while not self._until or (end := text.find(self._until, at)) >= 0:
            if self._until:
                start, at, self._until = at, end + len(self._until), ""
                parts.append(text[start:at])
                continue
            opening = _OPENING.search(text, at)
            stop = opening.start() if opening else len(text) if is_last else _sure(text, at)
            parts.append(_SPOILT.sub(_escaped, text[at:stop]))
            at = stop
            if opening is None:
                break
            self._until = _OPENINGS[opening[0]]
        if self._until:
            stop = len(text) if is_last else max(at, len(text) - len(self._until) + 1)
            parts.append(text[at:stop])
            at = stop
        self._held = text[at:]
        return "".join(parts)


def _sure(text: str, start: int) -> int:
    """Up to where nothing begins that the next piece may go on with."""
    at = max(text.rfind("&", max(start, len(text) - _LONGEST)), text.rfind("<", max(start, len(text) - _LONGEST)))
    return len(text) if at < 0 or _is_over(text, at) else at


def _is_over(text: str, at: int) -> bool:
    """Whether what begins there is complete, or will be nothing."""
    if text[at] == "&":
        return re.fullmatch(r"&[#\w]*", text[at:], re.ASCII) is None
    begun = text[at:]
    return len(begun) > 1 and not any(each.startswith(begun) and each != begun for each in _OPENINGS)


def _escaped(found: re.Match[str]) -> str:
    name, whole = found["name"], found[0]
    if whole == "<":
        return "&lt;"
    if name:
        if name in _OF_XML:
            return whole
        meant = html5.get(f"{name};")
        return "".join(_ESCAPES.get(each, each) for each in meant) if meant else f"&amp;{whole[1:]}"
    number = int(found["decimal"]) if found["decimal"] else int(found["hex"], 16) if found["hex"] else None
    if number is None:
        return "&amp;"
    return whole if _is_character(number) else ""


def _is_character(number: int) -> bool:
    is_control = number < ord(" ") and chr(number) not in "\t\n\r"
    return not is_control and number not in _SURROGATES and number <= _LAST and number & _NONE != _NONE
