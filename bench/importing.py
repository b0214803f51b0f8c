"""A Takeout imported, killed, undone: `python -m bench.importing --items 2000 --zips 10 --kills 20`.

The floor is what nobody who copies can do without: the same files read out of the zips, hashed and written by one
thread, and all of it on the disk in the end. It acknowledges nothing before that end; so a second floor is printed,
which does not count for the goal: each file is durable under its name before the next is read, as what has acknowledged
an item must have it.

Prints the rate against the floor, the server's largest memory, whether a library that was killed while it imported
holds every item exactly once, and whether undoing gives a library back what it held. Exit status 1 if anything of it is
not as it must be. How large pictures are decides which of copying and knowing weighs more: see `bench.takeout`.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import sys
import tempfile
import time
import zipfile
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import httpx

from bench import servers
from bench.mixed import owner_of
from bench.servers import Served, start
from bench.takeout import Made, make_takeout
from timeline_local.core.database import sqlite_module
from timeline_local.core.private_files import sync_dir

API = "/api/v1"
GOAL = 0.3
_WAIT_S = 3 * 3600
_IDLE_S = 0.02
# Everything an owner would miss; imports, jobs, the audit log and counters of changes go on.
_CONTENT = (
    "memory", "memory_text", "memory_tag", "memory_person", "memory_media", "memory_path", "media_file", "tag",
    "person", "identity", "location", "collection", "collection_member", "relation", "provenance", "bucket_count",
    "device", "position", "source_link", "relation_ref",
)  # fmt: skip


class Library:
    """One library with its server, which may be killed and started again."""

    def __init__(self, folder: Path, log: IO[bytes]) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700)
        self._log = log
        self.served: Served = self._start()
        with owner_of(folder) as owner:
            key = owner.post(f"{API}/api-keys", {"name": "bench"})["key"]
        self._headers = {"Authorization": f"Bearer {key}"}
        self.peak_mb = 0.0

    def _start(self) -> Served:
        return start(servers.application(self.folder), f"{API}/health", log=self._log)

    def kill(self) -> None:
        """As a power cut: no signal can be caught."""
        self.served.process.kill()
        self.served.process.wait()
        self.served = self._start()

    def ask(self, method: str, path: str, content: object = None, *, status: int = 200) -> Any:  # noqa: ANN401 - JSON
        url = f"http://127.0.0.1:{self.served.port}{API}{path}"
        answer = httpx.request(method, url, json=content, headers=self._headers, timeout=60)
        if answer.status_code != status:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json()

    def import_once(self, path: Path) -> str:
        """Plan and start; the import's id."""
        made = self.ask("POST", "/imports", {"path": str(path), "options": {"mode": "copy"}}, status=201)
        return str(made["id"])

    def state(self, import_id: str) -> str:
        self.peak_mb = max(self.peak_mb, self.served.rss_mb())
        found = self.ask("GET", f"/imports/{import_id}")
        if found["state"] in ("failed", "cancelled"):
            raise RuntimeError(f"the import is {found['state']}: {found['error']}")
        return str(found["state"])

    def until(self, import_id: str, state: str) -> None:
        ends = time.monotonic() + _WAIT_S
        while self.state(import_id) != state:
            if time.monotonic() > ends:
                raise RuntimeError(f"the import is not {state}")
            time.sleep(0.25)  # each look takes the server a millisecond or two

    def settle(self) -> None:
        """Wait until the server does nothing: after its start it compresses the pages of its UI."""
        used = -1.0
        while self.served.cpu_s() - used > _IDLE_S:
            used = self.served.cpu_s()
            time.sleep(1)

    def undo(self, import_id: str) -> None:
        self.ask("POST", f"/imports/{import_id}/undo", {})
        self.until(import_id, "undone")

    def rows(self, statement: str) -> list[Any]:
        with closing(sqlite_module().connect(f"file:{self.folder / 'timeline.db'}?mode=ro", uri=True)) as db:
            found: list[Any] = db.execute(statement).fetchall()
        return found

    def content(self) -> dict[str, str]:
        """A hash of each table of content, and of the stored originals."""
        found = {name: _hash(map(repr, self.rows(f"SELECT * FROM {name}"))) for name in _CONTENT}
        found["originals"] = _hash(path.name for path in (self.folder / "media").rglob("*") if path.is_file())
        return found


def _hash(lines: Any) -> str:  # noqa: ANN401 - any iterable of text
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def floor(made: Made, target: Path, *, is_durable: bool) -> float:
    """Items a second when their files are only read out of the zips, hashed and written; safe at once or in the end.

    The copies stay: ext4 passes over what was deleted in the last minutes wherever it makes a file, one by one, which
    took whoever came next half a millisecond a file.
    """
    target.mkdir()
    started = time.perf_counter()
    for archive_path in sorted(made.folder.glob("*.zip")):
        with zipfile.ZipFile(archive_path) as archive:
            for name in archive.namelist():
                if name.endswith(".jpg") and "/Album " not in name:
                    _copy(archive.read(name), target, is_durable=is_durable)
    os.sync()
    return made.items / (time.perf_counter() - started)


def _copy(data: bytes, target: Path, *, is_durable: bool) -> None:
    place = target / hashlib.sha256(data).hexdigest()
    if not is_durable:
        place.write_bytes(data)
        return
    with (target / "part").open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    (target / "part").rename(place)
    sync_dir(target)


def measure(made: Made, folder: Path, log: IO[bytes]) -> bool:
    """One quiet import and its undoing: whether all of it was as it must be."""
    began = time.process_time()
    least = floor(made, folder / "floor", is_durable=False)
    floor_ms = (time.process_time() - began) / made.items * 1000
    durable = floor(made, folder / "durable", is_durable=True)
    library = Library(folder / "quiet", log)
    library.ask(
        "POST", "/memories", {"title": "mine", "body": "before", "tags": ["sea"], "people": ["Person 1"]}, status=201
    )
    before = library.content()
    library.settle()
    started, used = time.perf_counter(), [library.served.cpu_s()]
    import_id = library.import_once(made.folder)
    library.until(import_id, "planned")
    planned = time.perf_counter() - started
    used.append(library.served.cpu_s())
    library.ask("POST", f"/imports/{import_id}/start", {})
    library.until(import_id, "done")
    total = time.perf_counter() - started
    used.append(library.served.cpu_s())
    plan_ms, write_ms = ((late - early) / made.items * 1000 for early, late in pairwise(used))
    ratio = made.items / total / least
    print(f"floor                 {least:8.0f} items/s   ({made.media_bytes / 1e6:.0f} MB of {made.media} files)")
    print(f"each file durable     {durable:8.0f} items/s")
    print(f"planned               {made.items / planned:8.0f} items/s")
    print(f"written               {made.items / (total - planned):8.0f} items/s")
    compared = f"{ratio:.2f} of the floor, goal {GOAL}; {ratio * least / durable:.2f} of the durable one"
    print(f"planned and written   {made.items / total:8.0f} items/s   {compared}")
    print(f"processor time        {floor_ms:8.1f} ms an item for the floor; the server: {plan_ms:.1f} + {write_ms:.1f}")
    print(f"memory                {library.peak_mb:8.0f} MB at most, server and helpers")
    sound = _is_whole(library, made, besides=1)
    again = library.import_once(made.folder)
    library.until(again, "planned")
    verdicts = library.ask("GET", f"/imports/{again}")["plan"]
    print(f"again                 {verdicts.get('new', 0):8} new, {verdicts.get('changed', 0)} changed")
    started = time.perf_counter()
    library.undo(import_id)
    undone = made.items / (time.perf_counter() - started)
    after = library.content()
    other = [name for name in before if before[name] != after[name]]
    how = "as before" if not other else "differs in " + ", ".join(other)
    print(f"undone                {undone:8.0f} items/s   {how}")
    library.served.stop()
    return sound and ratio >= GOAL and not other and not verdicts.get("new")


def kill(made: Made, folder: Path, log: IO[bytes], *, kills: int, seed: int) -> bool:
    """The same import into new libraries, their servers killed at random, until all kills are used up."""
    dice = random.Random(seed)
    left, sound = kills, True
    for number in range(kills):
        if not left:
            break
        library = Library(folder / f"killed-{number}", log)
        used = _killed(library, made, dice, most=left)
        left -= used
        print(f"killed                {used:8} times")
        sound = _is_whole(library, made, besides=0) and sound
        library.served.stop()
    return sound and not left


def _killed(library: Library, made: Made, dice: random.Random, *, most: int) -> int:
    """Import, with the server killed every few seconds, `most` times at most; how often it was."""
    import_id = library.import_once(made.folder)
    used, is_started = 0, False
    while (state := library.state(import_id)) != "done":
        if state == "planned" and not is_started:
            library.ask("POST", f"/imports/{import_id}/start", {})
            is_started = True
        time.sleep(dice.uniform(0.5, 5))
        if used < most:
            library.kill()
            used += 1
    return used


def _is_whole(library: Library, made: Made, *, besides: int) -> bool:
    ((memories,),) = library.rows("SELECT count(*) FROM memory")
    ((named, files),) = library.rows("SELECT count(DISTINCT file_name), count(*) FROM media_file")
    ((linked,),) = library.rows("SELECT count(*) FROM memory_media WHERE role = 'primary'")
    stored = sum(path.is_file() for path in (library.folder / "media").rglob("*"))
    ((members,),) = library.rows("SELECT count(*) FROM collection_member")
    whole = (memories - besides, linked, files, named, stored, members)
    wanted = (made.items, made.items, made.media, made.media, made.media, (made.items + 9) // 10)
    names = ("memories", "primaries", "files", "names", "stored", "in albums")
    wrong = [
        f"{name} {each}, not {want}" for name, each, want in zip(names, whole, wanted, strict=True) if each != want
    ]
    print(f"held                  {'every item once' if not wrong else '; '.join(wrong)}")
    return not wrong


def main() -> int:
    """Run it; 0 if everything is as it must be."""
    parser = argparse.ArgumentParser(prog="python -m bench.importing")
    parser.add_argument("--items", type=int, default=2_000)
    parser.add_argument("--zips", type=int, default=10)
    parser.add_argument("--kb", type=int, help="size of a picture (default: as real ones have)")
    parser.add_argument("--deflate", action="store_true", help="compress what the zips hold")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="timeline-import-") as name:
        folder = Path(name)
        made = make_takeout(
            folder / "takeout",
            items=given.items,
            zips=given.zips,
            kilobytes=given.kb,
            seed=given.seed,
            compression=zipfile.ZIP_DEFLATED if given.deflate else zipfile.ZIP_STORED,
        )
        with (folder / "server.log").open("wb") as log:
            sound = measure(made, folder, log)
            survived = not given.kills or kill(made, folder, log, kills=given.kills, seed=given.seed)
    return int(not (sound and survived))


if __name__ == "__main__":
    sys.exit(main())
