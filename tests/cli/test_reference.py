from pathlib import Path

from timeline_local.cli.reference import reference

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def test_the_page_about_the_command_line_is_what_the_commands_say_themselves() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference()
