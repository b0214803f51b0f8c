"""What a browser is shown while there is no server to ask: pages in one file each, without a script, asking nobody.

Pure functions: text in, HTML out. What they are given may hold anything; it is shown as text.
"""

from __future__ import annotations

import re
import shlex
from html import escape
from pathlib import Path

from timeline_local.core.logging import mask

AGAIN_S = 1  # a page that waits reads its own file again so often; by then the file may lead to the timeline
LONGEST = 20_000
TRACE = "Traceback (most recent call last)"
COMMAND = re.compile(r"`([^`]+)`")
STYLE = """
:root { color-scheme: light dark; --paper: #fbf9f5; --ink: #26221d; --quiet: #6d655d; --line: #e4ddd2 }
@media (prefers-color-scheme: dark) { :root { --paper: #141312; --ink: #ece7df; --quiet: #a59c91; --line: #3a3632 } }
body { background: var(--paper); color: var(--ink); font: 1.0625rem/1.55 system-ui, sans-serif; margin: 0 }
main { max-width: 40rem; margin: 12vh auto 4rem; padding: 0 1.25rem }
h1 { font-size: 1.5rem; line-height: 1.25 }
code, pre { font-family: ui-monospace, monospace; font-size: .9375rem; overflow-wrap: anywhere; white-space: pre-wrap }
pre, dl { border-top: 1px solid var(--line); padding-top: 1rem }
dt, .quiet { color: var(--quiet) }
dd { margin: 0 0 .75rem }
"""


def starting_page(since: str) -> str:
    """What is shown when a start takes long. since: when it began, as a clock shows it."""
    return _page(
        "Timeline Local is starting",
        "<p>Your timeline appears here as soon as it is ready.</p>"
        "<p>After an update, or after the computer was switched off without warning, the library is checked and "
        "brought up to date first. With a large one that can take minutes; what you have is kept meanwhile.</p>"
        f'<p class="quiet">Starting since {escape(since)}. If this page stands still, reload it.</p>',
        head=f'<meta http-equiv="refresh" content="{AGAIN_S}">',
    )


def stopped_page(title: str, said: str, data_dir: Path) -> str:
    """Why there is no server, and what to do. said: its last words, a sentence or what Python says of an error."""
    examine = f"timeline-local doctor --data {shlex.quote(str(data_dir))}"
    rows = (
        ("The library", f"<code>{escape(str(data_dir))}</code>"),
        ("Examine it, without changing it", f"<code>{escape(examine)}</code>"),
        ("The logs, and reports of crashes", f"<code>{escape(str(data_dir / 'logs'))}</code>"),
    )
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows)
    again = "<p>Then start Timeline Local again, from the menu or by its icon.</p>"
    return _page(title, f"{_reason(mask(said[-LONGEST:]))}{again}<dl>{listed}</dl>")


def told_page(title: str, text: str) -> str:
    """A page of a few sentences."""
    return _page(title, _sentences(mask(text[:LONGEST])))


def _reason(said: str) -> str:
    if TRACE not in said:
        told = "\n".join(line for line in said.splitlines() if line.strip() and not line.startswith("{"))  # of the log
        return _sentences(told or "It ended without saying why; the logs may tell.")
    words = "It ended with an error that nobody expected. What your library held is kept. This is what it said last:"
    return f"<p>{words}</p><pre>{escape(said.strip())}</pre>"


def _sentences(text: str) -> str:
    """A paragraph for each line, what stands between backticks as a command."""
    lines = (COMMAND.sub(r"<code>\1</code>", escape(line)) for line in text.splitlines() if line)
    return "".join(f"<p>{line}</p>" for line in lines)


def _page(title: str, body: str, *, head: str = "") -> str:
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width">{head}'
        f"<title>{escape(title)}</title><style>{STYLE}</style><main><h1>{escape(title)}</h1>{body}</main></html>"
    )
