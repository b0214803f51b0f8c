"""What files are whose names do not tell: pictures and films without an extension, or with one that is nobody's."""

from __future__ import annotations

from collections.abc import Iterable

from timeline_local.importers.archive import File, Folder
from timeline_local.importers.files import extension
from timeline_local.importers.photo_groups import is_media

# Names that say that a file is no picture, or one that is not whole; such files are not opened.
_SOMETHING_ELSE = frozenset(
    "7z aae apk bz2 cfg conf crdownload css csv ctg db dll dmg doc docx download eml emlx epub exe fit geojson gpx"  # noqa: SIM905
    " gz htm html ics igc ini iso jar js json jsonl kml kmz log lrv markdown mbox md mjs nmea numbers odp ods odt pages"
    " part partial pdf pem php pkg plist plt ppt pptx py rar rec rte rtf sh so sqlite sqlite3 srt svg tar tcx tgz thm"
    " tmp torrent ttf txt url vcf vtt woff woff2 wpt xls xlsx xml xmp xz yaml yml zip".split()
)  # fmt: skip
_BACKUP = "_original"  # what ExifTool leaves behind: "IMG_1.jpg_original"
_BRANDS = {b"heic": "heic", b"heix": "heic", b"mif1": "heic", b"avif": "avif", b"qt": "mov"}
_FIRST_BYTES = {
    b"\xff\xd8\xff": "jpg",
    b"\x89PNG\r\n": "png",
    b"GIF8": "gif",
    b"BM": "bmp",
    b"II*\x00": "tif",
    b"MM\x00*": "tif",
    b"\x1aE\xdf\xa3": "mkv",
}


def tells_nothing(name: str) -> bool:
    """Whether only the first bytes can tell: there is no extension, or one like "jp", "jpg_large" or "bin"."""
    found = extension(name)
    return not is_media(name) and found not in _SOMETHING_ELSE and not found.endswith(_BACKUP)


def spoken_extensions(folder: Folder, files: Iterable[File]) -> dict[str, str]:
    """Locator → the extension that a file's first bytes ask for, for pictures and films whose names tell nothing."""
    unnamed = (file for file in files if file.size and tells_nothing(file.name))
    return {file.locator: found for file in unnamed if (found := spoken_extension(folder, file))}


def spoken_extension(folder: Folder, file: File) -> str:
    """The extension that the first bytes of a file ask for, "" when they are no picture or film."""
    head = folder.head(file.locator, 16)
    if head[4:8] == b"ftyp":
        return next((found for brand, found in _BRANDS.items() if head[8:12].startswith(brand)), "mp4")
    if head.startswith(b"RIFF"):
        return {b"WEBP": "webp", b"AVI ": "avi"}.get(head[8:12], "")
    return next((found for first, found in _FIRST_BYTES.items() if head.startswith(first)), "")
