"""The web pages of Meta's exports, for Messenger, Instagram and Facebook alike: a card for each message and post.

A card has a head, a body and a foot with the time, which is the clock of the account in words of its language. Classes
are those of 2018 to 2020 and of 2021 to 2025. A page says less than JSON: no seconds in some years, no numbers, and
whose time zone it is nowhere.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from timeline_local.domain.month_names import read_worded_date
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.chat_clocks import date_numbers, day_and_clock
from timeline_local.importers.chat_heads import Line, Numbers
from timeline_local.importers.chat_lines import Order, chat_order
from timeline_local.importers.encodings import mended
from timeline_local.importers.html_tokens import read_html

HEAD_BYTES = 64 * 1024  # a page begins with its style
CHUNK_CHARACTERS = 256 * 1024
MAX_CARD_CHARACTERS = 4 * 1024 * 1024  # what is behind is left out
MAX_DEEP = 200

_CARD = re.compile(r"""<(?:div|section)\b[^<>]{0,200}\bclass="[^"]{0,100}\b(?:_a6-g|uiBoxWhite)\b""")
_CARD_SIGNS = (re.compile(rb"_a6-g\b"), re.compile(rb"\buiBoxWhite noborder\b"))
_TITLE = re.compile(r"<title>(?P<title>[^<]{1,300})</title>", re.IGNORECASE)
_REGIONS = {
    "head": frozenset({"_a6-h", "_2lek"}),
    "body": frozenset({"_a6-p", "_2let"}),
    "foot": frozenset({"_a6-o", "_2lem"}),
    "reactions": frozenset({"_a6-q", "_tqp"}),
}
_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_BLOCKS = frozenset({"div", "p", "section", "h1", "h2", "h3", "li", "ul", "ol"})
_SPACES = re.compile(r"[ \t\r\n\f\u00a0\u202f]+")
_GAPS = re.compile(r"\n{3,}")
_AROUND = re.compile(r" *\n *")
_PARTED = re.compile(r"[ \n]*\v[ \n\v]*")


@dataclass(slots=True)
class Card:
    """What a card says. when: the text of its foot; links lead out of the export, files into it.

    rows  of tables: (label, value), both in the account's language.
    """

    head: str = ""
    body: str = ""
    when: str = ""
    files: list[str] = field(default_factory=list)
    reactions: list[str] = field(default_factory=list)
    rows: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Page:
    """A page while its cards are read."""

    folder: Folder
    file: File
    order: Order = Order.MONTH_FIRST

    @classmethod
    def of(cls, folder: Folder, file: File) -> Page:
        """Where dates are numbers, every card is looked at once to learn which of them is the month."""
        page = cls(folder, file)
        dates = page._dates()
        first = next(dates, None)
        page.order = chat_order(_with(first, dates)) if first is not None else page.order
        return page

    @property
    def title(self) -> str:
        """What the page calls itself: whom a chat is with."""
        found = _TITLE.search(next(self._pieces(), ""))
        return _plain_title(found["title"]) if found else ""

    def cards(self) -> Iterator[Card]:
        """Memory: one card. Raises OSError."""
        for count, piece in enumerate(self._pieces()):
            if count:  # before the first one stands the head of the page
                reader = _Reader()
                read_html(piece, reader)
                yield reader.card()

    def at(self, card: Card) -> TimeEvidence | None:
        """When it says that it was."""
        found = day_and_clock(card.when)
        if found is None:
            return None
        day, clock = found
        numbers = date_numbers(day)
        local_at: datetime | None
        if numbers is not None:
            local_at = self.order.wall_clock(Line(numbers, clock.hour, clock.minute, clock.second, "", ""))
        else:
            on = read_worded_date(day)
            local_at = datetime.combine(on, clock) if isinstance(on, date) else None
        if local_at is None:
            return None
        return TimeEvidence(basis=TimeBasis.SOURCE, local_at=local_at, origin="the clock of the account")

    def _dates(self) -> Iterator[Numbers]:
        for card in self.cards():
            found = day_and_clock(card.when)
            numbers = date_numbers(found[0]) if found else None
            if found and numbers is None:
                return  # in words, and so are all others
            if numbers is not None:
                yield numbers

    def _pieces(self) -> Iterator[str]:
        """The page parted before each card, what stands before the first one included."""
        held = " "  # so that a page may begin with a card
        with (
            self.folder.open_text(self.file.locator) as opened,
            io.TextIOWrapper(opened, encoding="utf-8", errors="surrogateescape") as text,
        ):
            while chunk := text.read(CHUNK_CHARACTERS):
                held += chunk
                begins = [each.start() for each in _CARD.finditer(held, 1)]
                for start, end in zip([0, *begins], begins, strict=False):
                    yield mended(held[start:end])
                held = held[begins[-1] :] if begins else held
                if len(held) > MAX_CARD_CHARACTERS:
                    held = held[:MAX_CARD_CHARACTERS]
        yield mended(held)


def is_page(folder: Folder, file: File) -> bool:
    """Whether it is a web page with cards. Cost: its beginning."""
    if not file.name.lower().endswith((".html", ".htm")):
        return False
    head = folder.head(file.locator, HEAD_BYTES)
    return any(sign.search(head) for sign in _CARD_SIGNS)


def is_time(text: str) -> bool:
    """Whether a text is nothing but a time, or a word and a time ("Updated Jan 03, 2021 4:55 am")."""
    found = day_and_clock(text)
    return found is not None and (date_numbers(found[0]) is not None or read_worded_date(found[0]) is not None)


def _with(first: Numbers, rest: Iterable[Numbers]) -> Iterator[Numbers]:
    yield first
    yield from rest


def _plain_title(text: str) -> str:
    reader = _Reader(region="head")
    read_html(text, reader)
    return " ".join(reader.card().head.split())


@dataclass(slots=True)
class _Reader:
    """Reads one card: what stands in its head, its body, its foot, and in tables."""

    region: str = ""
    open: list[tuple[str, str]] = field(default_factory=list)  # (tag, the region around it)
    told: dict[str, list[str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    links: list[tuple[str, int]] = field(default_factory=list)

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        source = attributes.get("src", "") if tag in {"img", "video", "audio", "source"} else ""
        self._file(source)
        if tag == "br":
            self._say("\n")
        if tag in _VOID:
            return
        if len(self.open) < MAX_DEEP:
            self.open.append((tag, self.region))
        kinds = set(attributes.get("class", "").split())
        self.region = next((name for name, signs in _REGIONS.items() if kinds & signs), self.region)
        if tag == "table" and self.region == "body":
            self.region = "table"
        if tag == "a":
            href = attributes.get("href", "")
            self.links.append((href, len(self.told.get("body", ()))))
            if "://" not in href:
                self._file(href)
        elif tag == "tr":
            self.rows.append([])
        elif tag == "td" and self.rows:
            self.rows[-1].append("")
        self._part(tag)

    def end(self, tag: str) -> None:
        if tag == "a" and self.links:
            self._link(*self.links.pop())
        self._part(tag)
        while any(each == tag for each, _ in self.open):
            closed, self.region = self.open.pop()
            if closed == tag:
                break

    def text(self, data: str) -> None:
        plain = _SPACES.sub(" ", data)
        if self.region == "table" and self.rows and self.rows[-1]:
            self.rows[-1][-1] += plain
        else:
            self._say(plain)

    def card(self) -> Card:
        parts = {name: _lines("".join(said)) for name, said in self.told.items()}
        lines = parts.get("body", "").split("\n")
        times = [line for line in lines if is_time(line)]
        when = parts.get("foot", "").replace("\n", " ")
        return Card(
            head=parts.get("head", ""),
            body=_GAPS.sub("\n\n", "\n".join(line for line in lines if line not in times)).strip(),
            when=when if is_time(when) or not times else times[-1],
            files=list(dict.fromkeys(self.files)),
            reactions=[line for line in parts.get("reactions", "").split("\n") if line],
            rows=[(row[0].strip(), row[1].strip()) for row in self.rows if len(row) > 1],
        )

    def _say(self, text: str) -> None:
        if self.region not in {"", "table"}:
            self.told.setdefault(self.region, []).append(text)

    def _part(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._say("\v")

    def _file(self, source: str) -> None:
        is_inner = source and "://" not in source and not source.startswith(("#", "data:", "mailto:", "tel:"))
        if is_inner and self.region in {"body", "table"}:
            self.files.append(source)

    def _link(self, href: str, since: int) -> None:
        """A link whose words do not say where it leads."""
        said = "".join(self.told.get("body", ())[since:])
        is_outer = href.startswith(("http://", "https://")) and "facebook.com/dyi/" not in href
        if self.region == "body" and is_outer and href.rstrip("/") not in said:
            self._say(f"\v{href}\v")


def _lines(text: str) -> str:
    """Lines without spaces around them; divisions, however many are in each other, part as one end of a line does."""
    return _PARTED.sub("\n", _AROUND.sub("\n", text)).strip()
