"""Facts and a still of films and sounds, through FFmpeg (PyAV). Only the decoding process imports this.

FFmpeg gets an open file and a demuxer we named, never a URL: playlists, concat scripts and external references have
no way to make it open anything else.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

import av
import av.error
import av.logging
from PIL import Image

from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.media.boxes import EPOCH, Movie, read_movie
from timeline_local.media.embedded import join
from timeline_local.media.exif import Exif, parse_offset, wall_clock
from timeline_local.media.facts import MediaFacts, Undecodable, capped_raw, clip, unique
from timeline_local.media.gps import Position, parse_iso6709
from timeline_local.media.packets import packets_of
from timeline_local.media.recorded import recorded
from timeline_local.media.sniff import Sniffed

_DEMUXERS = {
    "mp4": "mov",
    "mov": "mov",
    "m4v": "mov",
    "3gp": "mov",
    "3g2": "mov",
    "m4a": "mov",
    "webm": "matroska",
    "mkv": "matroska",
    "avi": "avi",
    "mp3": "mp3",
    "ogg": "ogg",
    "wav": "wav",
    "flac": "flac",
    "aac": "aac",
    "amr": "amr",
    "mts": "mpegts",
    "mpg": "mpeg",
    "flv": "flv",
    "wmv": "asf",
    "dv": "dv",
}
# No protocol has this name, so nothing a file refers to can be opened.
_OPTIONS = {"protocol_whitelist": "nothing", "enable_drefs": "0", "use_absolute_path": "0"}
_MAX_PROBE_BYTES = str(8 * 1024 * 1024)
_MAX_DURATION_MS = 1000 * 60 * 60 * 24 * 30
_MAX_FRAME_PIXELS = 64_000_000
_MAX_DECODED_FRAMES = 300
_ORIENTATION = {0: 1, 90: 6, 180: 3, 270: 8}
_QUICKTIME = "com.apple.quicktime."
# In user data, as iPhones wrote it before they had a key for it. A shop's film has its release there, in UTC.
_OF_PHONE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:?\d\d", re.ASCII)
_TAKEN = frozenset({"XMP exif:DateTimeOriginal", "XMP photoshop:DateCreated", "XMP xmpDM:shotDate"})


@contextmanager
def opened(path: Path, sniffed: Sniffed) -> Iterator[Any]:
    """The container, its streams probed. Raises Undecodable, also from inside the block."""
    demuxer = _DEMUXERS.get(sniffed.extension)
    if demuxer is None:
        raise Undecodable("no-decoder", f"no decoder for {sniffed.mime}")
    av.logging.set_level(None)
    options = {**_OPTIONS, "probesize": _MAX_PROBE_BYTES}
    try:
        with (
            path.open("rb") as file,
            av.open(file, format=demuxer, container_options=options, metadata_errors="replace") as container,
        ):
            yield container
    except (av.error.FFmpegError, OSError, ValueError, OverflowError, RuntimeError, EOFError, IndexError) as error:
        said = getattr(error, "strerror", None) or error  # FFmpeg's own text ends in the path of the file
        raise Undecodable("video-unreadable", f"{type(error).__name__}: {said}"[:200]) from error


def read_video(path: Path, sniffed: Sniffed) -> MediaFacts:
    """Facts of a film or a sound. Raises Undecodable."""
    with opened(path, sniffed) as container:
        tags = _tags(container)
        picture = next(iter(container.streams.video), None)
        size = (picture.width, picture.height) if picture is not None and sniffed.family == "video" else (0, 0)
        duration_ms, problems = _duration_ms(container)
    movie, beside, stated = _found_in_file(path, sniffed)
    width, height = size if movie.rotation % 180 == 0 else (size[1], size[0])
    position = _position(tags) or _position_beside(beside)
    return MediaFacts(
        mime=_refined_mime(sniffed, has_picture=picture is not None),
        width=width or None,
        height=height or None,
        orientation=_ORIENTATION[movie.rotation],
        duration_ms=duration_ms,
        camera_make=_first(tags, f"{_QUICKTIME}make", "make", "com.android.manufacturer"),
        camera_model=_first(tags, f"{_QUICKTIME}model", "model", "com.android.model"),
        lat=position.lat if position else None,
        lon=position.lon if position else None,
        altitude_m=position.altitude_m if position else None,
        evidence=tuple(_stated_beside(beside, chain(stated, _evidence(tags, movie)))),
        title=beside.title or _first(tags, f"{_QUICKTIME}title", "title"),
        description=beside.description or _first(tags, f"{_QUICKTIME}description", "description", "comment"),
        keywords=unique([*beside.keywords, *_first(tags, f"{_QUICKTIME}keywords", "keywords").split(",")]),
        people=beside.people,
        rating=beside.rating,
        city=beside.city,
        region=beside.region,
        country=beside.country,
        content_id=_first(tags, f"{_QUICKTIME}content.identifier"),
        raw=capped_raw({name: clip(value, 1000) for name, value in tags.items()}),
        problems=(*problems, *beside.problems),
    )


def unopened_film(path: Path, sniffed: Sniffed) -> MediaFacts:
    """What the structure of the file tells of a film that FFmpeg does not open: its dates, and XMP."""
    movie, beside, stated = _found_in_file(path, sniffed)
    clocks = (each for each in _evidence({}, movie) if each.instant != EPOCH)
    return replace(beside, evidence=tuple(_stated_beside(beside, chain(stated, clocks))))


def _found_in_file(path: Path, sniffed: Sniffed) -> tuple[Movie, MediaFacts, tuple[TimeEvidence, ...]]:
    """Its clocks, what programs wrote beside them, and when its camera says it was recorded."""
    with path.open("rb") as file:
        movie = read_movie(file) if _DEMUXERS.get(sniffed.extension) == "mov" else Movie()
        beside = join(Exif(), packets_of(file, sniffed.mime).xmp, b"", mime=sniffed.mime)
        return movie, beside, recorded(file, sniffed.extension)


def poster(path: Path, sniffed: Sniffed) -> Image.Image:
    """An upright still from the key frame near one tenth of the film. Raises Undecodable."""
    with opened(path, sniffed) as container:
        stream = next(iter(container.streams.video), None)
        if stream is None:
            raise Undecodable("no-picture", "the file holds no moving picture")
        if stream.width * stream.height > _MAX_FRAME_PIXELS:
            raise Undecodable("image-too-large", "a frame has more pixels than any camera makes")
        stream.thread_type = "NONE"
        stream.codec_context.skip_frame = "NONKEY"
        if container.duration and container.duration > 0:
            _seek(container, container.duration // 10)
        frame = _first_frame(container, stream)
        if frame is None:
            raise Undecodable("no-picture", "no frame of the film could be decoded")
        image: Image.Image = frame.to_image()
        # FFmpeg gives the turn counter-clockwise, as Pillow takes it.
        return image.rotate(frame.rotation, expand=True) if frame.rotation % 360 else image


def _seek(container: Any, offset: int) -> None:  # noqa: ANN401 - PyAV has no types
    try:
        container.seek(offset, backward=True)
    except av.error.FFmpegError:
        # A file without an index is read from where it is: its start.
        return


def _first_frame(container: Any, stream: Any) -> Any:  # noqa: ANN401 - PyAV has no types
    """The next frame that decodes; a damaged packet is passed over, within bounds."""
    for _, packet in zip(range(_MAX_DECODED_FRAMES), container.demux(stream), strict=False):
        try:
            for frame in packet.decode():
                return frame
        except av.error.InvalidDataError:
            continue
    return None


def _tags(container: Any) -> dict[str, str]:  # noqa: ANN401 - PyAV has no types
    """Metadata of the file and, where that is silent, of its streams."""
    tags: dict[str, str] = {}
    for source in (container, *container.streams):
        for name, value in source.metadata.items():
            tags.setdefault(name.lower(), value)
    return tags


def _duration_ms(container: Any) -> tuple[int | None, tuple[str, ...]]:  # noqa: ANN401 - PyAV has no types
    if not container.duration or container.duration < 0:
        return None, ()
    milliseconds = round(container.duration / 1000)
    return (milliseconds, ()) if milliseconds <= _MAX_DURATION_MS else (None, ("duration-invalid",))


def _evidence(tags: Mapping[str, str], movie: Movie) -> Iterator[TimeEvidence]:
    """Apple's own clock with its offset first, then the UTC clocks of track and film, zeros included."""
    stated = _first(tags, f"{_QUICKTIME}creationdate")
    if not stated and _OF_PHONE.fullmatch(tags.get("date", "")):
        stated = tags["date"]
    if stated:
        yield from _stated(stated)
    clocks = [(movie.media_created, "media creation time"), (movie.created, "movie creation time")]
    if not any(clock for clock, _ in clocks):
        clocks = [(_parse_instant(_first(tags, "creation_time")), "creation time")]
    seen: set[datetime] = set()
    for clock, origin in clocks:
        if clock is not None and clock not in seen:
            seen.add(clock)
            yield TimeEvidence(basis=TimeBasis.EXIF, instant=clock, origin=f"video {origin} (UTC)")


def _stated_beside(beside: MediaFacts, clocks: Iterator[TimeEvidence]) -> Iterator[TimeEvidence]:
    """When XMP says that it was taken goes before the clocks: somebody wrote it who knew better.

    What else XMP says of dates, when a file was made for one, is worth what a sidecar's is.
    """
    yield from (each for each in beside.evidence if each.origin in _TAKEN)
    yield from clocks
    for each in beside.evidence:
        if each.origin not in _TAKEN:
            yield each if each.basis is TimeBasis.GPS else replace(each, basis=TimeBasis.SIDECAR)


def _stated(text: str) -> Iterator[TimeEvidence]:
    try:
        stated = datetime.fromisoformat(text)
    except ValueError:
        return
    offset = parse_offset(text[19:]) if stated.tzinfo else None
    yield wall_clock(stated.replace(tzinfo=None), offset, "QuickTime creation date")


def _parse_instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else None


def _position(tags: Mapping[str, str]) -> Position | None:
    names = (f"{_QUICKTIME}location.iso6709", "location", "location-eng")
    return next((found for name in names if (found := parse_iso6709(tags.get(name, "")))), None)


def _position_beside(beside: MediaFacts) -> Position | None:
    if beside.lat is None or beside.lon is None:
        return None
    return Position(beside.lat, beside.lon, beside.altitude_m)


def _first(tags: Mapping[str, str], *names: str) -> str:
    return next((clip(tags[name]) for name in names if clip(tags.get(name, ""))), "")


def _refined_mime(sniffed: Sniffed, *, has_picture: bool) -> str:
    """Ogg, MP4 and Matroska hold films or sounds; only the streams tell."""
    if has_picture or sniffed.family != "video":
        return sniffed.mime
    return {"mp4": "audio/mp4", "webm": "audio/webm", "mkv": "audio/x-matroska"}.get(sniffed.extension, sniffed.mime)
