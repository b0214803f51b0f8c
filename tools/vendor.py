"""Fetch the few browser libraries the web UI ships, check them, and write `vendor.lock.json`.

Run by a developer when a version changes: `uv run python tools/vendor.py`. Nothing at build, install or run time needs
it or a network. The registry is whatever `NPM_CONFIG_REGISTRY` or `npm config get registry` says; the lock keeps names,
versions, licences and digests, never addresses. A downloaded archive is used only when it matches its SHA-512, which
must equal the one in the lock when name and version are unchanged. The icons of the sprite are listed in `icons.txt`.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

WEB = Path(__file__).resolve().parent.parent / "timeline_local" / "web"
LOCK = WEB / "vendor.lock.json"
MAX_ARCHIVE_BYTES = 64 * 1024 * 1024


class VendorError(Exception):
    """A package could not be fetched, or is not what its digest promises."""


@dataclass(frozen=True, slots=True)
class Package:
    """One npm package: which of its files we ship, and where (both relative: archive member -> path under web/)."""

    name: str
    version: str
    files: dict[str, str]


PACKAGES = (
    Package(
        "preact",
        "11.2.0",
        {
            "dist/preact.mjs": "vendor/preact.js",
            "hooks/dist/hooks.mjs": "vendor/preact-hooks.js",
            "LICENSE": "vendor/preact-LICENSE.txt",
        },
    ),
    Package(
        "@preact/signals-core",
        "1.14.5",
        {"dist/signals-core.mjs": "vendor/signals-core.js", "LICENSE": "vendor/signals-core-LICENSE.txt"},
    ),
    Package(
        "@preact/signals",
        "2.11.4",
        {"dist/signals.mjs": "vendor/signals.js", "LICENSE": "vendor/signals-LICENSE.txt"},
    ),
    Package("htm", "3.1.1", {"dist/htm.mjs": "vendor/htm.js", "LICENSE": "vendor/htm-LICENSE.txt"}),
    Package(
        "@fontsource-variable/inter",
        "5.3.0",
        {
            "files/inter-latin-wght-normal.woff2": "assets/fonts/inter-latin.woff2",
            "files/inter-latin-ext-wght-normal.woff2": "assets/fonts/inter-latin-ext.woff2",
            "LICENSE": "assets/fonts/Inter-LICENSE.txt",
        },
    ),
    Package(
        "@fontsource-variable/newsreader",
        "5.3.0",
        {
            "files/newsreader-latin-wght-normal.woff2": "assets/fonts/newsreader-latin.woff2",
            "LICENSE": "assets/fonts/Newsreader-LICENSE.txt",
        },
    ),
)

IMPORT_MAP = {
    "preact": "vendor/preact.js",
    "preact/hooks": "vendor/preact-hooks.js",
    "@preact/signals-core": "vendor/signals-core.js",
    "@preact/signals": "vendor/signals.js",
    "htm": "vendor/htm.js",
}

ICON_PACKAGE = Package("lucide-static", "1.62.0", {"LICENSE": "assets/icons-LICENSE.txt"})
ICONS = Path(__file__).with_name("icons.txt")


def registry_base() -> str:
    """Return the npm registry this machine is configured for, without a trailing slash."""
    configured = os.environ.get("NPM_CONFIG_REGISTRY", "")
    if not configured:
        npm = shutil.which("npm")
        if npm is None:
            raise VendorError("Set NPM_CONFIG_REGISTRY or install npm: no registry is configured here.")
        configured = subprocess.run(
            [npm, "config", "get", "registry"], check=True, capture_output=True, text=True
        ).stdout.strip()
    if not configured.startswith(("https://", "http://localhost", "http://127.0.0.1")):
        raise VendorError("The configured registry must use https.")
    return configured.rstrip("/")


def download(address: str) -> bytes:
    """Return the body at `address`, refusing more than MAX_ARCHIVE_BYTES."""
    with urllib.request.urlopen(address, timeout=60) as answer:
        body: bytes = answer.read(MAX_ARCHIVE_BYTES + 1)
    if len(body) > MAX_ARCHIVE_BYTES:
        raise VendorError("The archive is larger than anything we would ship.")
    return body


def describe(base: str, package: Package) -> tuple[str, str, str]:
    """Return (archive address, SHA-512 integrity, licence) as the registry states them."""
    facts = json.loads(download(f"{base}/{urllib.parse.quote(package.name, safe='@')}/{package.version}"))
    return str(facts["dist"]["tarball"]), str(facts["dist"]["integrity"]), str(facts["license"])


def check_integrity(body: bytes, integrity: str, name: str) -> None:
    """Raise VendorError unless `body` has exactly the stated SHA-512."""
    expected = "sha512-" + base64.b64encode(hashlib.sha512(body).digest()).decode()
    if integrity != expected:
        raise VendorError(f"{name}: the archive does not match its SHA-512.")


def member(archive: tarfile.TarFile, path: str) -> bytes:
    """Return one regular file of an npm archive; every npm archive has one top folder of any name."""
    for entry in archive.getmembers():
        if entry.isfile() and entry.name.partition("/")[2] == path:
            stream = archive.extractfile(entry)
            return stream.read() if stream else b""
    raise VendorError(f"The archive has no {path}.")


def without_source_map(body: bytes) -> bytes:
    """Drop the trailing pointer to a source map that we do not ship, so developer tools do not ask for it."""
    return re.sub(rb"\n?//# sourceMappingURL=\S+\s*$", b"\n", body)


def place(relative: str, body: bytes) -> str:
    """Write one file under web/ and return its SHA-256."""
    target = WEB / relative
    target.parent.mkdir(parents=True, exist_ok=True)
    data = without_source_map(body) if relative.endswith(".js") else body
    target.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def sprite(archive: tarfile.TarFile) -> bytes:
    """Build one SVG of <symbol>s from the lucide icons we use; stroke attributes live in our style sheet."""
    symbols = []
    for name in ICONS.read_text().split():
        source = member(archive, f"icons/{name}.svg").decode()
        inner = re.sub(r"<!--.*?-->", "", source, flags=re.DOTALL)
        inner = inner[inner.index(">", inner.index("<svg")) + 1 : inner.rindex("</svg>")]
        shapes = re.sub(r"\s+", " ", inner).replace("> <", "><").strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>')
    head = "<!-- lucide icons, ISC licence, see icons-LICENSE.txt -->\n"
    return (head + '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n").encode()


def known_integrity(name: str, version: str) -> str | None:
    """Return the integrity the lock already holds for this exact version, if any."""
    if not LOCK.exists():
        return None
    for entry in json.loads(LOCK.read_text())["packages"]:
        if entry["name"] == name and entry["version"] == version:
            return str(entry["integrity"])
    return None


def vendor(base: str, package: Package) -> dict[str, object]:
    """Fetch, check and place one package; return its lock entry."""
    address, integrity, licence = describe(base, package)
    locked = known_integrity(package.name, package.version)
    if locked is not None and locked != integrity:
        raise VendorError(f"{package.name} {package.version} changed since it was locked.")
    body = download(address)
    check_integrity(body, integrity, package.name)
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:gz") as archive:
        files = {target: place(target, member(archive, path)) for path, target in package.files.items()}
        if package is ICON_PACKAGE:
            files["assets/icons.svg"] = place("assets/icons.svg", sprite(archive))
    return {
        "name": package.name,
        "version": package.version,
        "licence": licence,
        "integrity": integrity,
        "sha256": files,
    }


def main() -> int:
    """Refresh every vendored file and the lock."""
    try:
        base = registry_base()
        entries = [vendor(base, package) for package in (*PACKAGES, ICON_PACKAGE)]
    except (VendorError, OSError) as failure:
        print(f"vendor: {failure}", file=sys.stderr)
        return 1
    LOCK.write_text(json.dumps({"imports": IMPORT_MAP, "packages": entries}, indent=2) + "\n")
    print(f"vendor: {len(entries)} packages placed under {WEB.name}/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
