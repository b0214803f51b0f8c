"""Uses the self-contained application as a person would, where there is no Python: `just smoke`.

    python -m tools.smoke_frozen [PROGRAM]

Its environment names an empty folder as the only place of programs and no time zones of the system. Asked: pages and
keys, a folder of real pictures imported through the decoding processes, a preview of each, search, an export, the job
worker's refusal, a start without standard streams, the launcher with its server, and that all of it ends.

Two figures are printed, and end it above their limit: what a start costs until everything is answered, and what the
launcher and its server hold while nothing is done. Of the start it is processor time that counts, of the best of three:
by the clock, a computer that does something else would decide.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
from PIL import Image

from tests.raw_files import dng
from tools.packaging.build import APPLICATION
from tools.smoke import ACCEPTED, OK, STOP_S, Program, Server, expect, free_port, request, wait_for_health
from tools.smoke_package import ask_everything

CORPORA = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "media"
REAL = (
    "immich-test-assets/formats/heic/IMG_2682.heic",
    "immich-test-assets/formats/jpg/el_torcal_rocks.jpg",
    "immich-test-assets/formats/webp/denali.webp",
    "metadata-extractor/mp4/with-gps.mp4",
    "metadata-extractor/mov/with-gps.mov",
)
CAMERA = 0x010F
SCOPES = "memories:read,memories:write,media:read,imports:read,imports:write,exports:read,exports:write,system:write"
PATIENCE_S = 60
IDLE_S = 3
MIB = 1024 * 1024
STARTS = 3
START_LIMIT_S = 3.0
IDLE_LIMIT = 200 * MIB


def main() -> None:
    """Run every step; the first that fails ends it with its reason."""
    command = Path(sys.argv[1] if len(sys.argv) > 1 else APPLICATION / "timeline-local").resolve()
    with tempfile.TemporaryDirectory(prefix="timeline-smoke-") as temporary:
        try_program(command, Path(temporary))
    print(f"{command}: imports, shows, finds, exports and ends, without any Python")


def try_program(command: Path, folder: Path) -> None:
    """Every step, in this folder, which must be empty."""
    (folder / "programs").mkdir()
    program = Program(
        (str(command),), {"HOME": str(folder), "PATH": str(folder / "programs"), "PYTHONTZPATH": "", "LANG": "C"}
    )
    library = folder / "library"
    expect("the version", program.output("version").startswith("Timeline Local "), wanted=True)
    key = program.output("api-key", "create", "--data", library, "--name", "smoke", "--scopes", SCOPES)
    with program.serving(library) as server:
        ask_everything(server, key)
        _import(program, server, key, _pictures(folder / "pictures"))
        _export(program, library, folder / "everything.zip")
    _tell_starts(program, library)
    _worker_refuses(program, library)
    _without_streams(program, library, folder)
    _launcher(program, library, key)


def _pictures(folder: Path) -> list[Path]:
    """One of each kind: real ones where the corpora are at hand, and a JPEG, a RAW and a film of our own."""
    folder.mkdir()
    exif = Image.Exif()
    exif[CAMERA] = "Ours"
    Image.new("RGB", (1600, 1200), "teal").save(folder / "camera.jpg", exif=exif)
    dng(folder / "raw.dng")
    _film(folder / "film.mp4")
    for name in REAL:
        if (CORPORA / name).exists():
            shutil.copyfile(CORPORA / name, folder / name.replace("/", "-"))
        else:
            print(f"not tried, for want of the file: {name}")
    return sorted(folder.iterdir())


def _film(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(10):
            picture = Image.new("RGB", (64, 48), (20 * number, 100, 50))
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))  # type: ignore[no-untyped-call]
        container.mux(stream.encode())


def _import(program: Program, server: Server, key: str, pictures: list[Path]) -> None:
    """Import the folder, then look at everything that came of it."""
    library = ("--data", pictures[0].parents[1] / "library")
    ended = json.loads(program.output("import", pictures[0].parent, "--yes", "--json", *library))
    expect("the import", (ended["state"], ended["counts"]["new"]), ("done", len(pictures)))

    def waiting() -> list[str]:
        """Files whose pictures are not made yet."""
        found = _memories(server, key)
        return [file["file_name"] for memory in found for file in memory["media"] if file["preview_state"] == "pending"]

    _until("all pictures are made", lambda: not waiting())
    memories = _memories(server, key)
    expect("memories", len(memories), len(pictures))
    for memory in memories:
        _look_at(server, key, memory)
    again = json.loads(program.output("import", pictures[0].parent, "--yes", "--json", *library))
    expect("the second import", again["counts"]["new"], 0)
    films = [picture for picture in pictures if picture.suffix in (".mp4", ".mov")]
    expect("films found", len(_memories(server, key, "kind:video")), len(films))
    expect("found by camera", len(_memories(server, key, "camera:Ours")), 2)
    expect("found by nothing", _memories(server, key, "surelynot"), [])


def _memories(server: Server, key: str, query: str = "") -> list[dict[str, Any]]:
    status, _, body = server.get(f"/api/v1/memories?limit=100&q={query}", key)
    expect(f"memories for {query or 'everything'}", status, OK)
    items: list[dict[str, Any]] = json.loads(body)["items"]
    return items


def _look_at(server: Server, key: str, memory: dict[str, Any]) -> None:
    """Its picture is there, and is one."""
    for file in memory["media"]:
        status, content_type, body = server.get(file["grid"] or "/", key)
        expect(f"the picture of {file['file_name']}", (status, content_type), (OK, "image/webp"))
        with Image.open(io.BytesIO(body)) as picture:
            picture.load()


def _until(what: str, holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > give_up:
            sys.exit(f"not within {PATIENCE_S} s: {what}")
        time.sleep(0.1)


def _export(program: Program, library: Path, file: Path) -> None:
    program.output("export", file, "--data", library, "--json")
    with zipfile.ZipFile(file) as archive:
        expect("damaged in the export", archive.testzip(), None)
        expect("the RAW in the export", any(name.endswith(".dng") for name in archive.namelist()), wanted=True)


def _tell_starts(program: Program, library: Path) -> None:
    """What a start of a library that is there costs, by the clock and in processor time."""
    costs: list[float] = []
    for _ in range(STARTS):
        began = time.monotonic()
        with program.serving(library) as server:
            _until("it is ready", lambda at=server.port: _answers(at))  # type: ignore[misc]
            ready_s = time.monotonic() - began
            costs.append(_processor_s(server.process.pid))
            first = f"first answer after {server.first_answer_s:.2f} s"
            print(f"start: {first}, everything after {ready_s:.2f} s, {costs[-1]:.2f} s of processor time")
    if min(costs) > START_LIMIT_S:
        sys.exit(f"a start costs {min(costs):.2f} s of processor time, more than {START_LIMIT_S} s")


def _processor_s(process: int) -> float:
    """Of a running process: in it and in the kernel for it."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _worker_refuses(program: Program, library: Path) -> None:
    """On SQLite a worker of its own has nothing to do, and says so: the command is whole."""
    done = subprocess.run(
        (*program.command, "worker", "--data", library),
        capture_output=True,
        text=True,
        check=False,
        env=program.environment,
    )
    expect(f"the worker's refusal ({done.stderr})", (done.returncode, "PostgreSQL" in done.stderr), (1, True))


def _without_streams(program: Program, library: Path, folder: Path) -> None:
    """As a desktop may start it: descriptors 0 to 2 are closed; what is printed goes to a log."""
    port = free_port()
    command = (*program.command, "serve", "--data", str(library), "--port", str(port), "--no-browser")
    closed = [(os.POSIX_SPAWN_CLOSE, number) for number in range(3)]
    process = os.posix_spawn(command[0], command, dict(program.environment), file_actions=closed)
    _until("it answers without streams", lambda: _answers(port))
    os.kill(process, signal.SIGTERM)
    _, status = os.waitpid(process, 0)
    expect("its end", os.waitstatus_to_exitcode(status), 0)
    log = folder / ".local" / "state" / "timeline-local" / "log" / "console.log"
    expect("its log", log.read_text().startswith("Timeline Local is running"), wanted=True)


def _answers(port: int) -> bool:
    try:
        return request(port, "GET", "/api/v1/health/ready")[0] == OK
    except OSError:
        return False


def _launcher(program: Program, library: Path, key: str) -> None:
    """Started without arguments and without a display; its memory is told, and it ends with its server."""
    log = library.parent / "launcher.txt"
    port = free_port()
    ours = {"TIMELINE_DATA_DIR": str(library), "TIMELINE_SERVER__PORT": str(port)}
    with log.open("w") as written:
        launcher = subprocess.Popen(
            program.command, stdout=written, stderr=subprocess.STDOUT, env=dict(program.environment) | ours
        )
    try:
        wait_for_health(port, launcher, log)
        _until("it prints the address", lambda: "#ticket=" in log.read_text())
        time.sleep(IDLE_S)  # what is measured is a program that has come to rest
        _tell_memory(launcher.pid)
        status, _, _ = request(port, "POST", "/api/v1/system/quit", {"Authorization": f"Bearer {key}"})
        expect("quitting", status, ACCEPTED)
        expect(f"the launcher's end ({log.read_text()})", launcher.wait(STOP_S), 0)
    finally:
        launcher.kill()
    expect("the server after quitting", _answers(port), wanted=False)


def _tell_memory(launcher: int) -> None:
    own, others = _resident(launcher), sum(_resident(int(child)) for child in _children(launcher))
    print(f"idle: launcher {own / MIB:.0f} MiB, server {others / MIB:.0f} MiB, together {(own + others) / MIB:.0f} MiB")
    if own + others > IDLE_LIMIT:
        sys.exit(f"idle, the processes hold more than {IDLE_LIMIT / MIB:.0f} MiB")


def _children(process: int) -> list[str]:
    return Path(f"/proc/{process}/task/{process}/children").read_text().split()


def _resident(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


if __name__ == "__main__":
    main()
