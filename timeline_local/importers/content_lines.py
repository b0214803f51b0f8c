"""Calendars and address books: components of folded lines, cut out of a file one after the other.

The format of both is RFC 5545 section 3.1 and RFC 6350 section 3.2: a line that begins with a space or a tab goes on
with the one before. vCard 2.1 breaks quoted-printable values with an equals sign at the end of a line instead.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from timeline_local.importers.archive import Folder
from timeline_local.importers.encodings import LOOKED_AT, Units, clean, decode_as

MAX_LINE_BYTES = 16 * 1024 * 1024  # a picture in an address book is one line
MAX_COMPONENT_CHARACTERS = 32 * 1024 * 1024

_PROPERTY = re.compile(
    r"(?:(?P<group>[\w-]+)\.)?(?P<name>[\w-]+)(?P<parameters>(?:;(?:[^:;\"]|\"[^\"]*\")*)*):(?P<value>.*)", re.DOTALL
)
# A lone CR ends a line where a property or a line that goes on follows, as old Macs wrote it; elsewhere it is text.
_OLD_END = re.compile(rb"\r(?=[A-Za-z][\w.-]*[;:]|[ \t])")
_MARK = b"\xef\xbb\xbf"
_PICTURE = re.compile(rb"(?:[\w-]+\.)?PHOTO(?:;(?:[^:;\"]|\"[^\"]*\")*)*:(?:data:[^,]{0,200},)?", re.IGNORECASE)
_CHARSET = re.compile(rb";CHARSET=\"?([\w.:-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a folded line: bytes of the line before it, where it stands in the file, bytes of its own there."""

    before: int
    at: int
    length: int


@dataclass(frozen=True, slots=True)
class Place:
    """Bytes of the file that a value takes, with the ends of line in it."""

    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Component:
    """One component with everything inside, its lines unfolded. name: VEVENT, VCARD, …

    number   which of its file's components it is, from 1.   is_whole  False when the file ends in it.
    places   where in the file the values of pictures stand, by the numbers of their lines.
    """

    name: str
    number: int
    lines: tuple[str, ...]
    is_whole: bool = True
    places: Mapping[int, Place] = field(default_factory=dict)

    def text(self) -> str:
        """As it would stand in a file of its own, unfolded."""
        return self.around(self.lines)

    def around(self, lines: Iterable[str]) -> str:
        """The same component with other lines in it."""
        return "\r\n".join((f"BEGIN:{self.name}", *lines, f"END:{self.name}", ""))

    def own_lines(self) -> list[str]:
        """The lines that are in no component inside this one."""
        depth, own = 0, []
        for line in self.lines:
            if _keyword(line, "BEGIN:"):
                depth += 1
            elif _keyword(line, "END:"):
                depth = max(depth - 1, 0)
            elif depth == 0:
                own.append(line)
        return own


@dataclass(frozen=True, slots=True)
class Property:
    """One line: its name in capitals, its parameters by name in capitals, its value as written."""

    group: str
    name: str
    parameters: dict[str, str]
    value: str


def components(folder: Folder, locator: str, wanted: frozenset[str]) -> Generator[Component | Property, None, None]:
    """The outermost wanted components of a file in order, and between them the properties that are in none.

    Memory: one component. Raises what `Folder.open` raises.
    """
    number, name, depth, size = 0, "", 0, 0
    lines: list[str] = []
    places: dict[int, Place] = {}
    for line, place in _unfolded(folder, locator):
        begun, ended = _keyword(line, "BEGIN:"), _keyword(line, "END:")
        if not name:
            if begun in wanted:
                number, name, depth, size, lines, places = number + 1, begun, 1, 0, [], {}
            elif not begun and not ended and (found := read_property(line)) is not None:
                yield found
            continue
        depth += (begun == name) - (ended == name)
        if depth == 0:
            yield Component(name, number, tuple(lines), places=places)
            name = ""
            continue
        size += len(line)
        if size <= MAX_COMPONENT_CHARACTERS:
            if place is not None:
                places[len(lines)] = place
            lines.append(line)
    if name:
        yield Component(name, number, tuple(lines), is_whole=False)


def read_property(line: str) -> Property | None:
    """A line taken apart; None for what is none. A parameter without a name is a TYPE, as vCard 2.1 writes them."""
    found = _PROPERTY.fullmatch(line)
    if found is None:
        return None
    parameters: dict[str, str] = {}
    for each in re.findall(r";((?:[^:;\"]|\"[^\"]*\")*)", found["parameters"]):
        key, equals, value = each.partition("=")
        key, value = (key.upper(), value.strip('"')) if equals else ("TYPE", key)
        parameters[key] = f"{parameters[key]},{value}" if key in parameters else value
    return Property(found["group"] or "", found["name"].upper(), parameters, found["value"])


def plain(each: Property) -> str:
    """The value as written, quoted-printable undone."""
    if "QUOTED-PRINTABLE" not in {part.upper() for value in each.parameters.values() for part in value.split(",")}:
        return each.value
    return decode_as(quopri.decodestring(each.value.encode("utf-8", "replace")), each.parameters.get("CHARSET", ""))


def unescaped(value: str) -> str:
    r"""A text value: \n is a new line, \, \; and \\ are themselves."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value, flags=re.DOTALL)


def split_values(value: str, divider: str = ";") -> list[str]:
    """The parts of a structured value, unescaped; a divider after a backslash divides nothing."""
    return [unescaped(part) for part in re.split(rf"(?<!\\){re.escape(divider)}", value)]


def _keyword(line: str, keyword: str) -> str:
    return line[len(keyword) :].strip().upper() if line[: len(keyword)].upper() == keyword else ""


def _unfolded(folder: Folder, locator: str) -> Generator[tuple[str, Place | None], None, None]:
    """The lines, joined, and where the value of a picture stands.

    Empty lines divide nothing: some programs write two ends of line for one. A quoted-printable value that goes on may
    be folded besides.
    """
    kept, parts = b"", list[_Part]()
    is_quoted = False
    with folder.open(locator) as file:
        units = Units.of(file.read(LOOKED_AT))
    for at, bare in _lines(folder, locator, units):
        is_folded = bare[:1] in {b" ", b"\t"}
        if is_quoted and kept.endswith(b"="):
            kept = kept[:-1] + bare[is_folded:]
        elif is_folded and len(kept) < MAX_LINE_BYTES:
            parts.append(_Part(len(kept), at + units.width, len(bare) - 1))
            kept += bare[1:]
        elif bare:
            if kept:
                yield _decoded(kept), _place(kept, parts, units)
            mark = len(_MARK) if bare.startswith(_MARK) else 0
            kept, parts = bare[mark:], [_Part(0, at + mark, len(bare) - mark)]
            is_quoted = b"QUOTED-PRINTABLE" in kept.partition(b":")[0].upper()
    if kept:
        yield _decoded(kept), _place(kept, parts, units)


def _place(line: bytes, parts: Sequence[_Part], units: Units) -> Place | None:
    head = _PICTURE.match(line)
    if head is None:
        return None
    last = parts[-1]
    for each in parts:
        if head.end() <= each.before + each.length:
            start = each.at + max(head.end() - each.before, 0) * units.width
            return Place(start, last.at + last.length * units.width - start)
    return None


def _lines(folder: Folder, locator: str, units: Units) -> Generator[tuple[int, bytes], None, None]:
    """Lines as UTF-8, without their ends, and where in the file each begins."""
    at = units.mark
    with folder.open_text(locator) as file:
        while line := file.readline(MAX_LINE_BYTES):
            begin = at
            for part in _OLD_END.split(line.rstrip(b"\r\n")):
                yield begin, part
                begin += units.length(part) + units.width
            at += units.length(line)


def _decoded(line: bytes) -> str:
    """UTF-8, else what the line says it is in, as vCard 2.1 has it, else Windows' Western letters.

    Letters of ISO-2022 are written in bytes of ASCII.
    """
    told = _CHARSET.search(line.partition(b":")[0])
    if told is None or not told[1].upper().startswith(b"ISO-2022"):
        try:
            return clean(line.decode("utf-8"))
        except UnicodeDecodeError:
            pass
    return decode_as(line, told[1].decode("ascii") if told else "")
