"""What a file is, told by its first bytes.

A name is only a hint between formats that share a container (TIFF is the envelope of most RAW files); it never
turns one family into another. Pure functions on bytes, safe to call from anywhere.
"""

from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal

from timeline_local.domain.parts import Part
from timeline_local.media.tiff import Directory, Tiff, TiffError

Family = Literal["image", "raw", "video", "audio", "document", "text", "unknown"]

HEAD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Sniffed:
    """A recognised format: media type, usual extension (no dot) and family."""

    mime: str
    extension: str
    family: Family


UNKNOWN = Sniffed("application/octet-stream", "", "unknown")
TEXT = Sniffed("text/plain", "txt", "text")
TIFF = Sniffed("image/tiff", "tif", "image")

_RAW_MIMES = {
    "3fr": "image/x-hasselblad-3fr",
    "arw": "image/x-sony-arw",
    "cr2": "image/x-canon-cr2",
    "cr3": "image/x-canon-cr3",
    "crw": "image/x-canon-crw",
    "dcr": "image/x-kodak-dcr",
    "dng": "image/x-adobe-dng",
    "erf": "image/x-epson-erf",
    "fff": "image/x-hasselblad-fff",
    "gpr": "image/x-gopro-gpr",
    "iiq": "image/x-phaseone-iiq",
    "k25": "image/x-kodak-k25",
    "kdc": "image/x-kodak-kdc",
    "mef": "image/x-mamiya-mef",
    "mos": "image/x-leaf-mos",
    "mrw": "image/x-minolta-mrw",
    "nef": "image/x-nikon-nef",
    "nrw": "image/x-nikon-nrw",
    "orf": "image/x-olympus-orf",
    "pef": "image/x-pentax-pef",
    "raf": "image/x-fuji-raf",
    "rw2": "image/x-panasonic-rw2",
    "rwl": "image/x-leica-rwl",
    "sr2": "image/x-sony-sr2",
    "srf": "image/x-sony-srf",
    "srw": "image/x-samsung-srw",
    "x3f": "image/x-sigma-x3f",
}

# (offset, bytes, format): the first match wins, so longer signatures stand before their prefixes.
_SIGNATURES: tuple[tuple[int, bytes, Sniffed], ...] = (
    (0, b"\xff\xd8\xff", Sniffed("image/jpeg", "jpg", "image")),
    (0, b"\x89PNG\r\n\x1a\n", Sniffed("image/png", "png", "image")),
    (0, b"GIF87a", Sniffed("image/gif", "gif", "image")),
    (0, b"GIF89a", Sniffed("image/gif", "gif", "image")),
    (0, b"FUJIFILMCCD-RAW", Sniffed(_RAW_MIMES["raf"], "raf", "raw")),
    (0, b"IIU\x00", Sniffed(_RAW_MIMES["rw2"], "rw2", "raw")),
    (0, b"IIRO", Sniffed(_RAW_MIMES["orf"], "orf", "raw")),
    (0, b"IIRS", Sniffed(_RAW_MIMES["orf"], "orf", "raw")),
    (0, b"MMOR", Sniffed(_RAW_MIMES["orf"], "orf", "raw")),
    (0, b"FOVb", Sniffed(_RAW_MIMES["x3f"], "x3f", "raw")),
    (0, b"\x00MRM", Sniffed(_RAW_MIMES["mrw"], "mrw", "raw")),
    (6, b"HEAPCCDR", Sniffed(_RAW_MIMES["crw"], "crw", "raw")),
    (0, b"\xff\x0a", Sniffed("image/jxl", "jxl", "image")),
    (0, b"\x00\x00\x00\x0cJXL \r\n\x87\n", Sniffed("image/jxl", "jxl", "image")),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", Sniffed("image/jp2", "jp2", "image")),
    (0, b"8BPS", Sniffed("image/vnd.adobe.photoshop", "psd", "image")),
    (0, b"%PDF-", Sniffed("application/pdf", "pdf", "document")),
    (0, b"PK\x03\x04", Sniffed("application/zip", "zip", "document")),
    (0, b"OggS", Sniffed("audio/ogg", "ogg", "audio")),
    (0, b"fLaC", Sniffed("audio/flac", "flac", "audio")),
    (0, b"ID3", Sniffed("audio/mpeg", "mp3", "audio")),
    (0, b"#!AMR", Sniffed("audio/amr", "amr", "audio")),
    (0, b"FLV\x01", Sniffed("video/x-flv", "flv", "video")),
    (0, b"\x00\x00\x01\xba", Sniffed("video/mpeg", "mpg", "video")),
    (0, b"\x00\x00\x01\xb3", Sniffed("video/mpeg", "mpg", "video")),
    (0, bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"), Sniffed("video/x-ms-asf", "wmv", "video")),
)

# Forms of a RIFF file, by the four bytes at offset 8.
_RIFF = {
    b"WEBP": Sniffed("image/webp", "webp", "image"),
    b"AVI ": Sniffed("video/x-msvideo", "avi", "video"),
    b"WAVE": Sniffed("audio/wav", "wav", "audio"),
}

# Brands of an ISO base media file. A major brand that is not here is looked up among the compatible brands.
_HEIC = Sniffed("image/heic", "heic", "image")
_HEIF = Sniffed("image/heif", "heif", "image")
_AVIF = Sniffed("image/avif", "avif", "image")
_MP4 = Sniffed("video/mp4", "mp4", "video")
_MOV = Sniffed("video/quicktime", "mov", "video")
_M4A = Sniffed("audio/mp4", "m4a", "audio")
_3GP = Sniffed("video/3gpp", "3gp", "video")
_3G2 = Sniffed("video/3gpp2", "3g2", "video")
_BRANDS = {
    b"avif": _AVIF,
    b"avis": _AVIF,
    b"heic": _HEIC,
    b"heix": _HEIC,
    b"heim": _HEIC,
    b"heis": _HEIC,
    b"hevc": _HEIC,
    b"hevx": _HEIC,
    b"mif1": _HEIF,
    b"msf1": _HEIF,
    b"crx ": Sniffed(_RAW_MIMES["cr3"], "cr3", "raw"),
    b"qt  ": _MOV,
    b"M4V ": Sniffed("video/x-m4v", "m4v", "video"),
    b"M4VH": Sniffed("video/x-m4v", "m4v", "video"),
    b"M4A ": _M4A,
    b"M4B ": _M4A,
    b"mp41": _MP4,
    b"mp42": _MP4,
    b"isom": _MP4,
    b"iso2": _MP4,
    b"iso4": _MP4,
    b"iso5": _MP4,
    b"iso6": _MP4,
    b"avc1": _MP4,
    b"dash": _MP4,
    b"MSNV": _MP4,
    b"XAVC": _MP4,
}
_STILL_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"heim", b"heis")
# QuickTime files older than the ftyp box begin with one of these.
_OLD_QUICKTIME = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")

_NEW_SUBFILE_TYPE, _MAKE, _DNG_VERSION = 0xFE, 0x10F, 0xC612
_RAW_BY_MAKE = {"NIKON": "nef", "SONY": "arw", "PENTAX": "pef", "RICOH": "pef", "SAMSUNG": "srw", "HASSELBLAD": "3fr"}


def sniff(head: bytes, name: str = "") -> Sniffed:
    """The format of a file that begins with `head` (give HEAD_BYTES, less for shorter files).

    name  a hint between TIFF and the RAW formats built on it; never trusted for anything else.
    """
    for offset, signature, found in _SIGNATURES:
        if head.startswith(signature, offset):
            return found
    for attempt in (_sniff_boxes(head), _sniff_riff(head), _sniff_tiff(head, name), _sniff_loose(head)):
        if attempt is not None:
            return attempt
    return TEXT if _is_text(head) else UNKNOWN


def sniff_file(path: Path | Part, name: str = "") -> Sniffed:
    """`sniff` on the head of the file at `path`; the hint is `name`, else the name of the path."""
    with path.open("rb") as file:
        return sniff(file.read(HEAD_BYTES), name or path.name)


def _sniff_boxes(head: bytes) -> Sniffed | None:
    kind = head[4:8]
    if kind in _OLD_QUICKTIME:
        return _MOV
    if kind != b"ftyp":
        return None
    size = min(int.from_bytes(head[:4], "big"), 512)
    major, others = head[8:12], [head[at : at + 4] for at in range(16, size - 3, 4)]
    found = _sniff_brand(major) or next((b for b in map(_sniff_brand, others) if b), _MP4)
    if found is _HEIF:
        # mif1 only says "a still image file"; the codec stands among the compatible brands.
        return next((_BRANDS[brand] for brand in others if brand in _STILL_BRANDS), _HEIF)
    return found


def _sniff_brand(brand: bytes) -> Sniffed | None:
    if brand.startswith(b"3g2"):
        return _3G2
    if brand.startswith((b"3gp", b"3ge", b"3gg", b"3gr", b"3gs")):
        return _3GP
    return _BRANDS.get(brand)


def _sniff_riff(head: bytes) -> Sniffed | None:
    return _RIFF.get(head[8:12]) if head.startswith((b"RIFF", b"RF64")) else None


def _sniff_tiff(head: bytes, name: str) -> Sniffed | None:
    if not head.startswith((b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")):
        return None
    if head[8:10] == b"CR":
        return _raw("cr2")
    try:
        return _tiff_kind(Tiff.from_bytes(head).first_directory(), name)
    except TiffError:
        return TIFF


def _tiff_kind(first: Directory, name: str) -> Sniffed:
    if _DNG_VERSION in first:
        return _raw("dng")
    hint = PurePath(name).suffix.lower().lstrip(".")
    if hint in _RAW_MIMES:
        return _raw(hint)
    # Cameras store a small preview in the first directory and flag it; a plain TIFF has the picture there.
    brand = first.text(_MAKE).upper().split(" ")[0]
    is_preview = first.number(_NEW_SUBFILE_TYPE) == 1
    return _raw(_RAW_BY_MAKE[brand]) if is_preview and brand in _RAW_BY_MAKE else TIFF


def _raw(extension: str) -> Sniffed:
    return Sniffed(_RAW_MIMES[extension], extension, "raw")


def _sniff_loose(head: bytes) -> Sniffed | None:
    """Signatures too short to stand in the table: each is checked against a second fact."""
    if head.startswith(b"\x1aE\xdf\xa3"):
        return _WEBM if b"webm" in head[:64] else _MATROSKA
    checks = (
        (head.startswith(b"BM") and head[14:18] in _BMP_HEADERS, Sniffed("image/bmp", "bmp", "image")),
        (_is_mpeg_audio(head), Sniffed("audio/mpeg", "mp3", "audio")),
        (head[:2] in (b"\xff\xf1", b"\xff\xf9"), Sniffed("audio/aac", "aac", "audio")),
        (_is_transport_stream(head), Sniffed("video/mp2t", "mts", "video")),
        (head[:3] == b"\x1f\x07\x00" and head[80:83] == b"\x3f\x07\x00", Sniffed("video/x-dv", "dv", "video")),
    )
    return next((found for is_so, found in checks if is_so), None)


_BMP_HEADERS = tuple(size.to_bytes(4, "little") for size in (12, 40, 52, 56, 64, 108, 124))


_WEBM = Sniffed("video/webm", "webm", "video")
_MATROSKA = Sniffed("video/x-matroska", "mkv", "video")
# Second byte of a layer III frame: sync bits, MPEG version (1, 2 or 2.5), layer, checksum bit.
_LAYER_THREE = (b"\xfa", b"\xfb", b"\xf2", b"\xf3", b"\xe2", b"\xe3")
_TS_SYNC, _TS_PACKET, _TS_STAMPED_PACKET = b"G", 188, 192


def _is_mpeg_audio(head: bytes) -> bool:
    """True for a layer III frame header whose bit rate and sample rate are legal."""
    if head[:1] != b"\xff" or head[1:2] not in _LAYER_THREE or len(head) < len(b"head"):
        return False
    bit_rate, sample_rate = head[2] >> 4, head[2] >> 2 & 3
    return bit_rate not in {0, 15} and sample_rate != 3  # noqa: PLR2004 - the reserved codes


def _is_transport_stream(head: bytes) -> bool:
    """True for 188-byte packets, or the 192-byte ones of camcorders (four bytes of time before each)."""
    return any(
        len(head) > 2 * size and all(head[at : at + 1] == _TS_SYNC for at in (start, start + size, start + 2 * size))
        for start, size in ((0, _TS_PACKET), (4, _TS_STAMPED_PACKET))
    )


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if not head or b"\x00" in head:
        return False
    try:
        # The head may end inside a character, so up to three bytes at its end are not held against it.
        head.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3 and len(head) >= HEAD_BYTES
    return True
