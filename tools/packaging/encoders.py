"""Replaces the film encoders that FFmpeg is linked with by empty libraries: we decode only.

The wheel of PyAV brings x264, x265 and SVT-AV1: 30 MB that nothing here ever calls, two of them under the GPL. FFmpeg
needs the libraries to be there when it is loaded, so each gets a stand-in with the same name and symbols, every one of
which answers 0: "no such encoder". Made by the assembler and linker that PyInstaller needs anyway; Linux only.
"""

from __future__ import annotations

import platform
import re
import subprocess
import tempfile
from pathlib import Path

ENCODERS = ("libx264-", "libx265-", "libSvtAv1Enc-")
ANSWER = {"x86_64": "xorl %eax, %eax\n\tret", "aarch64": "mov x0, #0\n\tret"}
SYMBOL = re.compile(r"^[0-9a-f]+ +(?P<flags>.{7}) (?P<section>\S+)\s+(?P<size>[0-9a-f]+) +(?:\S+ +)?(?P<name>\S+)$")


def replace_encoders(folder: Path) -> int:
    """Put stand-ins for all encoders below the folder; the bytes that this saves."""
    answer = ANSWER.get(platform.machine())
    libraries = [file for file in folder.rglob("*.so*") if not file.is_symlink()]
    encoders = [file for file in libraries if file.name.startswith(ENCODERS)]
    if answer is None or not encoders:
        return 0
    before = sum(file.stat().st_size for file in encoders)
    for encoder in encoders:
        wanted = set().union(*(_needed(file) for file in libraries if encoder.name in _dependencies(file)))
        _assemble(encoder, {name: size for name, size in _offered(encoder).items() if name in wanted}, answer)
    return before - sum(file.stat().st_size for file in encoders)


def _dependencies(library: Path) -> set[str]:
    return set(re.findall(r"NEEDED +(\S+)", _objdump("-p", library)))


def _symbols(library: Path) -> list[re.Match[str]]:
    return [found for line in _objdump("-T", library).splitlines() if (found := SYMBOL.match(line))]


def _needed(library: Path) -> set[str]:
    return {found["name"] for found in _symbols(library) if found["section"] == "*UND*"}


def _offered(library: Path) -> dict[str, int | None]:
    """Every symbol of the library: the size of a piece of data, None for a function."""
    return {
        found["name"]: int(found["size"], 16) if found["flags"].endswith("O") else None
        for found in _symbols(library)
        if found["section"] != "*UND*"
    }


def _objdump(what: str, library: Path) -> str:
    return subprocess.run(["objdump", what, library], capture_output=True, text=True, check=True).stdout


def _assemble(library: Path, symbols: dict[str, int | None], answer: str) -> None:
    text = "".join(_function(name, answer) for name, size in sorted(symbols.items()) if size is None)
    data = "".join(_data(name, size) for name, size in sorted(symbols.items()) if size is not None)
    with tempfile.TemporaryDirectory() as temporary:
        source, compiled = Path(temporary, "empty.s"), Path(temporary, "empty.o")
        source.write_text(f'\t.text\n{text}\t.data\n{data}\t.section .note.GNU-stack,"",%progbits\n', encoding="ascii")
        subprocess.run(["as", "-o", compiled, source], check=True)
        library.unlink()
        subprocess.run(
            ["ld", "-shared", "--build-id=none", "-soname", library.name, "-o", library, compiled], check=True
        )


def _function(name: str, answer: str) -> str:
    return f"\t.globl {name}\n\t.type {name}, %function\n{name}:\n\t{answer}\n"


def _data(name: str, size: int) -> str:
    return f"\t.globl {name}\n\t.type {name}, %object\n\t.size {name}, {size}\n{name}:\n\t.zero {max(size, 8)}\n"
