"""Other words: as long, the same for the same, in the same shape, and never an original one."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain.disguise import Disguise
from timeline_local.domain.ids import new_id


def test_the_shape_of_a_text_stays() -> None:
    made = Disguise(b"s").text("**Ana** met ANA in 1987: #rome, ana@mail.example/x!")
    assert len(made) == len("**Ana** met ANA in 1987: #rome, ana@mail.example/x!")
    words = made.replace("*", "").split()
    assert words[0].istitle()
    assert words[2].isupper()
    assert words[0].casefold() == words[2].casefold()
    assert [character for character in made if not character.isalnum()] == list("**** " + "   : #, @./!")


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=30), max_size=20))
def test_no_two_words_become_the_same_one(texts: list[str]) -> None:
    disguise = Disguise(b"s")
    words = {word.casefold() for text in texts for word in text.split() if word.isalpha()}
    assert len({disguise.text(word) for word in words}) == len(words)


def test_no_learned_word_turns_up() -> None:
    free = Disguise(b"s")
    chance = {free.text(f"word{'x' * number}") for number in range(20)}
    disguise = Disguise(b"s")
    disguise.learn(chance)
    assert not chance & {disguise.text(f"word{'x' * number}") for number in range(20)}


@pytest.mark.parametrize("count", [300])
def test_more_short_words_than_there_are_letters_get_longer(count: int) -> None:
    disguise = Disguise(b"s")
    made = [disguise.text(chr(0x4E00 + number)) for number in range(count)]
    assert len(set(made)) == count


@pytest.mark.timeout(20)  # a word looked through as a whole takes hours
@pytest.mark.parametrize("letter", ["a", "7"])
def test_a_word_of_a_million_letters_is_one_of_many(letter: str) -> None:
    disguise = Disguise(b"s")
    disguise.learn([letter * 1_000_000])
    made = disguise.text(letter * 1_000_000)
    assert len(made) == 1_000_000
    assert letter * 100 not in made


@given(st.uuids())
def test_ids_stay_ids_and_keep_their_order(other: UUID) -> None:
    disguise = Disguise(b"s")
    first, second = new_id(), new_id()
    made = [disguise.id(first), disguise.id(second)]
    assert (made[0].version, made[0].variant) == (7, "specified in RFC 4122")
    assert (made[0].int >> 80) <= (made[1].int >> 80)
    assert disguise.id(other) == Disguise(b"s").id(other) != Disguise(b"t").id(other)


def test_places_stay_on_the_earth_and_times_move_alike() -> None:
    disguise = Disguise(b"s")
    assert all(-90 <= disguise.lat(degrees) <= 90 for degrees in (-90, -1, 0, 1, 90))
    assert all(-180 <= disguise.lon(degrees) <= 180 for degrees in (-180, -1, 0, 1, 180))
    first, second = datetime(2020, 2, 29, tzinfo=UTC), datetime(2021, 7, 1, tzinfo=UTC)
    assert disguise.moved(second) - disguise.moved(first) == second - first
    assert disguise.moved(first).weekday() == first.weekday()
    assert disguise.moved(datetime(1, 1, 1, tzinfo=UTC)).year == 1
    assert disguise.moved_years(datetime(1999, 9, 1, tzinfo=UTC)).month == 9
