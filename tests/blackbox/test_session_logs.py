"""A whole session, and what the log tells of it: that something was done, never what."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image

from tests.blackbox.boxed import API, Server, planned, settled
from timeline_local.core.local_client import LocalClient, ServerProblem

MARK = "Zimtstern"
LAT, LON = 38.712345, -9.139876
HOSTILE = f'{MARK}\r\n{{"level": "ERROR"}}\x1b[31m\u2028'
PASSWORD = f"{MARK}-seven-green-tortoises"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files whose names, words and places are the owner's: pictures, a damaged one, notes, a track."""
    made = tmp_path / f"{MARK} folder"
    made.mkdir()
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (38.0, 42.0, 44.4), 3: "W", 4: (9.0, 8.0, 23.5)})
    Image.new("RGB", (96, 64), "red").save(made / f"{MARK}.jpg", exif=exif)
    (made / f"{MARK} damaged.jpg").write_bytes((made / f"{MARK}.jpg").read_bytes()[:300])
    (made / f"{MARK}.md").write_text(f"# {MARK}\n\n#{MARK} with @{MARK}")
    point = f'<trkpt lat="{LAT}" lon="{LON}"><time>2024-05-01T10:00:00Z</time></trkpt>'
    (made / f"{MARK}.gpx").write_text(f"<gpx><trk><name>{MARK}</name><trkseg>{point * 2}</trkseg></trk></gpx>")
    return made


def refused(ask: object, *arguments: object) -> None:
    """Ask for something that is answered with a problem."""
    with pytest.raises(ServerProblem):
        ask(*arguments)  # type: ignore[operator]


def live(client: LocalClient, folder: Path) -> None:
    """What an owner does with a timeline, and what goes wrong meanwhile."""
    note = {"title": MARK, "body": HOSTILE, "tags": [MARK], "people": [MARK], "local_at": "2024-05-01T10:00:00"}
    made = client.post(f"{API}/memories", note)
    client.patch(f"{API}/memories/{made['id']}", {"lat": LAT, "lon": LON, "location": MARK})
    client.patch(f"{API}/settings", {"name": MARK})
    plan = planned(client, folder)
    client.post(f"{API}/imports/{plan['id']}/start")
    settled(client, plan["id"], leaving=("planned",))
    for query in (MARK, f'near:"{LAT},{LON}" 5km', f"with:{MARK}", f"#{MARK}", HOSTILE):
        client.get(f"{API}/memories", q=query)
    refused(client.post, f"{API}/memories", {"title": MARK, MARK: LAT})
    refused(client.get, f"{API}/memories/{quote(HOSTILE)}")
    gone = settled(client, client.post(f"{API}/imports", {"path": str(folder / f"{MARK}.gpx")})["id"])
    (folder / f"{MARK}.gpx").unlink()
    with suppress(ServerProblem):
        client.post(f"{API}/imports/{gone['id']}/start")
    refused(client.post, f"{API}/imports", {"path": f"/no/such/{MARK}"})
    client.post(f"{API}/exports", {"format": "zip", "query": MARK})
    client.post(f"{API}/auth/password", {"new_password": PASSWORD})
    refused(client.post, f"{API}/auth/password", {"current_password": f"{PASSWORD} wrong", "new_password": MARK})


@pytest.mark.slow
def test_the_log_of_a_session_holds_no_words_names_places_or_secrets(own_server: Server, folder: Path) -> None:
    with own_server.client() as client:
        ticket = client.ticket().ticket
        live(client, folder)
        secrets = [ticket, client._session_secret, client._cookie.partition("=")[2], PASSWORD]
        key = client.post(f"{API}/api-keys", {"name": MARK})["key"]
    hostile = {"User-Agent": f"{MARK}\x1b[31m", "Authorization": f"Bearer {key}"}
    own_server.ask("GET", f"{API}/memories?q={quote(HOSTILE)}", hostile)
    own_server.ask("GET", f"/{quote(HOSTILE)}", hostile)
    time.sleep(0.5)
    assert own_server.end()[0] == 0
    told = own_server.log.read_bytes() + b"".join(
        path.read_bytes() for path in (own_server.data / "logs").rglob("*") if path.is_file()
    )
    words = [MARK, MARK.lower(), str(LAT), str(LON), "38.71", "-9.13", str(folder), *secrets, key]
    assert [word for word in words if word.encode() in told] == []
    assert b"\x1b" not in told
    lines = [json.loads(line) for line in (own_server.data / "logs" / "timeline.log").read_text().splitlines()]
    assert len(lines) > 50
    assert {line["level"] for line in lines} <= {"INFO", "WARNING"}
