"""What files cost: reading their metadata, planning an import, planning it again, uploads with previews."""

from __future__ import annotations

import io
import secrets
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

import orjson
from PIL import Image

from bench import servers
from bench.measures import Result
from bench.pictures import large_photos, small_photos
from bench.servers import Served, start
from bench.wire import UnexpectedAnswer, Wire
from timeline_local.media.metadata import read_metadata
from timeline_local.media.previews import BOXES
from timeline_local.media.sniff import sniff_file

SMALL, LARGE = 2000, 16
_API = "/api/v1"
_WAIT_S = 300
_EXIF, _GPS = 0x8769, 0x8825


def file_results(library: Path, photos: Path, seed: int, log: IO[bytes]) -> Iterator[Result]:
    """All of them, in a library of their own."""
    paths = small_photos(photos, SMALL, seed)
    pillow = _rate(lambda: [_pillow_exif(path) for path in paths], SMALL)
    yield Result(
        "files read for metadata a second",
        "/s",
        pillow,
        _rate(lambda: [read_metadata(path, sniff_file(path, path.name)) for path in paths], SMALL),
        0.25,
        more_is_better=True,
        note="in process; floor: Pillow's EXIF alone",
    )
    key = servers.make_key(library)
    with (
        start(servers.application(library), f"{_API}/health", log=log) as ours,
        Wire(ours.port, {"Authorization": f"Bearer {key}"}) as wire,
    ):
        yield from _imports(wire, photos, pillow)
        yield _uploads(wire, ours, key, seed)


def _imports(wire: Wire, photos: Path, pillow: float) -> Iterator[Result]:
    """The plan of a new folder, the import itself, and the plan of the folder when all of it is known."""
    planned, made = _planned(wire, photos)
    yield Result(
        "files planned for import a second",
        "/s",
        pillow,
        planned,
        0.1,
        more_is_better=True,
        note="hashed, read, judged",
    )
    started = time.perf_counter()
    _post(wire, f"{_API}/imports/{made['id']}/start", {})
    _until(wire, made["id"], "done")
    yield Result("photos imported a second", "/s", None, SMALL / (time.perf_counter() - started))
    again, _ = _planned(wire, photos)
    yield Result("unchanged files scanned a second", "/s", None, again, 20_000, is_absolute=True, more_is_better=True)


def _planned(wire: Wire, photos: Path) -> tuple[float, dict[str, Any]]:
    """(files a second from the request to the finished plan, the import)."""
    started = time.perf_counter()
    made = _post(wire, f"{_API}/imports", {"path": str(photos), "options": {"mode": "copy"}}, status=201)
    found = _until(wire, made["id"], "planned")
    return SMALL / (time.perf_counter() - started), found


def _post(wire: Wire, path: str, content: object, *, status: int = 200) -> dict[str, Any]:
    body = orjson.dumps(content)
    answer = wire.ask(wire.request("POST", path, body, {"Content-Type": "application/json"}), status=status)
    found: dict[str, Any] = orjson.loads(answer.body)
    return found


def _until(wire: Wire, import_id: str, state: str) -> dict[str, Any]:
    """The import once it is in that state. Raises UnexpectedAnswer when it fails or takes too long."""
    request = wire.request("GET", f"{_API}/imports/{import_id}")
    ends = time.perf_counter() + _WAIT_S
    while time.perf_counter() < ends:
        found: dict[str, Any] = orjson.loads(wire.ask(request).body)
        if found["state"] == state:
            return found
        if found["state"] in ("failed", "cancelled"):
            break
        time.sleep(0.01)
    raise UnexpectedAnswer(f"the import is {found['state']}, not {state}: {found['error']}")


def _uploads(wire: Wire, ours: Served, key: str, seed: int) -> Result:
    """12 MP photos uploaded over two connections, each with its grid preview fetched; liveness asked meanwhile."""
    photos = large_photos(LARGE, seed + secrets.randbelow(1 << 30))
    with ThreadPoolExecutor(2) as pool:
        floor = _rate(lambda: list(pool.map(_pillow_previews, photos)), LARGE)
    lags: list[float] = []
    with ThreadPoolExecutor(2) as pool:
        started = time.perf_counter()
        waiting = [pool.submit(_upload_all, ours.port, key, photos[half::2]) for half in range(2)]
        request = wire.request("GET", f"{_API}/health")
        while not all(each.done() for each in waiting):
            asked = time.perf_counter()
            wire.ask(request)
            lags.append((time.perf_counter() - asked) * 1000)
            time.sleep(0.02)
        for each in waiting:
            each.result()
        rate = LARGE / (time.perf_counter() - started)
    p95 = statistics.quantiles(lags, n=20)[-1] if len(lags) > 1 else 0.0
    note = f"floor: Pillow draft, two threads; health p95 {p95:.0f} ms meanwhile"
    return Result("12 MP photos uploaded, previewed a second", "/s", floor, rate, 0.7, more_is_better=True, note=note)


def _upload_all(port: int, key: str, photos: Sequence[bytes]) -> None:
    with Wire(port, {"Authorization": f"Bearer {key}"}) as wire:
        for photo in photos:
            kind, body = _multipart(photo)
            answer = wire.ask(wire.request("POST", f"{_API}/media", body, {"Content-Type": kind}), status=201)
            wire.ask(wire.request("GET", orjson.loads(answer.body)["media"]["grid"]))


def _multipart(photo: bytes) -> tuple[str, bytes]:
    boundary = secrets.token_hex(12)
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\n'
    body = head.encode() + b"Content-Type: image/jpeg\r\n\r\n" + photo + f"\r\n--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", body


def _pillow_exif(path: Path) -> list[dict[int, Any]]:
    with Image.open(path) as image:
        exif = image.getexif()
        return [dict(exif), exif.get_ifd(_EXIF), exif.get_ifd(_GPS)]


def _pillow_previews(photo: bytes) -> None:
    """The same two sizes in the same format."""
    with Image.open(io.BytesIO(photo)) as image:
        image.draft("RGB", BOXES["screen"])
        for box in BOXES.values():
            image.thumbnail(box)
            image.save(io.BytesIO(), "WEBP", quality=80, method=0)


def _rate(work: Callable[[], object], count: int) -> float:
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)
