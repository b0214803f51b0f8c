"""What places are called in other languages: which language is meant, what is translated, and what is left alone."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from timeline_local.core import place_words
from timeline_local.core.place_words import Named, meant_by, words_for
from timeline_local.core.places import places
from timeline_local.queries.words import searchable

MUNICH = Named("Munich", "Munich", "Bavaria", "Germany", "DE")
FLORENCE = Named("Florence", "Florence", "Tuscany", "Italy", "IT")
TOKYO = Named("Tokyo", "Tokyo", "Tokyo", "Japan", "JP")


@pytest.mark.parametrize(
    ("accepted", "place", "told"),
    [
        ("de", FLORENCE, ("Florenz", "Florenz", "Toskana", "Italien")),
        ("de", MUNICH, ("München", "München", "Bayern", "Deutschland")),
        ("de", TOKYO, ("Tokio", "Tokio", "Tokyo", "Japan")),
        ("fr", FLORENCE, ("Florence", "Florence", "Toscane", "Italie")),
        ("fr", MUNICH, ("Munich", "Munich", "Bavière", "Allemagne")),
        ("ja", FLORENCE, ("フィレンツェ", "フィレンツェ", "トスカーナ", "イタリア")),
        ("ja", MUNICH, ("ミュンヘン", "ミュンヘン", "バイエルン", "ドイツ")),
        ("it", MUNICH, ("Munich", "Munich", "Baviera", "Germania")),  # nobody tells us what the city is called
        ("ja", TOKYO, ("東京", "東京", "東京", "日本")),
    ],
)
def test_a_place_is_told_in_a_language_as_far_as_it_has_names(
    accepted: str, place: Named, told: tuple[str, str, str, str]
) -> None:
    words = words_for(accepted)
    assert words is not None
    assert words.told(place) == Named(*told, place.country_code)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de-CH, fr;q=0.8", "de"),
        ("fr;q=0.2, de;q=0.9", "de"),
        ("en-GB, de;q=0.9", None),
        ("tlh, sw;q=0.9", None),
        ("tlh, ja;q=0.5", "ja"),
        ("zh-TW", "zh-hant"),
        ("zh-CN", "zh"),
        ("pt-PT", "pt-pt"),
        ("pt-BR", "pt"),
        ("de;q=0, fr", "fr"),
        ("*", None),
        ("../../etc/passwd", None),
        ("meant/3", None),
        (";;;,,q=1", None),
    ],
)
def test_the_first_language_that_somebody_reads_and_we_have(accepted: str, language: str | None) -> None:
    words = words_for(accepted)
    assert (None if words is None else words.language) == language


def test_what_somebody_called_a_place_stays() -> None:
    words = words_for("de")
    assert words is not None
    assert words.told(Named("Granny", "Florence", "Tuscany", "Italy", "IT")).name == "Granny"
    assert words.told(Named("Florence", "Florence", None, "Italy", None)).name == "Florence"
    assert words.told(Named("A bench", None, None, None, "IT")).country is None


@pytest.mark.parametrize("name", ["Bayern", "bavière", "バイエルン", "Бавария"])
def test_a_name_in_any_language_leads_to_that_of_the_table(name: str) -> None:
    assert meant_by(searchable(name)) == ("Bavaria",)


@pytest.mark.parametrize(
    ("name", "called"),
    [("München", "Munich"), ("Cologne", "Köln"), ("Colônia", "Köln"), ("Кёльн", "Köln"), ("深圳", "Shenzhen")],
)
def test_a_name_of_a_city_in_any_language_leads_to_that_of_the_table(name: str, called: str) -> None:
    assert called in meant_by(searchable(name))


def test_what_only_few_have_a_name_for_keeps_its_own() -> None:
    words = words_for("de")
    assert words is not None
    assert words.told(Named("Pszów", "Pszów", "Silesia", "Poland", "PL")).city == "Pszów"


@pytest.mark.parametrize("name", ["mexico", "granada", "xinjiang", "munich", "ruritania", ""])
def test_a_name_of_the_table_and_an_unknown_one_lead_nowhere_else(name: str) -> None:
    assert meant_by(name) == ()


def test_every_word_is_of_a_place_in_the_table() -> None:
    table = places()
    regions = set(table.regions)
    for language in ("de", "fr", "ja", "zh-hant", "uk"):
        words = words_for(language)
        assert words is not None
        assert words.countries.keys() <= set(table.codes)
        assert {name for told in words.regions.values() for name in told} <= regions
        assert {name for told in words.cities.values() for name in told} <= regions


def test_screens_offer_the_languages_that_there_are() -> None:
    offered = Path(place_words.__file__).parents[1] / "web" / "routes" / "settings" / "general.js"
    found = re.search(r"PLACE_LANGUAGES = '([^']+)'", offered.read_text(encoding="utf-8"))
    assert found is not None
    # Norwegian is in the table under both of its names.
    assert {each.lower() for each in found[1].split()} - {"en"} == place_words._languages() - {"no"}


def test_no_words_are_read_before_somebody_asks_for_them() -> None:
    asked = (
        "import timeline_local.main; from timeline_local.core import place_words as words;"
        "print(words._languages.cache_info().misses)"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"
