"""Rules about the files of the web UI that nothing else would notice being broken."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.importers.registry import SOURCES

HERE = Path(__file__).parent
WEB = HERE.parents[2] / "timeline_local" / "web"
LOCK = json.loads((WEB / "vendor.lock.json").read_text())
OURS = sorted(path for path in WEB.rglob("*.js") if "vendor" not in path.relative_to(WEB).parts)
VENDORED = [(name, digest) for package in LOCK["packages"] for name, digest in package["sha256"].items()]

FORBIDDEN = re.compile(r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|new Worker)")
STATIC_IMPORT = re.compile(r"(?:^|;|\})\s*(?:import|export)\b[^;'\"`()]*?\bfrom\s*['\"]([^'\"]+)['\"]", re.MULTILINE)


def load(name: str) -> ModuleType:
    """Import a file that lies beside this one; test folders are not packages."""
    spec = importlib.util.spec_from_file_location(f"web_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


templates = load("templates")


def label(path: Path) -> str:
    return path.relative_to(WEB).as_posix()


@pytest.mark.parametrize(("name", "digest"), VENDORED)
def test_vendored_files_are_those_of_the_lock(name: str, digest: str) -> None:
    assert hashlib.sha256((WEB / name).read_bytes()).hexdigest() == digest


def test_nothing_is_vendored_without_being_in_the_lock() -> None:
    present = {label(path) for path in (WEB / "vendor").iterdir()}
    assert present == {name for name, _ in VENDORED if name.startswith("vendor/")}


def test_the_import_map_leads_to_vendored_files() -> None:
    assert set(LOCK["imports"].values()) <= {name for name, _ in VENDORED}


@pytest.mark.parametrize("package", LOCK["packages"], ids=lambda package: str(package["name"]))
def test_every_vendored_package_brings_its_licence(package: dict[str, dict[str, str]]) -> None:
    assert any("LICENSE" in name for name in package["sha256"])


def test_the_lock_names_no_address() -> None:
    assert "://" not in (WEB / "vendor.lock.json").read_text()


@pytest.mark.parametrize("path", OURS, ids=label)
def test_the_tags_of_every_template_balance(path: Path) -> None:
    assert templates.faults(path.read_text()) == []


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        ("html`<p><b>x</p>`", "</p> closes <b>"),
        ("html`<div>`", "<div> is never closed"),
        ("html`</div>`", "</div> closes nothing"),
        ("html`<${A}><p>${x.map((y) => html`<i>${'}'}`)}</p><//>`", "<i> is never closed"),
    ],
)
def test_the_reader_of_templates_sees_what_is_wrong(template: str, fault: str) -> None:
    assert [one.what for one in templates.faults(template)] == [fault]


@pytest.mark.parametrize(
    "template",
    ["html`<${A} x=${1} /><br><img src=${s}>`", 'html`<a title="a > b" ...${rest}>${c ? html`<i></i>` : null}</a>`'],
)
def test_the_reader_of_templates_accepts_what_is_right(template: str) -> None:
    assert templates.faults(template) == []


@pytest.mark.parametrize("path", OURS, ids=label)
def test_no_module_writes_markup_or_runs_text(path: Path) -> None:
    assert FORBIDDEN.findall(path.read_text()) == []


@pytest.mark.parametrize("path", OURS, ids=label)
def test_no_template_carries_a_style_attribute_in_words(path: Path) -> None:
    assert re.findall(r"<[^`]*\sstyle=\"", path.read_text()) == []


@pytest.mark.parametrize("path", OURS, ids=label)
def test_modules_stay_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) < 400


def test_the_shell_has_no_inline_script_but_the_import_map() -> None:
    page = (WEB / "index.html").read_text()
    inline = [tag for tag in re.findall(r"<script\b[^>]*>", page) if "src=" not in tag]
    assert inline == ['<script type="importmap">']
    assert "style=" not in page


def words() -> set[str]:
    """Every key of the English texts, dotted."""
    keys: set[str] = set()
    for path in (WEB / "assets" / "locales").glob("en*.json"):
        walk(json.loads(path.read_text()), "", keys)
    return keys


def walk(tree: dict[str, object], prefix: str, keys: set[str]) -> None:
    for name, value in tree.items():
        key = f"{prefix}{name}"
        keys.add(key)
        walk(value if isinstance(value, dict) else {}, f"{key}.", keys)


@pytest.mark.parametrize("path", OURS, ids=label)
def test_every_text_a_module_asks_for_exists(path: Path) -> None:
    asked = set(re.findall(r"\bt\('([a-z0-9_.-]+)'", path.read_text()))
    assert asked - words() == set()


@pytest.mark.parametrize("path", OURS, ids=label)
def test_every_icon_a_module_names_is_in_the_sprite(path: Path) -> None:
    named = set(re.findall(r"<\$\{Icon\} name=\"([a-z0-9-]+)\"", path.read_text()))
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (WEB / "assets" / "icons.svg").read_text()))
    assert named - sprite == set()


def modules_of_the_first_screen() -> set[Path]:
    """What the browser loads for /timeline before it can draw: static imports only."""
    vendored = {name: WEB / path for name, path in LOCK["imports"].items()}
    todo, seen = [WEB / "app.js", WEB / "routes" / "timeline.js"], set[Path]()
    while todo:
        path = todo.pop()
        fresh = path not in seen
        seen.add(path)
        names = STATIC_IMPORT.findall(path.read_text()) if fresh else []
        todo += [vendored.get(name) or (path.parent / name).resolve() for name in names]
    return seen


def test_the_first_screen_needs_at_most_24_modules() -> None:
    assert len(modules_of_the_first_screen()) <= 24, sorted(label(path) for path in modules_of_the_first_screen())


def test_the_first_screen_needs_at_most_60_kb_of_code() -> None:
    assert sum(len(gzip.compress(path.read_bytes())) for path in modules_of_the_first_screen()) <= 60 * 1024


def test_the_first_screen_needs_at_most_20_kb_of_styles_and_icons() -> None:
    linked = re.findall(r'href="/ui/\{build\}/(styles/[^"]+)"', (WEB / "index.html").read_text())
    assert linked
    assert sum(len(gzip.compress((WEB / name).read_bytes())) for name in [*linked, "assets/icons.svg"]) <= 20 * 1024


def test_every_source_has_a_name_on_the_screens() -> None:
    words = json.loads((WEB / "assets/locales/en-timeline.json").read_text("utf-8"))["source"]
    assert {source.name for source in SOURCES} - words.keys() == set()
