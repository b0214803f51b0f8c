"""What lies in a built application: its packages and the libraries of other languages, with versions and licences."""

from __future__ import annotations

import json
import platform
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

from PyInstaller.archive.readers import CArchiveReader

from tools.packaging.contents import PACKAGE, runtime_packages

HERE = Path(__file__).parent
TEXTS = HERE / "licences"
# Spellings of licences in packages' metadata that are no SPDX expressions.
SPDX = {
    "Apache 2.0": "Apache-2.0",
    "ISC License": "ISC",
    "MIT License": "MIT",
    "License :: OSI Approved :: MIT License": "MIT",
}
UNNAMED = {"sqlcipher3": "Zlib"}  # the wheel carries the text and no name for it


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that was bundled. kind: pypi, npm or native; texts: (name, content) of its licences."""

    kind: str
    name: str
    version: str
    licence: str
    copyright: str
    source: str
    texts: tuple[tuple[str, str], ...]
    file: Path | None = None


def parts(folder: Path) -> list[Part]:
    """Everything in the application at this folder. Raises ValueError for what nobody has given a licence."""
    return [*_packages(folder), *_web_libraries(), *_natives(folder), _interpreter(), _loader()]


def module_names(folder: Path) -> set[str]:
    """The Python modules inside, dotted: those of the archive, and extension modules by their files."""
    archive = CArchiveReader(str(program(folder)))
    inside = set(archive.open_embedded_archive("PYZ.pyz").toc)
    internal = folder / "_internal"
    files = (file for ending in ("*.so", "*.pyd") for file in internal.rglob(ending))
    return inside | {".".join((*file.parent.relative_to(internal).parts, file.name.split(".")[0])) for file in files}


def program(folder: Path) -> Path:
    """The executable of the command line."""
    names = (folder / "timeline-local", folder / "timeline-local.exe")
    return next(name for name in names if name.exists())


def _packages(folder: Path) -> Iterator[Part]:
    inside = {name.partition(".")[0] for name in module_names(folder)}
    inside |= {path.name for path in (folder / "_internal").iterdir()}
    for name, package in runtime_packages().items():
        if name != "timeline-local" and _top_levels(package) & inside:
            yield _package(name, package)


def _top_levels(package: Distribution) -> set[str]:
    return {file.parts[0].split(".")[0] for file in package.files or () if not file.parts[0].endswith(".dist-info")}


def _package(name: str, package: Distribution) -> Part:
    texts = tuple(_texts(package))
    if not texts:
        raise ValueError(f"{name} comes without the text of its licence")
    return Part(
        kind="pypi",
        name=name,
        version=package.version,
        licence=UNNAMED.get(name) or _expression(package),
        copyright="",
        source=f"https://pypi.org/project/{name}/",
        texts=texts,
    )


def _expression(package: Distribution) -> str:
    metadata = package.metadata
    fields = [text for name in ("License-Expression", "License") for text in metadata.get_all(name) or () if text]
    classes = [line for line in metadata.get_all("Classifier") or () if line.startswith("License ::")]
    said = str(next(iter([*fields, *classes]), ""))
    if not said or "\n" in said:
        raise ValueError(f"{metadata['Name']} does not name its licence; add it to UNNAMED after reading the text")
    return SPDX.get(said, said)


def _texts(package: Distribution) -> Iterator[tuple[str, str]]:
    for file in sorted(package.files or (), key=str):
        where, name = file.as_posix(), file.name.upper()
        if ".dist-info/" in where and ("/licenses/" in where or name.startswith(("LICEN", "COPYING", "NOTICE"))):
            yield where.partition(".dist-info/")[2].removeprefix("licenses/"), _read(Path(str(file.locate())))


def _web_libraries() -> Iterator[Part]:
    """What the screens are made of: the locked libraries, the fonts and the icons."""
    web = PACKAGE / "web"
    lock: dict[str, Any] = _lock()
    for package in lock["packages"]:
        licences = [file for file in package["sha256"] if file.endswith("-LICENSE.txt")]
        yield Part(
            kind="npm",
            name=package["name"],
            version=package["version"],
            licence=package["licence"],
            copyright="",
            source=f"https://www.npmjs.com/package/{package['name']}",
            texts=tuple((Path(file).name, _read(web / file)) for file in licences),
        )


def _lock() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PACKAGE / "web" / "vendor.lock.json").read_text(encoding="utf-8"))
    return found


def _natives(folder: Path) -> Iterator[Part]:
    for file in native_libraries(folder):
        known = _known(file)
        yield Part(
            kind="native",
            name=known["name"],
            version=_version(file),
            licence=known["licence"],
            copyright=known["copyright"],
            source=known["source"],
            texts=(),
            file=file,
        )


def native_libraries(folder: Path) -> list[Path]:
    """Shared libraries that are no extension modules of Python, sorted."""
    endings = {"Windows": "*.dll", "Darwin": "*.dylib"}.get(platform.system(), "lib*.so*")
    return sorted(file for file in (folder / "_internal").rglob(endings) if file.is_file() and not file.is_symlink())


def _known(file: Path) -> dict[str, Any]:
    bare = file.name.removeprefix("lib").lower()
    for entry in _natives_table():
        if bare.startswith(tuple(beginning.lower() for beginning in entry["files"])):
            return entry
    raise ValueError(f"{file.name} stands in no entry of {HERE.name}/natives.toml: whose is it, under which licence?")


@cache
def _natives_table() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(_read(HERE / "natives.toml"))["library"]
    return found


def _version(file: Path) -> str:
    found = re.search(r"\.so\.([\d.]+)$|-(\d+)\.dll$|\.([\d.]+)\.dylib$", file.name)
    return next(part for part in found.groups() if part) if found else ""


def _interpreter() -> Part:
    return Part(
        kind="native",
        name="Python",
        version=platform.python_version(),
        licence="PSF-2.0",
        copyright="Copyright 2001-2026 Python Software Foundation",
        source="https://www.python.org",
        texts=(("PSF-2.0.txt", _read(TEXTS / "PSF-2.0.txt")),),
    )


def _loader() -> Part:
    package = distribution("pyinstaller")
    return Part(
        kind="pypi",
        name="pyinstaller",
        version=package.version,
        licence="GPL-2.0-or-later WITH Bootloader-exception",
        copyright="",
        source="https://pypi.org/project/pyinstaller/",
        texts=tuple(_texts(package)),
    )


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")
