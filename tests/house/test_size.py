"""Files and functions stay small enough to be read at once."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from tests.house.code import ROOT, modules, scripts
from tests.house.javascript import functions
from tests.house.waivers import not_waived

MOST_FILE_LINES = 600
MOST_FUNCTION_LINES = 60


def _long_files() -> Iterator[str]:
    for module in modules():
        if (lines := module.text.count("\n")) > MOST_FILE_LINES:
            yield f"{module.path}: has {lines} lines"
    for script in scripts():
        if (lines := script.read_text(encoding="utf-8").count("\n")) > MOST_FILE_LINES:
            yield f"{script.relative_to(ROOT).as_posix()}: has {lines} lines"


def _long_functions() -> Iterator[str]:
    for module in modules():
        for node in module.functions():
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MOST_FUNCTION_LINES:
                yield f"{module.path}:{node.lineno}:{node.name} has {lines} lines"
    for script in scripts():
        for function in functions(script.read_text(encoding="utf-8")):
            if function.lines > MOST_FUNCTION_LINES:
                path = script.relative_to(ROOT).as_posix()
                yield f"{path}:{function.line}:{function.name} has {function.lines} lines"


def test_no_file_is_longer_than_600_lines() -> None:
    assert not_waived("file size", _long_files()) == []


def test_no_function_is_longer_than_60_lines() -> None:
    assert not_waived("function size", _long_functions()) == []


def test_functions_of_scripts_are_measured_through_templates_patterns_and_comments() -> None:
    source = inspect.cleandoc(
        r"""
        // function hidden() {
        export function Shown({ a, b }) {
          const pattern = /[{}]/g;
          return html`<p class=${{ x: `}${a}` }}>{ ${() => {
            return "}";
          }}</p>`;
        }
        class Feed {
          more(n) {
            if (n / 2 > 1 / n) { return; }
          }
        }
        """
    )
    found = {function.name: (function.line, function.lines) for function in functions(source)}
    assert found == {"=>": (4, 3), "Shown": (2, 6), "more": (9, 3)}
