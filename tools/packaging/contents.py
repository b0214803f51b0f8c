"""What goes into the self-contained application: asked of the project itself, so that nobody keeps a list by hand."""

from __future__ import annotations

import ast
import os
import subprocess
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution, packages_distributions
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "timeline_local"
# Imported where PyInstaller does not look: time zones by the standard library, logging by revisions.
UNNAMED = ("tzdata", "logging.config")
# Packages that import their own modules by names made at run time, the backend of a system among them.
WHOLE = ("pystray", "Xlib")
SHIMS = ROOT / "tools" / "packaging" / "shims"
PROJECT = "timeline-local"
EXTRAS = ("redis",)  # the desktop build can do what a server can
# Terminal editing and a GUI toolkit of the standard library: nothing of ours asks for them, and they bring libraries of
# the building machine along.
NEVER = ("readline", "curses", "_curses", "tkinter", "lib2to3", "ensurepip", "idlelib", "turtledemo", "pydoc_data")
# Packages that others need only to be built or in a terminal's completion.
LEFT_OUT = frozenset({"pycparser"})
# Parts of packages that only their own developers run.
TESTS = ("numpy.testing", "numpy.f2py", "numpy.distutils", "sqlalchemy.testing", "aiosqlite.tests", "alembic.testing")
# Parts of the system's C library that PyInstaller takes for ordinary ones; they work only beside their own C library.
SYSTEM_LIBRARIES = ("libmvec.so", "librt.so", "libresolv.so")


def belongs_to_the_system(library: str) -> bool:
    """Whether this library comes with every Linux system and must not be bundled."""
    return Path(library).name.startswith(SYSTEM_LIBRARIES)


def runtime_packages() -> dict[str, Distribution]:
    """Every package that the program needs to run, itself included, by its canonical name, for this system."""
    found: dict[str, Distribution] = {}
    waiting: list[tuple[str, tuple[str, ...]]] = [(PROJECT, ("", *EXTRAS))]
    while waiting:
        name, extras = waiting.pop()
        package = found[canonicalize_name(name)] = distribution(name)
        needed = [each for each in _needed(package, extras) if canonicalize_name(each.name) not in found or each.extras]
        waiting += [(each.name, ("", *sorted(each.extras))) for each in needed]
    return dict(sorted(found.items()))


def _needed(package: Distribution, extras: Iterable[str]) -> Iterator[Requirement]:
    for line in package.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            yield requirement


def unwanted_modules() -> list[str]:
    """Top-level modules of packages that only development needs, and what nobody needs."""
    kept = set(runtime_packages())
    foreign = [
        module
        for module, owners in packages_distributions().items()
        if not {canonicalize_name(owner) for owner in owners} & kept and module.isidentifier()
    ]
    return sorted({*foreign, *NEVER, *TESTS})


def hidden_imports() -> list[str]:
    """Modules that no `import` statement of the analysed files names: our own rooms, strings, and the revisions'."""
    ours = [_module_name(file) for file in sorted(PACKAGE.rglob("*.py")) if file.name != "__main__.py"]
    named = {name for file in PACKAGE.rglob("*.py") for name in _imported_by_string(_parse(file))}
    revisions = {name for file in (ROOT / "migrations").rglob("*.py") for name in _imported(_parse(file))}
    return sorted({*ours, *named, *revisions, *UNNAMED, *_modules_of(WHOLE)})


def _modules_of(names: Iterable[str]) -> Iterator[str]:
    """Every module of these packages, found by their files: some cannot be imported without a display."""
    for name in names:
        spec = find_spec(name)
        folder = Path(spec.origin).parent if spec and spec.origin else None
        for file in folder.rglob("*.py") if folder else ():
            module = ".".join((name, *file.relative_to(folder or file).with_suffix("").parts))
            yield module.removesuffix(".__init__")


def _module_name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _imported_by_string(tree: ast.Module) -> Iterator[str]:
    """The literals given to `import_module`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (given.value for given in node.args if isinstance(given, ast.Constant))  # type: ignore[misc]


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module != "__future__":
            yield node.module


def data_files() -> list[tuple[str, str]]:
    """(file, folder in the bundle): what in the package is no code, revisions for Alembic, guides for people."""
    kept = [file for file in PACKAGE.rglob("*") if file.is_file() and file.suffix not in (".py", ".pyc")]
    revisions = [file for file in (ROOT / "migrations").rglob("*") if file.suffix in (".py", ".mako")]
    placed = [(file, file.parent.relative_to(ROOT)) for file in sorted(kept)]
    placed += [(file, PACKAGE.name / file.parent.relative_to(ROOT)) for file in sorted(revisions)]
    placed += [(file, Path(PACKAGE.name) / "guides") for file in sorted((ROOT / "docs" / "importers").glob("*.md"))]
    return [(str(file), str(folder)) for file, folder in placed]


def released_at() -> int:
    """The time that stands in everything we make, in seconds since 1970: the commit's, or SOURCE_DATE_EPOCH."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return int(given)
    asked = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=True)
    return int(asked.stdout)
