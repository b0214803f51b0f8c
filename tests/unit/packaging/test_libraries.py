"""What is done to libraries on their way into the application, and what is told about them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.packaging.bundle import TEXTS, Part
from tools.packaging.encoders import replace_encoders
from tools.packaging.licences import INSIDE, licence_names, third_party
from tools.packaging.sbom import bill
from tools.packaging.symbols import is_loadable, loaded_bytes, strip_all

linux_only = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("objdump") is None, reason="libraries of Linux, and binutils"
)


def site_packages() -> Path:
    import av

    return Path(av.__file__).parents[1]


def part(**facts: object) -> Part:
    given = {"kind": "native", "name": "FFmpeg", "version": "62", "licence": "LGPL-3.0-or-later", "copyright": "Them"}
    return Part(**{**given, "source": "https://ffmpeg.org", "texts": (), **facts})  # type: ignore[arg-type]


@linux_only
def test_a_film_is_decoded_where_the_encoders_are_empty(tmp_path: Path) -> None:
    for name in ("av", "av.libs"):
        shutil.copytree(site_packages() / name, tmp_path / name)
    assert replace_encoders(tmp_path) > 20_000_000
    code = (
        "import av, io; assert av.__file__.startswith('{0}'); av.codec.Codec('h264', 'r'); av.codec.Codec('hevc', 'r');"
        "from av.codec import codecs_available; print(len(codecs_available))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code.format(tmp_path)],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) > 100


@linux_only
def test_a_library_that_stripping_would_break_is_left_alone(tmp_path: Path) -> None:
    library = next((site_packages() / "numpy.libs").glob("libscipy_openblas*"))
    copied = Path(shutil.copyfile(library, tmp_path / library.name))
    strip_all(tmp_path)
    assert copied.read_bytes() == library.read_bytes()


@linux_only
def test_a_stripped_library_is_smaller_and_loads_the_same_bytes(tmp_path: Path) -> None:
    library = next((site_packages() / "sqlcipher3").glob("_sqlite3*.so"))
    copied = Path(shutil.copyfile(library, tmp_path / library.name))
    assert strip_all(tmp_path) > 1_000_000
    assert is_loadable(copied.read_bytes())
    assert loaded_bytes(copied.read_bytes()) == loaded_bytes(library.read_bytes())


def test_every_licence_is_named_and_its_text_is_there() -> None:
    page = third_party([part(), part(kind="pypi", name="ours", licence="MIT", texts=(("LICENSE", "Be kind."),))])
    assert "FFmpeg 62: LGPL-3.0-or-later. Them. https://ffmpeg.org" in page
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in page
    assert "Be kind." in page


def test_a_licence_without_a_text_ends_the_build() -> None:
    with pytest.raises(ValueError, match="nobody brings the text of Strange-1"):
        third_party([part(licence="Strange-1.0")])


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("MIT", {"MIT"}),
        ("IJG AND BSD-3-Clause", {"IJG", "BSD-3-Clause"}),
        ("LGPL-3.0-or-later", {"LGPL-3.0", "GPL-3.0"}),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", {"GPL-3.0", "GCC-exception-3.1"}),
    ],
)
def test_an_expression_is_read_for_the_licences_in_it(expression: str, names: set[str]) -> None:
    assert licence_names(expression) == names
    assert [name for name in names if not (TEXTS / f"{name}.txt").exists() and name not in INSIDE] == []


def test_the_bill_of_materials_names_parts_and_is_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    parts = [part(), part(kind="npm", name="@preact/signals", version="2.11.4", licence="MIT")]
    told = json.loads(bill(parts))
    assert (told["bomFormat"], told["metadata"]["timestamp"]) == ("CycloneDX", "2023-11-14T22:13:20Z")
    references = [component["bom-ref"] for component in told["components"]]
    assert references == ["native/FFmpeg", "native/SQLite", "pkg:npm/%40preact/signals@2.11.4"]
    assert bill(parts) == bill(parts)
