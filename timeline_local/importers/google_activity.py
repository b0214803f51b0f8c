"""What Google's "My Activity" and the histories of YouTube write: JSON, web pages, and lists of before 2018.

Files have names in every language, and so have their sentences: "Watched X", "X angesehen". A web page says the same as
the JSON, its times by a clock whose zone stands behind it in letters.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

from timeline_local.domain.month_names import read_worded_date
from timeline_local.domain.stamps import read_instant, read_offset
from timeline_local.importers import loose
from timeline_local.importers.archive import HEAD_BYTES, File, Folder
from timeline_local.importers.chat_clocks import date_numbers, day_and_clock
from timeline_local.importers.chat_heads import Line, Numbers
from timeline_local.importers.chat_lines import Order, order_of
from timeline_local.importers.encodings import mended
from timeline_local.importers.files import extension
from timeline_local.importers.html_tokens import read_html
from timeline_local.importers.json_stream import BrokenJson, Letters, json_items

JSON_FORM, PAGE_FORM, LIST_FORM, SEARCHES, OTHERS = "json", "page", "list", "searches", "others"
CHUNK_CHARACTERS = 256 * 1024
MAX_CARD_CHARACTERS = 1024 * 1024
LOOKED_AT = 1024 * 1024  # a page begins with its style, some 150 KB
LONGEST_REMARK = 40  # characters of "From Google Ads", not of the sentences about settings

_CARD = re.compile(r"""<div\b[^<>]{0,200}\bclass="[^"]{0,100}\bouter-cell\b""")
_PAGE = re.compile(rb"material-design-lite|\bmdl-|\bouter-cell\b")
_WATCH = re.compile(rb"/watch\?v(?:=|\\u003d)", re.IGNORECASE)
_SEARCH = re.compile(rb"/results\?search_query(?:=|\\u003d)", re.IGNORECASE)
# What lists of before 2018 are called that tell what was watched, not what was liked or saved.
_HISTORIES = re.compile(
    r"watch|history|verlauf|histori|cronolog|geschied|geçmiş|истори|履歴|기록|记录|記錄", re.IGNORECASE
)
_ZONE = re.compile(r"(?P<rest>.*\S)\s+(?P<zone>(?:GMT|UTC)[+-]\d{1,2}(?::?\d\d)?|[A-Z]{3,5})", re.ASCII | re.DOTALL)
# Letters that mean one zone wherever Google writes them; those that mean several ("CST", "IST") tell none.
_ZONES = {
    "UTC": 0, "GMT": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "CEST": 120, "MEZ": 60, "MESZ": 120, "EET": 120,
    "EEST": 180, "OEZ": 120, "OESZ": 180, "MSK": 180, "JST": 540, "KST": 540, "AEST": 600, "AEDT": 660, "NZST": 720,
    "NZDT": 780, "EST": -300, "EDT": -240, "CDT": -300, "MDT": -360, "MST": -420, "PST": -480, "PDT": -420,
    "BRT": -180, "ART": -180,
}  # fmt: skip
_SPACES = re.compile(r"[\s\u00a0\u2003]+")
# What stands before and behind the name of what was watched, by language.
_SENTENCES = (
    ("Watched ", ""), ("", " angesehen"), ("Vous avez regardé ", ""), ("Has visto ", ""), ("Hai guardato ", ""),
    ("Je hebt naar ", " gekeken"), ("", " bekeken"), ("Tittade på ", ""), ("Så på ", ""), ("Så ", ""),
    ("Просмотрено видео ", ""), ("Ви дивилися відео ", ""), ("Obejrzano: ", ""), ("Ați vizionat ", ""),
    ("Zhlédli jste video ", ""), ("", " katsottiin"), ("Παρακολουθήσατε το βίντεο ", ""), ("Гледахте ", ""),
    ("", " adlı videoyu izlediniz"), ("İzlenen video: ", ""), ("", " を視聴しました"), ("", " 을(를) 시청했습니다."),
    ("تمت مشاهدة ", " ."), ("", " izlənildi"), ("", " দেখা হয়েছে"), ("را تماشا کردید ", ""), ("Pinanood ang ", ""),
    ("", " देखा"), ("", " دیکھی"), ("Você assistiu a ", ""), ("Assistiu a ", ""),
)  # fmt: skip
_ASKED = 200  # entries that tell which sentence a file uses
_FEWEST = 5


@dataclass(frozen=True, slots=True)
class Activity:
    """One entry. header: the product. at: aware UTC; with is_wall_clock a clock nobody knows the zone of."""

    header: str
    sentence: str
    address: str
    by: str
    at: datetime | None
    is_wall_clock: bool = False
    is_ad: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """What stands around a name in the entries of one file."""

    before: str = ""
    behind: str = ""

    @classmethod
    def of(cls, told: Sequence[str]) -> Sentence:
        """The one of a known language that most entries have, else what most of them begin and end alike with."""
        counts = {each: sum(cls(*each).name(one) != "" for one in told) for each in _SENTENCES}
        best = max(counts, key=lambda each: (counts[each], len(each[0]) + len(each[1])), default=("", ""))
        if counts[best] * 2 >= len(told) > 0:
            return cls(*best)
        return cls(_alike(told), _alike([each[::-1] for each in told])[::-1])

    def name(self, sentence: str) -> str:
        """The name in a sentence; "" where it is another one."""
        is_this = sentence.startswith(self.before) and sentence.endswith(self.behind)
        return sentence[len(self.before) : len(sentence) - len(self.behind)].strip() if is_this else ""


def form_of(folder: Folder, file: File) -> str:
    """What a file is of these, "" for any other. Cost: its head; of a page of this style up to 1 MiB."""
    kind = extension(file.name)
    if kind in {"html", "htm"}:
        return _page_form(folder, file) if _PAGE.search(folder.head(file.locator, HEAD_BYTES)) else ""
    if kind != "json":
        return ""
    head = folder.head(file.locator, HEAD_BYTES)
    if b'"youtube#playlistItem"' in head and b'"snippet"' in head:
        return LIST_FORM if _HISTORIES.search(file.name) else OTHERS
    if not all(sign in head for sign in (b'"header"', b'"title"', b'"time"', b'"products"')):
        return ""
    return JSON_FORM if _WATCH.search(head) else SEARCHES if _SEARCH.search(head) else OTHERS


def activities(folder: Folder, file: File, form: str, letters: Letters) -> Generator[Activity, None, None]:
    """The entries of a file in its order. Memory: one of them. Raises OSError and BrokenJson."""
    if form == PAGE_FORM:
        yield from _Page.of(folder, file).activities()
        return
    for told in json_items(folder, file.locator, "item", letters):
        said = loose.members(told)
        yield _of_list(said) if form == LIST_FORM else _of_json(said)


def sentence_of(entries: Iterable[Activity]) -> Sentence:
    """The sentence of a file, by the first of its entries that lead to a video, up to where it may be broken."""
    told: list[str] = []
    with suppress(OSError, BrokenJson):  # told by whoever reads the entries
        for each in entries:
            if is_watch(each.address) and not is_address(each.sentence):
                told.append(each.sentence)
            if len(told) >= _ASKED:
                break
    return Sentence.of(told)


def is_watch(address: str) -> bool:
    """Whether it leads to a video or a song."""
    return "/watch?v=" in address or "youtu.be/" in address or "/shorts/" in address


def is_address(text: str) -> bool:
    return "://" in text


def _alike(told: Sequence[str]) -> str:
    """The words that at least six of ten begin with, up to a space."""
    found = ""
    for length in (1, 2, 3, 4) if len(told) >= _FEWEST else ():
        counts = Counter(" ".join(each.split(" ")[:length]) + " " for each in told if each.count(" ") >= length)
        best, count = next(iter(counts.most_common(1)), ("", 0))
        if count * 10 >= len(told) * 6:
            found = best
    return found


def _of_json(said: Mapping[str, Any]) -> Activity:
    at = read_instant(loose.text(said.get("time")))
    names = [loose.text(loose.members(each).get("name")) for each in loose.items(said.get("details"))]
    return Activity(
        header=loose.text(said.get("header")),
        sentence=_plain(loose.text(said.get("title"))),
        address=loose.text(said.get("titleUrl")),
        by=next((loose.text(loose.members(each).get("name")) for each in loose.items(said.get("subtitles"))), ""),
        at=at[0] if at else None,
        is_ad=any("Google" in each for each in names),
    )


def _of_list(said: Mapping[str, Any]) -> Activity:
    """An entry of before 2018: a list of videos, in which `publishedAt` is when one was put there."""
    snippet = loose.members(said.get("snippet"))
    number = loose.text(loose.members(snippet.get("resourceId")).get("videoId"))
    number = number or loose.text(loose.members(said.get("contentDetails")).get("videoId"))
    at = read_instant(loose.text(snippet.get("publishedAt")))
    address = f"https://www.youtube.com/watch?v={number}" if number else ""
    return Activity("YouTube", _plain(loose.text(snippet.get("title"))), address, "", at[0] if at else None)


def _page_form(folder: Folder, file: File) -> str:
    with folder.open(file.locator) as opened:
        try:
            data = opened.read(LOOKED_AT)
        except OSError:
            return ""
    if b"outer-cell" not in data:
        return ""
    return PAGE_FORM if _WATCH.search(data) else SEARCHES if _SEARCH.search(data) else OTHERS


@dataclass(slots=True)
class _Page:
    """A page while its cards are read."""

    folder: Folder
    file: File
    order: Order = Order.MONTH_FIRST

    @classmethod
    def of(cls, folder: Folder, file: File) -> _Page:
        """Where dates are numbers, every card is looked at once: they run from the latest to the first."""
        page = cls(folder, file)
        days = [day for day, _ in groupby(page._numbers())]
        page.order = order_of(reversed(days)) if days else page.order
        return page

    def activities(self) -> Iterator[Activity]:
        for card in self._cards():
            at, is_wall_clock = self._at(card.when)
            yield Activity(card.header, card.sentence, card.address, card.by, at, is_wall_clock, card.is_ad)

    def _numbers(self) -> Iterator[Numbers]:
        for card in self._cards():
            found = day_and_clock(_parted(card.when)[0])
            numbers = date_numbers(found[0]) if found else None
            if found and numbers is None:
                return  # in words, and so are all others
            if numbers is not None:
                yield numbers

    def _at(self, text: str) -> tuple[datetime | None, bool]:
        rest, offset = _parted(text)
        found = day_and_clock(rest)
        if found is None:
            return None, False
        day, clock = found
        numbers = date_numbers(day)
        local: datetime | None
        if numbers is not None:
            local = self.order.wall_clock(Line(numbers, clock.hour, clock.minute, clock.second, "", ""))
        else:
            on = read_worded_date(day)
            local = datetime.combine(on, clock) if isinstance(on, date) else None
        try:
            return (None if local is None else local.replace(tzinfo=UTC) - timedelta(minutes=offset or 0)), (
                offset is None
            )
        except OverflowError:
            return None, False

    def _cards(self) -> Iterator[_Card]:
        held = " "  # so that a page may begin with a card
        is_head = True
        with (
            self.folder.open_text(self.file.locator) as opened,
            io.TextIOWrapper(opened, encoding="utf-8", errors="surrogateescape") as text,
        ):
            while chunk := text.read(CHUNK_CHARACTERS):
                held += chunk
                begins = [each.start() for each in _CARD.finditer(held, 1)]
                for start, end in zip([0, *begins], begins, strict=False):
                    if not is_head:
                        yield _card(held[start:end])
                    is_head = False
                held = (held[begins[-1] :] if begins else held)[:MAX_CARD_CHARACTERS]
        if not is_head:
            yield _card(held)


def _parted(text: str) -> tuple[str, int | None]:
    """A time without its zone, and minutes east of UTC. Pages of before 2018 have no zone: theirs is UTC."""
    found = _ZONE.fullmatch(_SPACES.sub(" ", text).strip())
    if found is None:
        return text, 0
    known = _ZONES.get(found["zone"])
    return found["rest"], known if known is not None else read_offset(found["zone"][3:])


def _card(html: str) -> _Card:
    card = _Card()
    read_html(mended(html), card)
    card.close()
    return card


@dataclass(slots=True)
class _Card:
    """Reads one card: the product, the sentence with its link, whose it is, the time, and remarks."""

    header: str = ""
    sentence: str = ""
    address: str = ""
    by: str = ""
    when: str = ""
    is_ad: bool = False
    _region: str = ""
    _lines: dict[str, list[str]] = field(default_factory=lambda: {"title": [""], "body": [""], "caption": [""]})
    _links: list[tuple[int, str]] = field(default_factory=list)  # line of the body, address

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        kinds = attributes.get("class", "")
        if tag in {"div", "p"} and kinds:
            self._region = (
                "title"
                if "typography--title" in kinds
                else "body"
                if "typography--body-1" in kinds and "text-right" not in kinds
                else "caption"
                if "typography--caption" in kinds
                else ""
            )
        elif tag == "br" and self._region:
            self._lines[self._region].append("")
        elif tag == "a" and self._region == "body":
            self._links.append((len(self._lines["body"]) - 1, attributes.get("href", "")))

    def end(self, tag: str) -> None:
        if tag == "div":
            self._region = ""

    def text(self, data: str) -> None:
        if self._region:
            self._lines[self._region][-1] += data

    def close(self) -> None:
        """Put together what was read."""
        self.header = _plain(" ".join(self._lines["title"]))
        body = [(number, plain) for number, line in enumerate(self._lines["body"]) if (plain := _plain(line))]
        first, self.sentence = body[0] if body else (0, "")
        self.when = body[-1][1] if len(body) > 1 else ""
        self.address = next((address for line, address in self._links if line == first), "")
        self.by = body[1][1] if len(body) > 2 else ""  # noqa: PLR2004 - the sentence, whose it is, the time
        remarks = map(_plain, self._lines["caption"])
        self.is_ad = any("Google" in each and len(each) <= LONGEST_REMARK for each in remarks)


def _plain(text: str) -> str:
    return _SPACES.sub(" ", text).strip()
