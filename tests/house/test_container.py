"""Dockerfile, compose.yaml and .dockerignore name only what there is. Docker itself need not be at hand."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from fnmatch import fnmatch
from typing import Any

import pytest
import yaml

from tests.house.code import ROOT
from timeline_local.api.middleware.authentication import PUBLIC
from timeline_local.cli.app import app
from timeline_local.config import DEFAULT_PORT, Settings, effective_settings

VARIABLE = re.compile(r"TIMELINE_[A-Z0-9_]*[A-Z0-9]")
ADDRESS = re.compile(r"127\.0\.0\.1:(\d+)(/[a-z0-9/]+)")


def instructions() -> list[tuple[str, str]]:
    """(word, rest) of every instruction of the Dockerfile, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(word, rest.strip()) for word, _, rest in (line.strip().partition(" ") for line in lines) if word]


def of(word: str) -> list[str]:
    return [rest for name, rest in instructions() if name == word]


def composed() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return found


def sources() -> list[str]:
    """What the image copies out of this checkout."""
    copies = [shlex.split(rest) for rest in of("COPY") if "--from=" not in rest]
    return [part for words in copies for part in words[:-1] if not part.startswith("--")]


def test_everything_that_is_copied_is_there_and_let_through() -> None:
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    let_through = [rule[1:] for rule in rules if rule.startswith("!")]
    assert [name for name in sources() if not (ROOT / name).exists()] == []
    assert "*" in rules
    assert [name for name in sources() if not any(fnmatch(name, rule) for rule in let_through)] == []
    assert [name for name in let_through if not (ROOT / name).exists()] == []


def test_what_the_project_is_built_from_is_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {"pyproject.toml", "uv.lock", project["project"]["readme"], *project["project"]["license-files"]}
    assert needed | set(wheel["packages"]) | set(wheel["force-include"]) == set(sources())


def test_the_image_installs_what_is_locked_with_the_extra_for_redis() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    syncs = [json.loads(rest) for rest in of("RUN") if '"sync"' in rest]
    assert len(syncs) == 2
    for words in syncs:
        assert {"--locked", "--no-dev"} <= set(words)
        assert words[words.index("--extra") + 1] in project["project"]["optional-dependencies"]


def test_the_image_runs_without_root_and_without_a_shell() -> None:
    assert of("USER") == ["10001:10001"]
    for rest in (*of("RUN"), *of("ENTRYPOINT"), *of("CMD")):
        assert json.loads(rest)
    (check,) = of("HEALTHCHECK")
    assert json.loads(check.partition("CMD ")[2])


def test_the_command_is_one_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (entry,) = of("ENTRYPOINT")
    (command,) = of("CMD")
    assert json.loads(entry)[0] in project["project"]["scripts"]
    commands = {info.name or info.callback.__name__ for info in app.registered_commands if info.callback}
    asked = [json.loads(command)[0], *(each["command"][0] for each in ours())]
    assert set(asked) <= commands


def ours() -> list[dict[str, Any]]:
    """The services that run our image and say with which command."""
    return [each for each in composed()["services"].values() if each.get("build") and "command" in each]


def test_the_python_of_the_image_is_one_we_support_and_the_same_in_both_stages() -> None:
    bases = [rest.split()[0] for rest in of("FROM")]
    assert len(set(bases)) == 1
    version = re.search(r"python:(\d+)\.(\d+)-", bases[0])
    assert version
    assert (int(version[1]), int(version[2])) >= (3, 11)


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml", "docs/DEPLOYMENT.md"])
def test_every_variable_is_a_setting(name: str) -> None:
    known = {row.env for row in effective_settings(Settings())}
    groups = {env.rpartition("__")[0] for env in known}
    named = set(VARIABLE.findall((ROOT / name).read_text(encoding="utf-8")))
    assert named - known - groups == set()


def test_ports_and_the_health_check_are_the_servers() -> None:
    (check,) = of("HEALTHCHECK")
    address = ADDRESS.search(check)
    assert address
    assert int(address[1]) == DEFAULT_PORT
    assert ("GET", address[2]) in PUBLIC
    assert of("EXPOSE") == [str(DEFAULT_PORT)]
    assert f"TIMELINE_SERVER__PORT={DEFAULT_PORT}" in of("ENV")[-1]
    assert composed()["services"]["timeline"]["ports"] == [f"127.0.0.1:{DEFAULT_PORT}:{DEFAULT_PORT}"]


def test_composed_services_wait_for_services_and_use_volumes_and_networks_there_are() -> None:
    found = composed()
    services, volumes = found["services"], set(found["volumes"])
    for name, service in services.items():
        assert set(service.get("depends_on", {})) <= set(services), name
        assert {each.split(":")[0] for each in service.get("volumes", ())} <= volumes, name
        assert set(service["networks"]) <= set(found["networks"]), name


def test_composed_images_have_a_version_and_only_the_server_is_reached_from_outside() -> None:
    services = composed()["services"]
    for name, service in services.items():
        assert "build" in service or re.fullmatch(r"[a-z]+:\d+-[a-z]+", service["image"]), name
        assert ("ports" in service) == (name == "timeline"), name


def test_the_composed_settings_are_understood() -> None:
    for service in composed()["services"].values():
        raw = {key: str(value) for key, value in service.get("environment", {}).items() if "TIMELINE_" in key}
        given = {key: re.sub(r"\$\{[^:}]+:-([^}]*)\}", r"\1", value) for key, value in raw.items()}
        nested: dict[str, Any] = {}
        for key, value in filter(all, given.items()):
            group, _, field = key.removeprefix("TIMELINE_").lower().partition("__")
            nested.setdefault(group, {})[field] = json.loads(value) if value.startswith("[") else value
        Settings(**nested)


def test_no_password_is_written_down() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    assert re.findall(r"POSTGRES_PASSWORD: (.*)", text) == ["${POSTGRES_PASSWORD:?put it into .env}"]
    assert re.findall(r"//timeline:([^@]*)@", text) == ["${POSTGRES_PASSWORD:?put it into .env}"]


def test_files_that_lie_beside_the_checkout_stay_out_of_it() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert any(fnmatch(".env", rule) for rule in ignored)
