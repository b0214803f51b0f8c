"""iMessage out of imessage-exporter: pages and texts, answers told twice, files that were copied or not."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.importers.sources.imessage import IMessage

EXPECTED = Path(__file__).with_name("expected.json")
TEXT = """May 17, 2022  5:29:42 PM (Read by them after 1 hour, 49 seconds)
Me
Hello
you
Tapbacks:
Loved by Bo
    May 17, 2022  6:00:00 PM
    +15555555555
    told below

May 17, 2022  6:00:00 PM
+15555555555
An answer

with a gap
attachments/12/a.jpeg
~/Library/Messages/Attachments/ab/b.heic
This message responded to an earlier message.

May 17, 2022  6:01:00 PM You renamed the conversation to Trip

May 17, 2022 16:01:00 PM
Bo
No such hour
"""


def message(at: str, who: str, parts: str, side: str = "received", guid: str = "") -> str:
    stamp = f'<a title="Reveal in Messages app" href="sms://open?message-guid={guid}">{at}</a>' if guid else at
    return (
        f'<div class="message">\n<div class="{side}">\n<p><span class="timestamp">{stamp} (Read by you)</span>\n'
        f'<span class="sender">{who}</span></p>\n<hr>{parts}\n</div>\n</div>\n'
    )


def bubble(text: str) -> str:
    return f'<div class="message_part"><span class="bubble">{text}</span></div>'


ANSWERS = '<div class="replies">\n<div class="reply">\n{0}</div>\n</div>\n'
REACTED = (
    '<div class="tapbacks"><hr><p>Tapbacks:</p><div class="tapback"><span class="tapback"><b>Loved</b> by Bo</span>'
    "</div></div>"
)
PAGE = (
    '<html>\n<meta charset="UTF-8">\n<style>.message { color: red }</style>\n'
    + message("Oct 17, 2021 10:31:49 PM", "Me", bubble("Top &amp; <br>second <i>line</i>") + REACTED
              + ANSWERS.format(message("Oct 17, 2021 10:32:03 PM", "Bo", bubble("told below"))),
              "sent iMessage", "E5C6F1B2-1")
    + '<div class="announcement"><p><span class="timestamp">Oct 17, 2021 10:32:03 PM</span> You named it</p></div>\n'
    + message("Oct 17, 2021 10:32:03 PM", "Bo", bubble("told below") + '<hr><div class="message_part">'
              '<div class="attachment"><img src="attachments/12/a%20b.jpeg" loading="lazy"></div></div>'
              '<div class="attachment"><a href="attachments/12/c.pdf">Click to download c.pdf</a></div>'
              '<span class="reply_context">This message responded to an earlier message.</span>', guid="E5C6F1B2-2")
    + message("Oct 18, 2021 10:32:03 PM", "+15555555555", '<div class="message_part"><div class="app">'
              '<a href="https://example.org/a"><div class="app_footer"><div class="caption">A page</div></div></a>'
              "</div></div>"
              '<div class="message_part"><img src="/Users/bo/Library/Messages/d.heic"></div>')
    + "</html>\n"
)  # fmt: skip
FILES: dict[str, bytes | str] = {
    "txt/Bo - 12.txt": TEXT,
    "txt/attachments/12/a.jpeg": b"picture",
    "html/Bo.html": PAGE,
    "html/attachments/12/a b.jpeg": b"picture",
    "html/attachments/12/c.pdf": b"%PDF",
}


def test_both_forms_become_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(IMessage(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    ("name", "text", "is_ours"),
    [
        ("renamed.txt", TEXT, True),
        ("renamed.html", PAGE, True),
        ("a.txt", "May 17, 2022\nA day in my life\n", False),
        ("a.html", '<div class="message"><span class="timestamp">x</span></div>', False),
    ],
)
def test_chats_are_known_by_their_content(
    tmp_path: Path, reading: ModuleType, name: str, text: str, *, is_ours: bool
) -> None:
    assert (IMessage().recognise(reading.make(tmp_path, {name: text})).confidence > 0) is is_ours


def test_a_page_that_was_cut_off_gives_what_it_has(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(IMessage(), reading.make(tmp_path, {"a.html": PAGE[: PAGE.index("You named it")]}))
    assert [draft.body for draft in reading.drafts(items).values()] == ["Top & \nsecond line"]
