"""The shared corpora: real files with expected values, beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

CORPORA = Path(__file__).resolve().parents[2] / "shared" / "corpora"


def corpus(*parts: str) -> Path:
    """A file of the shared corpora; skips the test where they are not at hand."""
    path = CORPORA.joinpath(*parts)
    if not path.exists():
        pytest.skip("the shared corpora are not beside this checkout")
    return path
