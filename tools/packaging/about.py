"""What operating systems are told about the application: names, version, file types."""

from __future__ import annotations

from typing import Any

from timeline_local import __version__
from tools.packaging.contents import ROOT

NAME = "Timeline Local"
COMMAND = "timeline-local"
VERSION = __version__
IDENTIFIER = "org.timeline-local"  # the entry that starts it at login begins so, too
SUMMARY = "Private timeline of photos, videos, notes and places"
COPYRIGHT = "The Timeline Local developers, MIT licence"


def info_plist() -> dict[str, Any]:
    """macOS: an application of the menu bar, without an icon in the Dock, that folders and zips can be dropped on."""
    return {
        "CFBundleDisplayName": NAME,
        "CFBundleShortVersionString": VERSION,
        "CFBundleVersion": VERSION,
        "LSUIElement": True,
        "LSMinimumSystemVersion": "12.0",
        "NSHighResolutionCapable": True,
        "NSHumanReadableCopyright": COPYRIGHT,
        "CFBundleDocumentTypes": [
            {
                "CFBundleTypeName": "Export or folder to import",
                "CFBundleTypeRole": "Viewer",
                "LSHandlerRank": "Alternate",
                "LSItemContentTypes": ["public.folder", "public.zip-archive"],
            }
        ],
    }


def windows_version() -> str:
    """The version resource of the Windows programs, in the form that PyInstaller reads."""
    numbers = (*(int(part) for part in VERSION.split(".")[:3]), 0)
    texts = {
        "CompanyName": COPYRIGHT,
        "FileDescription": NAME,
        "FileVersion": VERSION,
        "InternalName": COMMAND,
        "LegalCopyright": COPYRIGHT,
        "ProductName": NAME,
        "ProductVersion": VERSION,
    }
    strings = ", ".join(f"StringStruct({name!r}, {text!r})" for name, text in texts.items())
    return (
        f"VSVersionInfo(ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}, mask=0x3F, flags=0x0, OS=0x40004, "
        "fileType=0x1, subtype=0x0, date=(0, 0)), kids=["
        f"StringFileInfo([StringTable('040904B0', [{strings}])]), "
        "VarFileInfo([VarStruct('Translation', [1033, 1200])])])\n"
    )


def windows_version_file() -> str:
    """The path of a file with the version resource."""
    file = ROOT / "build" / "windows-version.txt"
    file.parent.mkdir(exist_ok=True)
    file.write_text(windows_version(), encoding="utf-8")
    return str(file)
