"""Reads what a media file says about itself. Only the decoding process calls this; decoders load on the first use."""

from dataclasses import replace
from pathlib import Path

from timeline_local.domain.parts import Part
from timeline_local.media.exif import UPRIGHT_SHAPES
from timeline_local.media.facts import MediaFacts, Undecodable, clip
from timeline_local.media.motion import motion_offset
from timeline_local.media.sniff import Sniffed

__all__ = ["MediaFacts", "Undecodable", "read_metadata"]


def read_metadata(path: Path | Part, sniffed: Sniffed) -> MediaFacts:
    """Facts of the file at `path`; documents and text are recognised, not opened.

    path  a part of a file for pictures only: other decoders open files themselves.

    Cost: a picture's header and metadata blocks, a film's index; no pixel is decoded.
    Raises Undecodable (no decoder, or broken beyond its header) and OSError (cannot be read at all).
    """
    if sniffed.family == "image":
        return _picture(path, sniffed)
    if isinstance(path, Part):
        raise Undecodable("no-decoder", f"{sniffed.mime} must be a file of its own")
    if sniffed.family == "raw":
        return _raw(path, sniffed)
    if sniffed.family in {"video", "audio"}:
        return _film(path, sniffed)
    return MediaFacts(mime=sniffed.mime)


def _film(path: Path, sniffed: Sniffed) -> MediaFacts:
    from timeline_local.media import video  # noqa: PLC0415 - decoders load in the decoding process only

    try:
        return video.read_video(path, sniffed)
    except Undecodable as error:
        facts = video.unopened_film(path, sniffed)
        if not facts.evidence:
            raise
        return replace(facts, problems=(*facts.problems, error.slug))  # as of a picture


def _picture(path: Path | Part, sniffed: Sniffed) -> MediaFacts:
    try:
        return _opened_picture(path, sniffed)
    except Undecodable as error:
        facts = _found_in_file(path, sniffed)
        if not facts.evidence:
            raise
        # Nobody here can show it: its date and position are worth having all the same.
        return replace(facts, problems=(*facts.problems, error.slug))


def _found_in_file(path: Path | Part, sniffed: Sniffed) -> MediaFacts:
    """What the file says of itself where its decoder does not open it."""
    from timeline_local.media.embedded import join  # noqa: PLC0415 - decoders load in the decoding process only
    from timeline_local.media.exif import Exif, read_exif_block  # noqa: PLC0415 - as above
    from timeline_local.media.packets import packets_of  # noqa: PLC0415 - as above

    with path.open("rb") as file:
        found = packets_of(file, sniffed.mime)
    exif = read_exif_block(found.exif) if found.exif else Exif()
    return join(exif, found.xmp, found.iptc, mime=sniffed.mime)


def _opened_picture(path: Path | Part, sniffed: Sniffed) -> MediaFacts:
    from timeline_local.media import images  # noqa: PLC0415 - decoders load in the decoding process only
    from timeline_local.media.embedded import join  # noqa: PLC0415 - as above

    with images.opened(path, sniffed) as image:
        width, height = image.size
        blocks = images.packets(image)
        turned_by_plugin = images.is_turned_by_plugin(image)
    with path.open("rb") as file:
        blocks = images.complete(blocks, file, sniffed.mime)
        exif = images.read_blocks(file, sniffed, blocks)
        facts = join(exif, blocks.xmp, blocks.iptc, mime=sniffed.mime)
        film_at = motion_offset(file, blocks.xmp) if sniffed.mime in images.MOTION_MIMES else None
        duration_ms = images.duration_ms(file, sniffed)
    facts = replace(
        facts,
        title=facts.title or clip(blocks.title),
        description=facts.description or clip(blocks.description),
    )
    if turned_by_plugin:
        facts = replace(facts, orientation=1)
    if facts.orientation not in UPRIGHT_SHAPES:
        width, height = height, width
    return replace(facts, width=width, height=height, motion_offset=film_at, duration_ms=duration_ms)


def _raw(path: Path, sniffed: Sniffed) -> MediaFacts:
    from timeline_local.media import raw  # noqa: PLC0415 - decoders load in the decoding process only
    from timeline_local.media.embedded import join  # noqa: PLC0415 - as above
    from timeline_local.media.packets import packets_of  # noqa: PLC0415 - as above

    with path.open("rb") as file:
        beside = packets_of(file, sniffed.mime)
    facts = join(raw.raw_exif(path), beside.xmp, b"", mime=sniffed.mime)
    try:
        width, height, orientation = raw.raw_size(path)
    except Undecodable as error:
        if not facts.evidence:
            raise
        # A camera newer than our LibRaw: its date and position are worth more than its size.
        return replace(facts, problems=(*facts.problems, error.slug))
    return replace(facts, width=width, height=height, orientation=orientation)
