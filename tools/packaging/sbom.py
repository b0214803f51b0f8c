"""The bill of materials of a built application: CycloneDX 1.6, as JSON, the same bytes for the same build."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from timeline_local.core.database import sqlite_module
from tools.packaging import about
from tools.packaging.bundle import Part
from tools.packaging.contents import released_at, runtime_packages

SPDX_WORDS = (" AND ", " OR ", " WITH ")


def bill(parts: Iterable[Part]) -> str:
    """The document. Components: packages, libraries of other languages with their hashes, SQLite."""
    components = [_component(part) for part in parts] + [_sqlite()]
    components.sort(key=lambda component: str(component["bom-ref"]))
    program = {
        "type": "application",
        "bom-ref": "timeline-local",
        "name": about.COMMAND,
        "version": about.VERSION,
        "licenses": [{"license": {"id": "MIT"}}],
    }
    told: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(released_at(), UTC).isoformat().replace("+00:00", "Z"),
            "component": program,
        },
        "components": components,
        "dependencies": list(_dependencies({str(component["bom-ref"]) for component in components})),
    }
    told["serialNumber"] = uuid5(NAMESPACE_URL, json.dumps(told, sort_keys=True)).urn
    return json.dumps(told, indent=2, sort_keys=True) + "\n"


def _component(part: Part) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": _reference(part),
        "name": part.name,
        "version": part.version,
        "licenses": [_licence(part.licence)],
        "externalReferences": [{"type": "website", "url": part.source}],
    }
    if part.kind != "native":
        component["purl"] = _reference(part)
    if part.copyright:
        component["copyright"] = part.copyright
    if part.file is not None:
        digest = hashlib.sha256(part.file.read_bytes()).hexdigest()
        component["hashes"] = [{"alg": "SHA-256", "content": digest}]
    return component


def _reference(part: Part) -> str:
    if part.kind == "native":
        return f"native/{part.file.name if part.file else part.name}"
    return f"pkg:{part.kind}/{quote(part.name, safe='/')}@{part.version}"


def _licence(expression: str) -> dict[str, Any]:
    if any(word in expression for word in SPDX_WORDS) or "exception" in expression:
        return {"expression": expression}
    if expression.startswith("LicenseRef-"):
        return {"license": {"name": expression.removeprefix("LicenseRef-")}}
    return {"license": {"id": expression}}


def _sqlite() -> dict[str, Any]:
    version = sqlite_module().sqlite_version
    return {
        "type": "library",
        "bom-ref": "native/SQLite",
        "name": "SQLite",
        "version": version,
        "licenses": [{"license": {"id": "blessing"}}],
        "externalReferences": [{"type": "website", "url": "https://sqlite.org"}],
        "cpe": f"cpe:2.3:a:sqlite:sqlite:{version}:*:*:*:*:*:*:*",
    }


def _dependencies(known: set[str]) -> Iterator[dict[str, Any]]:
    """Who needs whom, among the packages that were bundled."""
    packages = runtime_packages()
    references = {name: f"pkg:pypi/{name}@{package.version}" for name, package in packages.items()}
    references[about.COMMAND] = about.COMMAND
    for name, package in packages.items():
        needed = {canonicalize_name(Requirement(line).name) for line in package.requires or ()}
        reference = references[name]
        if reference in known or name == about.COMMAND:
            wanted = sorted(references[each] for each in needed & set(references) if references[each] in known)
            yield {"ref": reference, "dependsOn": wanted}
