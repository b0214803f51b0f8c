"""Full, read-only, foreign and vanished disks under a running server: what is said, what is kept, how it goes on.

They need root and a kernel that mounts; the skips say which of it is missing.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.blackbox.boxed import API, Answer, Server, all_memories, clean_environment, command, planned, settled
from tests.faults import disks
from timeline_local.core.local_client import LocalClient
from timeline_local.core.reserve import WHOLE
from timeline_local.desktop.facts import facts_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

WAIT_S = 60.0
EXT4 = ("mkfs.ext4", "-q", "-F")


class Owner:
    """Writes notes, and knows which of them were acknowledged."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.kept: list[str] = []
        self.headers = {"Authorization": f"Bearer {server.api_key()}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        return self.server.ask(method, f"{API}{path}", self.headers | headers, body)

    def write(self, title: str) -> Answer:
        answer = self.ask("POST", "/memories", json.dumps({"title": title, "body": "words " * 1000}).encode())
        if answer.status == http.client.CREATED:
            self.kept.append(title)
        return answer

    def upload(self, picture: Path) -> Answer:
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        body = head + picture.read_bytes() + b"\r\n--b--\r\n"
        return self.ask("POST", "/media", body, **{"Content-Type": "multipart/form-data; boundary=b"})

    def found(self) -> set[str]:
        with self.server.client() as client:
            return {memory["title"] for memory in all_memories(client)}

    def tray_says(self) -> str:
        return facts_of(LocalClient.find(self.server.data).tray("look")).line


def slug(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json["type"].removeprefix("/problems/")


def until(true: Callable[[], bool]) -> None:
    give_up = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.1)


def said_by(data: Path, *arguments: str) -> str:
    """What a command that must fail says. data lies on a disk of a test's folder, which is the account's home."""
    home = data.parents[1]
    ended = subprocess.run(
        command(*arguments, "--data", str(data)),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        cwd=home,
        env=clean_environment(home),
    )
    assert ended.returncode == 1, ended.stdout
    assert "Traceback" not in ended.stderr
    return ended.stderr


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(20):
        Image.effect_noise((320, 240), 60).save(folder / f"{number}.jpg")
    return folder


def serve(point: Path, **settings: str) -> Server:
    return Server(point / "library", settings=settings, home=point.parent)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with disks.memory(tmp_path / "disk") as point:
        yield point


@pytest.fixture
def owner(disk: Path, tmp_path: Path) -> Iterator[Owner]:
    """A library on a small disk."""
    with serve(disk) as server:
        yield Owner(server)


def test_on_a_full_disk_everything_says_so_nothing_is_lost_and_it_goes_on_by_itself(
    owner: Owner, disk: Path, pictures: Path
) -> None:
    assert owner.write("before").status == 201
    use_up(owner, disk)
    assert slug(owner.write("while full")) == (507, "disk-full")
    refused = owner.upload(pictures / "0.jpg")
    assert slug(refused) == (507, "disk-full")
    assert "kept free" in refused.json["detail"]
    assert len(owner.ask("GET", "/memories").json["items"]) == len(owner.kept)
    assert owner.ask("GET", "/health/ready").json["checks"]["disk"] == "full"
    assert owner.tray_says() == "Needs attention: the disk is full"
    assert "no space left" in said_by(owner.server.data, "import", str(pictures), "--yes")
    (disk / "ballast").unlink()
    assert owner.write("after").status == 201
    assert owner.tray_says() == f"Running — {len(owner.kept)} memories"
    assert owner.found() == set(owner.kept) >= {"before", "after"}
    assert (owner.server.data / "reserve").stat().st_size == WHOLE
    assert owner.server.end()[0] == 0
    assert "Logging error" not in owner.server.log.read_text()


def use_up(owner: Owner, disk: Path) -> None:
    """Fill the disk, and again what the library gives back of its reserve, until nothing is left of that."""
    reserve = owner.server.data / "reserve"
    while True:
        disks.fill(disk / "ballast")
        if reserve.stat().st_size == 0:
            return
        owner.write(f"with {reserve.stat().st_size} bytes in reserve")


def test_on_a_disk_that_others_filled_one_signs_in_deletes_and_starts(owner: Owner, disk: Path) -> None:
    found = [owner.write(f"note {number}").json["id"] for number in range(200)]
    disks.fill(disk / "ballast")
    for id_ in found[:150]:
        assert owner.ask("DELETE", f"/memories/{id_}").status == 204
    with owner.server.client() as client:
        assert client.get(f"{API}/bootstrap")["memories"] == 50
    assert owner.tray_says() == "Needs attention: the disk is full"
    assert owner.server.end()[0] == 0
    disks.fill(disk / "ballast")
    owner.server.restart()
    with owner.server.client() as client:
        assert client.get(f"{API}/bootstrap")["memories"] == 50


def test_a_picture_that_found_no_room_for_its_previews_gets_them_later(owner: Owner, pictures: Path) -> None:
    with owner.server.client() as client:
        client.patch(f"{API}/system", {"paused": True})
    previews = owner.server.data / "previews"
    with disks.mounted(previews, "-t", "tmpfs", "-o", "size=8k,mode=700", "tmpfs"):
        disks.fill(previews / "ballast")
        media = owner.upload(pictures / "0.jpg").json["media"]["id"]
        assert slug(owner.ask("GET", f"/media/{media}/preview/grid")) == (507, "disk-full")
        assert owner.ask("GET", f"/media/{media}").json["preview_state"] == "pending"
    assert owner.ask("GET", f"/media/{media}/preview/grid").status == 200


def test_an_import_that_fills_the_disk_keeps_what_is_whole_and_goes_on_when_there_is_room(
    owner: Owner, disk: Path, pictures: Path
) -> None:
    with owner.server.client() as client:
        plan = planned(client, pictures)
        disks.fill(disk / "ballast")
        answer = owner.ask("POST", f"/imports/{plan['id']}/start")
        assert slug(answer) == (507, "disk-full")
        (disk / "ballast").unlink()
        client.post(f"{API}/imports/{plan['id']}/start")
        done = settled(client, plan["id"], leaving=("planned",))
    assert (done["state"], done["counts"]["new"], done["counts"]["failed"]) == ("done", 20, 0)


def test_a_server_is_not_started_on_a_full_disk(disk: Path, tmp_path: Path) -> None:
    with serve(disk) as server:
        server.end()
    (disk / "library" / "reserve").unlink()
    disks.fill(disk / "ballast")
    said = said_by(disk / "library", "serve", "--no-browser", "--port", "0")
    assert "is full (0 bytes are free)" in said


@pytest.fixture
def device(tmp_path: Path) -> Iterator[str]:
    with disks.image(tmp_path, *EXT4) as made:
        yield made


@pytest.fixture
def point(tmp_path: Path, device: str) -> Iterator[Path]:
    """Where the disk is mounted."""
    with disks.mounted(tmp_path / "disk", "-o", "errors=remount-ro", device) as made:
        yield made


@pytest.fixture
def resident(point: Path, tmp_path: Path) -> Iterator[Owner]:
    """A library on a disk that can be taken away."""
    with serve(point) as server:
        yield Owner(server)


def test_a_disk_that_becomes_read_only_is_told_as_such_and_taken_again_once_it_was_mended(
    resident: Owner, point: Path, device: str, pictures: Path
) -> None:
    assert resident.write("before").status == 201
    disks.break_ext4(device)
    assert slug(resident.write("while read-only")) == (503, "library-read-only")
    assert slug(resident.upload(pictures / "0.jpg")) == (503, "library-read-only")
    assert len(resident.ask("GET", "/memories").json["items"]) == 1
    assert resident.ask("GET", "/health/ready").json["checks"]["disk"] == "read-only"
    assert resident.tray_says() == "Needs attention: the disk is read-only"
    assert "often mounted read-only" in said_by(resident.server.data, "import", str(pictures), "--yes")
    disks.take_away(point)
    until(lambda: disks.is_free(device))
    subprocess.run(["fsck.ext4", "-p", device], check=False, capture_output=True)
    disks.mount(device, point)
    until(lambda: resident.write("after").status == 201)
    assert resident.found() == set(resident.kept)
    assert resident.server.end()[0] == 0


def test_a_library_on_a_read_only_disk_is_not_opened(point: Path, device: str, tmp_path: Path) -> None:
    with serve(point) as server:
        server.end()
    disks.take_away(point)
    disks.mount("-o", "ro", device, point)
    said = said_by(point / "library", "serve", "--no-browser", "--port", "0")
    assert f"is read-only (ext4 at {point})" in said


def taken_away_and_put_back(owner: Owner, point: Path, pictures: Path, put_back: Callable[[], None]) -> dict[str, Any]:
    """In the middle of an import; the import once it is done."""
    with owner.server.client() as client:
        plan = planned(client, pictures)
        client.post(f"{API}/imports/{plan['id']}/start")
    assert owner.write("before").status == 201
    disks.take_away(point)
    until(lambda: slug(owner.write("while away")) == (503, "library-away"))
    until(lambda: owner.ask("GET", "/memories").status == 503)
    assert "is not connected" in said_by(owner.server.data, "import", str(pictures), "--yes")
    assert list(point.iterdir()) == []
    put_back()
    until(lambda: owner.ask("GET", "/memories").status == 200)
    assert owner.write("after").status == 201
    assert set(owner.kept) <= owner.found()
    with owner.server.client() as client:
        return settled(client, plan["id"], leaving=("planned",))


def test_a_disk_that_is_pulled_out_under_load_is_taken_again(
    resident: Owner, point: Path, device: str, pictures: Path
) -> None:
    done = taken_away_and_put_back(resident, point, pictures, lambda: disks.mount(device, point))
    assert (done["state"], done["counts"]["new"], done["counts"]["failed"]) == ("done", 20, 0)
    assert resident.server.end()[0] == 0


def test_a_folder_that_is_mounted_from_elsewhere_is_taken_again(tmp_path: Path, pictures: Path) -> None:
    disks.needs()
    real = tmp_path / "real"
    real.mkdir()
    with (
        disks.mounted(tmp_path / "disk", "--bind", real) as bound,
        serve(bound, TIMELINE_IMPORTS__BATCH="2") as server,
    ):
        put_back = lambda: disks.mount("--bind", real, bound)  # noqa: E731
        done = taken_away_and_put_back(Owner(server), bound, pictures, put_back)
        assert (done["state"], done["counts"]["new"]) == ("done", 20)


def test_a_disk_that_is_not_there_at_the_start_gets_no_new_library(point: Path, tmp_path: Path) -> None:
    with serve(point) as server:
        server.end()
    disks.take_away(point)
    said = said_by(point / "library", "serve", "--no-browser", "--port", "0")
    assert "is not connected" in said
    assert list(point.iterdir()) == []


@pytest.mark.parametrize(
    ("make", "kind"), [(("mkfs.vfat",), "vfat"), (("mkfs.exfat",), "exfat"), (("mkfs.exfat",), "exfat-fuse")]
)
def test_no_library_is_put_on_a_disk_that_keeps_no_file_private(
    tmp_path: Path, make: tuple[str, ...], kind: str
) -> None:
    disks.needs(*(["mount.exfat-fuse"] if kind == "exfat-fuse" else []))
    with (
        disks.image(tmp_path, *make) as device,
        disks.mounted(tmp_path / "disk", "-t", kind, "-o", "umask=077", device) as point,
    ):
        said = said_by(point / "library", "serve", "--no-browser", "--port", "0")
        assert "keeps no file private" in said
        assert list(point.iterdir()) == []
