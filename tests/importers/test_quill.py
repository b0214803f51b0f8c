"""Quill's Delta: what a line is stands behind it, and what stands in it is Markdown."""

from __future__ import annotations

from typing import Any

import pytest

from timeline_local.importers.quill import delta_text


def line(text: str, **attributes: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON is anything
    return [{"insert": text}, {"insert": "\n", "attributes": attributes}]


@pytest.mark.parametrize(
    ("ops", "text"),
    [
        ([{"insert": "One\nTwo\n"}], "One\nTwo"),
        ([*line("Title", header=1), {"insert": "Body\n"}], "# Title\nBody"),
        (line("a", list="bullet") + line("b", list="bullet", indent=1), "- a\n  - b"),
        (line("a", list="ordered") + line("b", list="ordered"), "1. a\n2. b"),
        (line("a", list="checked") + line("b", list="unchecked"), "- [x] a\n- [ ] b"),
        (line("said", blockquote=True), "> said"),
        (line("x = 1", **{"code-block": True}) + line("y = 2", **{"code-block": True}), "```\nx = 1\ny = 2\n```"),
        (
            [{"insert": "see "}, {"insert": "here", "attributes": {"link": "https://a.example"}}],
            "see [here](https://a.example)",
        ),
        ([{"insert": " bold ", "attributes": {"bold": True, "italic": True}}, {"insert": "\n"}], "**_bold_**"),
        ([{"insert": "a\n"}, {"insert": {"image": "x"}}, {"insert": "\n\n\nb"}], "a\n\nb"),
        ([{"insert": "\n"}], ""),
        ([{"insert": 7}, "no", {"insert": "a", "attributes": {"header": "x", "indent": "y", "link": 1}}], "a"),
    ],
)
def test_a_delta_is_markdown(ops: list[Any], text: str) -> None:
    assert delta_text({"ops": ops}) == delta_text(ops) == text


@pytest.mark.parametrize("value", [None, "text", 7, {}, {"ops": "x"}])
def test_anything_else_has_no_text(value: object) -> None:
    assert delta_text(value) == ""
