"""Settings: validated, layered, and able to say where each value came from."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from timeline_local.config import Effective, Settings, effective_settings, load_settings


def found(settings: Settings, name: str, **given: object) -> Effective:
    """One row of the settings in force."""
    return next(row for row in effective_settings(settings, dict(given)) if row.name == name)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_strongest_layer_wins_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"data_dir": tmp_path}
    name = "server.port"
    assert found(load_settings(**given), name).source == "default"
    (tmp_path / "timeline.env").write_text("TIMELINE_SERVER__PORT=1111\n")
    assert (load_settings(**given).server.port, found(load_settings(**given), name).source) == (
        1111,
        str(tmp_path / "timeline.env"),
    )
    (tmp_path / "timeline.production.env").write_text("TIMELINE_SERVER__PORT=2222\n")
    assert load_settings(**given).server.port == 2222
    monkeypatch.setenv("TIMELINE_SERVER__PORT", "3333")
    assert found(load_settings(**given), name).source == "environment"
    settings = load_settings(**given, server={"port": 4444})
    row = found(settings, name, server={"port": 4444})
    assert (row.value, row.source, row.env) == (4444, "command line", "TIMELINE_SERVER__PORT")


def test_the_environment_picks_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "timeline.development.env").write_text("TIMELINE_LOGGING__LEVEL=DEBUG\n")
    assert load_settings(data_dir=tmp_path).logging.level == "INFO"
    assert load_settings(data_dir=tmp_path, environment="development").logging.level == "DEBUG"


@pytest.mark.parametrize(
    "given",
    [
        {"server": {"port": 70_000}},
        {"server": {"prot": 80}},
        {"logging": {"level": "LOUD"}},
        {"environment": "holiday"},
        {"unknown": 1},
    ],
)
def test_a_value_that_cannot_be_used_is_refused(tmp_path: Path, given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        load_settings(data_dir=tmp_path, **given)


def test_a_secret_is_never_printed(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, database={"url": "postgresql://ana:hunter2@localhost/timeline"})
    assert found(settings, "database.url").value == "**********"
    assert "hunter2" not in repr(settings)


def test_paths_are_absolute_and_printed_as_text(tmp_path: Path) -> None:
    settings = load_settings(data_dir=Path("here"), imports={"roots": [tmp_path]})
    assert settings.data_dir == tmp_path / "here"
    assert found(settings, "imports.roots").value == [str(tmp_path)]


def test_every_setting_says_what_it_is(tmp_path: Path) -> None:
    rows = effective_settings(load_settings(data_dir=tmp_path))
    assert [row.name for row in rows if not row.description] == []
