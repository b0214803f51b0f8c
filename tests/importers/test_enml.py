"""Evernote's note language: lines, boxes to tick, code, tasks, and what is not to be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.importers.enml import note_body

CODE = '<div style="color: red; -en-codeblock:true;">'
BOXES = '<ul style="--en-todo:true;">'
GROUP = '<div style="--en-task-group:true; --en-id:g-1;--en-content-hash:7e"><div>Not supported</div></div>'
TASKS = {"g-1": ["- [ ] Call", "- [x] Write"], "g-2": ["- [ ] Later"]}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("<div>one</div><div><br/></div><div>two</div>", "one\n\ntwo"),
        ("one<div>two<br/></div><div><div>three</div></div>four", "one\ntwo\nthree\nfour"),
        ("\n   Hello.\n  <div>\n  <br/>\n </div>\n <div>\n  Bye </div>", "Hello.\n\nBye"),
        ("<h1>Head</h1><div>a</div><hr/><div>b</div>", "# Head\n\na\n\n---\n\nb"),
        ("<p>a</p><p>b <b>c</b></p>", "a\n\nb **c**"),
        ("<ul><li><div>a</div></li><li><div>b</div></li></ul><div>c</div>", "- a\n- b\n\nc"),
        ('<div><en-todo/>a</div><div><en-todo checked="true"/>b</div>', "- [ ] a\n- [x] b"),
        ("<ul><li><en-todo/>a</li></ul>", "- [ ] a"),
        (f'{BOXES}<li style="--en-checked:true;"><div>a</div></li><ul><li>b</li></ul></ul>', "- [x] a\n  - b"),
        (f"<div>a:</div>{CODE}<div>if x:</div><div><span>&nbsp; &nbsp; y()</span><br/></div></div><div>b</div>",
         "a:\n\n```\nif x:\n    y()\n```\n\nb"),
        ('<div><span style="font-weight: bold;">a </span><span style="font-style: italic">b</span></div>', "**a** _b_"),
        ('<div>a <en-crypt cipher="AES" hint="x">U0VD</en-crypt> b</div>', "a [encrypted] b"),
        ("<table><tr><td><div>a</div></td><td><div>b</div></td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<en-note>a<br/><![CDATA[b.JPG]]></en-note>", "a\nb.JPG"),
        (f"<div>a</div>{GROUP}<div>b</div>", "a\n- [ ] Call\n- [x] Write\nb\n- [ ] Later"),
        ("", "- [ ] Call\n- [x] Write\n- [ ] Later"),
    ],
)  # fmt: skip
def test_a_note_is_this_text(content: str, text: str) -> None:
    assert note_body(content, TASKS if "task-group" in content or not content else {}).text == text


def test_files_are_named_in_their_order_and_what_is_encrypted_is_told() -> None:
    body = note_body(
        '<en-media hash="B2"/><en-media type="a/b" hash="a1"/><en-media hash="b2"/><en-crypt>x</en-crypt>', {}
    )
    assert (body.files, body.is_sealed, body.text) == (("b2", "a1"), True, "[encrypted]")


@given(st.text(alphabet="<>/divbrulspan \n&;#=\"'!-:", max_size=200), st.booleans())
def test_no_note_however_odd_raises(content: str, is_code: bool) -> None:  # noqa: FBT001 - drawn
    assert isinstance(note_body(CODE + content if is_code else content, TASKS).text, str)
