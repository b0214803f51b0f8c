"""The client of the server on this computer, for the command line and the tray. Standard library only.

It finds the server by the library's run file, lets it prove that it holds the library's secret, and only then asks for
a ticket: a stranger's program that sits on the port learns nothing. Neither ticket nor session ever stands in a command
line, an environment variable or a query string.
"""

from __future__ import annotations

import hmac
import http.client
import json
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlencode

from timeline_local.core.install_secrets import Secrets, read_secrets
from timeline_local.core.instance import RuntimeInfo, read_runtime
from timeline_local.core.private_files import make_private_dir, write_private
from timeline_local.core.security import client_proof, server_proof

API = "/api/v1"
TIMEOUT_S = 30.0
PROBE_TIMEOUT_S = 2.0
LARGEST_ANSWER = 64 * 1024 * 1024
PIECE = 1024 * 1024


class NoServer(Exception):
    """No server of this library answers; a program that could not prove itself counts as none."""


class ServerProblem(Exception):
    """The server refused: its status and problem document."""

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        self.status = status
        self.document = dict(document)
        self.slug = str(document.get("type", "")).removeprefix("/problems/")
        super().__init__(str(document.get("detail") or document.get("title") or f"status {status}"))


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One server-sent event; `data` is its JSON."""

    name: str
    id: str
    data: Any


@dataclass(frozen=True, slots=True)
class Ticket:
    """A one-time ticket, and the address that signs a browser in with it (the ticket stands in the fragment)."""

    ticket: str
    url: str


def find_server(data_dir: Path) -> tuple[RuntimeInfo, Secrets] | None:
    """The running server of this library if it proves itself, else None. Cost: one small request."""
    data_dir = data_dir.expanduser().resolve()
    info, held = read_runtime(data_dir), read_secrets(data_dir)
    if info is None or held is None or info.instance_id != held.instance_id:
        return None
    return (info, held) if _challenge(info, held) else None


def _challenge(info: RuntimeInfo, held: Secrets) -> str | None:
    """The server's nonce, once it has proved that it holds the secret; None otherwise."""
    nonce = secrets.token_hex(32)
    try:
        status, _, body = _exchange(info, "GET", f"{API}/auth/challenge?nonce={nonce}", timeout_s=PROBE_TIMEOUT_S)
        answer = json.loads(body)
        proof, server_nonce = str(answer["proof"]), str(answer["nonce"])
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException):
        return None
    expected = server_proof(held.instance, nonce).encode()
    genuine = hmac.compare_digest(expected, proof.encode("utf-8", "surrogatepass"))
    return server_nonce if status == http.client.OK and genuine else None


def _exchange(
    info: RuntimeInfo,
    method: str,
    path: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> tuple[int, http.client.HTTPMessage, bytes]:
    with closing(http.client.HTTPConnection(info.host, info.port, timeout=timeout_s)) as connection:
        connection.request(method, path, body=body, headers=_headers(info, body, headers))
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read(LARGEST_ANSWER)


def _headers(info: RuntimeInfo, body: bytes | None, more: Mapping[str, str] | None) -> dict[str, str]:
    authority = _authority(info)
    headers = {"Host": authority, "Origin": f"http://{authority}", "Accept-Encoding": "identity"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    return headers | dict(more or {})


def _authority(info: RuntimeInfo) -> str:
    return f"[{info.host}]:{info.port}" if ":" in info.host else f"{info.host}:{info.port}"


class LocalClient:
    """A signed-in client of this library's running server. Build it with `connect`; JSON in, JSON out.

    Each call is one connection. Raises ServerProblem for refusals and NoServer when the server is gone.
    """

    def __init__(self, info: RuntimeInfo, held: Secrets, *, timeout_s: float = TIMEOUT_S) -> None:
        self.info = info
        self._timeout_s = timeout_s
        self._secrets = held
        self._cookie = ""
        self._session_secret = ""

    @classmethod
    def find(cls, data_dir: Path, *, timeout_s: float = TIMEOUT_S) -> Self:
        """A client that is not signed in; raises NoServer if no server of this library runs."""
        found = find_server(data_dir)
        if found is None:
            raise NoServer(f"no server of the library in {data_dir} is running")
        return cls(*found, timeout_s=timeout_s)

    @classmethod
    def connect(cls, data_dir: Path, *, password: Callable[[], str] | None = None) -> Self:
        """A client with a session of its own; raises NoServer if no server of this library runs.

        password  asked for where the app lock is on; without it, that is a ServerProblem.
        """
        client = cls.find(data_dir)
        try:
            client.sign_in()
        except ServerProblem as problem:
            if problem.slug != "password-needed" or password is None:
                raise
            client.sign_in(password())
        return client

    def ticket(self) -> Ticket:
        """A fresh one-time ticket, asked for only after the server has proved itself again."""
        answer = self.post(f"{API}/auth/tickets", self.proof())
        return Ticket(str(answer["ticket"]), str(answer["url"]))

    def tray(self, action: str, target: str | None = None) -> dict[str, Any]:
        """How things stand, after doing this; see `POST /system/tray`. Needs no session, so no password either."""
        asked = self.proof() | {"action": action} | ({"target": target} if target else {})
        answer: dict[str, Any] = self.post(f"{API}/system/tray", asked)
        return answer

    def proof(self) -> dict[str, str]:
        """What shows the server, once, that this program may read the library's secrets; the server shows it first."""
        nonce = _challenge(self.info, self._secrets)
        if nonce is None:
            raise NoServer("the program on the server's port could not prove that it is ours")
        return {"nonce": nonce, "proof": client_proof(self._secrets.instance, nonce)}

    def sign_in(self, password: str | None = None) -> None:
        """Redeem a ticket for a session of this client. password: where the app lock is on."""
        given = {"ticket": self.ticket().ticket} | ({} if password is None else {"password": password})
        body = json.dumps(given).encode()
        status, headers, content = self._call("POST", f"{API}/auth/redeem", body)
        answer = _answer(status, content)
        name = self._secrets.cookie_name
        cookies = [value.split(";", 1)[0] for value in headers.get_all("Set-Cookie", [])]
        self._cookie = next((cookie for cookie in cookies if cookie.startswith(f"{name}=")), "")
        self._session_secret = str(answer["session_secret"])

    def get(self, path: str, **query: str | float | None) -> Any:  # noqa: ANN401 - JSON
        """The JSON of a GET; query values of None are left out."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._json("GET", f"{path}?{urlencode(given, quote_via=quote)}" if given else path)

    def post(self, path: str, value: Any = None) -> Any:  # noqa: ANN401 - JSON
        return self._json("POST", path, value)

    def patch(self, path: str, value: Any) -> Any:  # noqa: ANN401 - JSON
        return self._json("PATCH", path, value)

    def delete(self, path: str) -> Any:  # noqa: ANN401 - JSON
        return self._json("DELETE", path)

    def download(self, path: str, *, idle_s: float = 60.0) -> Iterator[bytes]:
        """The bytes of a file, of any size, in pieces. Raises as the other calls, before the first piece."""
        with closing(http.client.HTTPConnection(self.info.host, self.info.port, timeout=idle_s)) as connection:
            try:
                connection.request("GET", path, headers=_headers(self.info, None, self._session()))
                answer = connection.getresponse()
                if answer.status != http.client.OK:
                    _answer(answer.status, answer.read(LARGEST_ANSWER))
                while chunk := answer.read(PIECE):
                    yield chunk
            except (OSError, http.client.HTTPException) as error:
                raise NoServer("the server does not answer any more") from error

    def stream_events(self, *, last_event_id: str = "", idle_s: float = 60.0) -> Iterator[ServerEvent]:
        """The server's events until it ends the stream. The server sends a comment every 15 s, so idle_s is a hang."""
        more = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_event_id} if last_event_id else {})
        with closing(http.client.HTTPConnection(self.info.host, self.info.port, timeout=idle_s)) as connection:
            try:
                connection.request("GET", f"{API}/events", headers=_headers(self.info, None, self._session() | more))
                answer = connection.getresponse()
                if answer.status != http.client.OK:
                    _answer(answer.status, answer.read(LARGEST_ANSWER))
                yield from parse_events(line.decode("utf-8", "replace") for line in answer)
            except (OSError, http.client.HTTPException) as error:
                raise NoServer("the server ended the stream of events") from error

    def close(self) -> None:
        """End the session; a server that is gone has ended it already."""
        if self._session_secret:
            with suppress(NoServer, ServerProblem):
                self.post(f"{API}/auth/logout")
            self._cookie = self._session_secret = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _session(self) -> dict[str, str]:
        return {"Cookie": self._cookie, "X-TL-Session": self._session_secret} if self._session_secret else {}

    def _call(self, method: str, path: str, body: bytes | None) -> tuple[int, http.client.HTTPMessage, bytes]:
        try:
            return _exchange(self.info, method, path, body=body, headers=self._session(), timeout_s=self._timeout_s)
        except (OSError, http.client.HTTPException) as error:
            raise NoServer("the server does not answer any more") from error

    def _json(self, method: str, path: str, value: Any = None) -> Any:  # noqa: ANN401 - JSON
        body = None if value is None else json.dumps(value).encode()
        status, _, content = self._call(method, path, body)
        return _answer(status, content)


def _answer(status: int, content: bytes) -> Any:  # noqa: ANN401 - JSON
    try:
        value = json.loads(content) if content else None
    except ValueError:
        value = None
    if status >= http.client.BAD_REQUEST:
        raise ServerProblem(status, value if isinstance(value, dict) else {})
    return value


def parse_events(lines: Iterator[str]) -> Iterator[ServerEvent]:
    """The events of a `text/event-stream`; comments and events without JSON data are skipped."""
    fields: dict[str, str] = {}
    for line in lines:
        text = line.rstrip("\r\n")
        if text:
            name, _, value = text.partition(":")
            value = value.removeprefix(" ")
            fields[name] = f"{fields[name]}\n{value}" if name == "data" and name in fields else value
            continue
        if fields.get("data"):
            with suppress(ValueError):
                yield ServerEvent(fields.get("event", "message"), fields.get("id", ""), json.loads(fields["data"]))
        fields = {}


def launch_page(ticket_url: str) -> str:
    """A page that leads the browser to this address: in a launch file, the way to open it without showing the ticket.

    A ticket in the browser's command line could be read by every user of the computer.
    """
    # In a script element only `<` could end it early, and a JSON string may hold it as an escape.
    address = json.dumps(ticket_url).replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
        f"<title>Opening the timeline</title><p>Opening the timeline …</p><script>location.replace({address})</script>"
    )


def write_launch_file(page: str, folder: Path | None = None) -> Path:
    """A private file with this page. folder: where to put it (made 0700); by default a fresh temporary folder.

    The caller deletes it (`remove_launch_file`); one that holds a ticket after 60 s.
    """
    place = folder or Path(tempfile.mkdtemp(prefix="timeline-local-"))
    make_private_dir(place)
    path = place / f"open-{secrets.token_hex(8)}.html"
    write_private(path, page.encode())
    return path


def remove_launch_file(path: Path) -> None:
    """Delete a launch file, and its folder if `write_launch_file` made that for it."""
    path.unlink(missing_ok=True)
    if path.parent.name.startswith("timeline-local-"):
        with suppress(OSError):
            path.parent.rmdir()
