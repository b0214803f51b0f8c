"""What a browser is shown while there is no server: whole in one file, harmless whatever it is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from timeline_local.desktop.pages import starting_page, stopped_page, told_page

HOSTILE = '<script>alert(1)</script><img src="https://evil.test/x" onerror=alert(1)> & `rm <x>`'
LIBRARY = Path("/home/ana/My <b>library</b>")
PAGES = (starting_page(HOSTILE), stopped_page(HOSTILE, HOSTILE, LIBRARY), told_page(HOSTILE, HOSTILE))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_nothing_and_asks_nobody(page: str) -> None:
    assert "default-src 'none'" in page
    assert set(re.findall(r"<([a-z0-9]+)", page)) <= {
        *("html", "meta", "title", "style", "main", "h1", "p", "pre", "code", "dl", "dt", "dd")
    }
    assert "url(" not in page
    assert "@import" not in page


def test_a_refused_start_is_told_in_the_words_of_the_terminal_with_the_commands_to_copy() -> None:
    said = '{"level":"WARNING","message":"of the log"}\nNothing was changed. Run `chmod 700 \'/x\'` and start again.\n'
    page = stopped_page("It did not start", said, Path("/home/ana/My library"))
    assert "<p>Nothing was changed. Run <code>chmod 700 &#x27;/x&#x27;</code> and start again.</p>" in page
    assert "<code>timeline-local doctor --data &#x27;/home/ana/My library&#x27;</code>" in page
    assert "/home/ana/My library/logs" in page
    assert "of the log" not in page


def test_an_error_that_nobody_expected_is_told_as_such_without_secrets() -> None:
    trace = 'Traceback (most recent call last):\n  File "x.py"\nOSError: postgresql://ana:hush@db/x <b>'
    page = stopped_page("It did not start", trace, LIBRARY)
    assert "nobody expected" in page
    assert "OSError" in page
    assert "hush" not in page


def test_silence_is_told_as_such() -> None:
    assert "without saying why" in stopped_page("It did not start", "\n", LIBRARY)


def test_only_a_page_that_waits_reads_its_file_again() -> None:
    assert 'http-equiv="refresh" content="1"' in starting_page("09:00")
    assert "refresh" not in stopped_page("x", "y", LIBRARY)
