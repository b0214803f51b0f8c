"""The query language: what each spelling means, where errors point, and that the canonical spelling is stable."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.domain.kinds import Kind
from timeline_local.domain.query import (
    MAX_CHARACTERS,
    MAX_TERMS,
    Camera,
    CollectionIs,
    DateRange,
    Feature,
    Flag,
    FromSource,
    Has,
    In,
    IsFlag,
    KindIs,
    Near,
    Not,
    Or,
    Phrase,
    Query,
    QuerySyntaxError,
    Scale,
    TagIs,
    Term,
    With,
    Word,
    parse,
)

TODAY = date(2026, 11, 22)  # a Sunday


def terms(text: str) -> tuple[Term, ...]:
    return parse(text, TODAY).terms


def days(first: str, last: str) -> DateRange:
    return DateRange(date.fromisoformat(first), date.fromisoformat(last))


JUNE = days("2019-06-01", "2019-06-30")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("  \t ", ()),
        ("beach anna", (Word("beach"), Word("anna"))),
        ('"blue  hour"', (Phrase("blue hour"),)),
        ("“blue hour”", (Phrase("blue hour"),)),
        (r'"say \"hi\" \\ o"', (Phrase('say "hi" \\ o'),)),
        ("-rain", (Not(Word("rain")),)),
        ('-"blue hour"', (Not(Phrase("blue hour")),)),
        ("- --x", (Word("-"), Word("--x"))),
        ("kind:photo", (KindIs(Kind.PHOTO),)),
        ("type:Videos", (KindIs(Kind.VIDEO),)),
        ("KIND:photo", (KindIs(Kind.PHOTO),)),
        ("tag:travel/italy #x", (TagIs("travel/italy"), TagIs("x"))),
        ('#"two words"', (TagIs("two words"),)),
        ("with:anna", (With("anna"),)),
        ("in:rome", (In("rome"),)),
        ("place:rome", (In("rome"),)),
        ('collection:"Trip to Rome"', (CollectionIs("Trip to Rome"),)),
        ("camera:pixel from:takeout", (Camera("pixel"), FromSource("takeout"))),
        ("rating:4 mood:2-4", (Scale("rating", 4, 4), Scale("mood", 2, 4))),
        ("rating:>=4 rating:<3", (Scale("rating", 4, 5), Scale("rating", 1, 2))),
        ("mood:>3 mood:<=2 is:rated", (Scale("mood", 4, 5), Scale("mood", 1, 2), IsFlag(Flag.RATED))),
        ("has:people has:sound", (Has(Feature.PEOPLE), Has(Feature.SOUND))),
        ("is:favorite is:undated", (IsFlag(Flag.FAVOURITE), IsFlag(Flag.UNDATED))),
        ('near:"41.9,12.5" 5km', (Near(41.9, 12.5, "", 5),)),
        ("near:Porto 500m hills", (Near(None, None, "Porto", 0.5), Word("hills"))),
        ("near:Porto", (Near(None, None, "Porto", 5),)),
        ("near:Porto 1.5mi", (Near(None, None, "Porto", 2.414016),)),
        ("a b OR c OR -d e", (Word("a"), Or((Word("b"), Word("c"), Not(Word("d")))), Word("e"))),
        ("a or b", (Word("a"), Word("or"), Word("b"))),
        ('a "OR" b', (Word("a"), Phrase("OR"), Word("b"))),
        ("foo:bar", (Word("foo:bar"),)),
        ('foo:"bar baz"', (Phrase("foo:bar baz"),)),
        ("https://example.org/x 12:30", (Word("https://example.org/x"), Word("12:30"))),
        ('5" nails', (Word('5"'), Word("nails"))),
        ("#", (Word("#"),)),
    ],
)
def test_each_spelling_has_one_meaning(text: str, expected: tuple[Term, ...]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019", (days("2019-01-01", "2019-12-31"),)),
        ("2019-06", (JUNE,)),
        ("2019-06-14", (days("2019-06-14", "2019-06-14"),)),
        ("june 2019", (JUNE,)),
        ("beach June 2019 sun", (Word("beach"), JUNE, Word("sun"))),
        ("2019 june", (JUNE,)),
        ("june 2019 the end", (JUNE, Word("the"), Word("end"))),
        ("14 june 2019", (days("2019-06-14", "2019-06-14"),)),
        ("June 14th, 2019", (days("2019-06-14", "2019-06-14"),)),
        ("summer of 2019", (days("2019-06-01", "2019-08-31"),)),
        ("-june 2019", (Not(JUNE),)),
        ("june -2019", (Word("june"), Not(days("2019-01-01", "2019-12-31")))),
        ("last summer", (days("2026-06-01", "2026-08-31"),)),
        ("last winter", (days("2025-12-01", "2026-02-28"),)),
        ("last november", (days("2025-11-01", "2025-11-30"),)),
        ("this month", (days("2026-11-01", "2026-11-30"),)),
        ("last year", (days("2025-01-01", "2025-12-31"),)),
        ("this week", (days("2026-11-16", "2026-11-22"),)),
        ("last monday", (days("2026-11-16", "2026-11-16"),)),
        ("last sunday", (days("2026-11-15", "2026-11-15"),)),
        ("this monday", (days("2026-11-16", "2026-11-16"),)),
        ("today", (days("2026-11-22", "2026-11-22"),)),
        ("yesterday", (days("2026-11-21", "2026-11-21"),)),
        ("1990s", (days("1990-01-01", "1999-12-31"),)),
        ("may last 1080 2019-13 last frog", tuple(map(Word, ["may", "last", "1080", "2019-13", "last", "frog"]))),
        ("31 june 2019", (Word("31"), JUNE)),
        ("on:2019-06-14", (days("2019-06-14", "2019-06-14"),)),
        ('during:"summer 2019"', (days("2019-06-01", "2019-08-31"),)),
        ("during:2019-06-05/2019-06-20", (days("2019-06-05", "2019-06-20"),)),
        ("on:1987~", (days("1987-01-01", "1987-12-31"),)),
        ("after:2019", (DateRange(date(2020, 1, 1), date.max),)),
        ("before:2019-06", (DateRange(date.min, date(2019, 5, 31)),)),
        ("after:yesterday", (DateRange(date(2026, 11, 22), date.max),)),
    ],
)
def test_dates_are_understood_as_people_type_them(text: str, expected: tuple[Term, ...]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("OR a", 0, "a term before OR"),
        ("a OR", 4, "a term after OR"),
        ("a OR OR b", 4, "a term after OR"),
        ('a "open', 2, "closing quote"),
        ("tag:", 4, "a value after tag:"),
        ('tag:""', 4, "a value after tag:"),
        ("tag:###", 4, "the name of a tag"),
        ('x ""', 2, "words between the quotes"),
        ("kind:foo", 5, "one of photo"),
        ("is:foo", 3, "one of favourite"),
        ("has:foo", 4, "one of people"),
        ("rating:6", 7, "1 to 5"),
        ("rating:>5", 7, "1 to 5"),
        ("mood:4-2", 5, "1 to 5"),
        ("mood:>=2-4", 5, "1 to 5"),
        ("rating:many", 7, "1 to 5"),
        ("on:frog", 3, "a date after on:"),
        ("before:0001", 7, "no day before"),
        ('near:"91,0"', 5, "a latitude"),
        ("near:x 0m", 7, "a distance"),
        ("a" * (MAX_CHARACTERS + 1), MAX_CHARACTERS, "at most"),
        ("a " * (MAX_TERMS + 1), 2 * MAX_TERMS, "at most"),
    ],
)
def test_an_error_points_at_the_place_and_says_what_was_expected(text: str, position: int, message: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse(text, TODAY)
    assert caught.value.position == position
    assert message in caught.value.message
    assert f"character {position + 1}" in caught.value.detail


def test_dates_at_the_end_of_the_calendar_do_not_overflow() -> None:
    with pytest.raises(QuerySyntaxError):
        parse("after:today", date.max)
    assert parse("yesterday", date.min).terms == (DateRange(date.min, date.min),)


def test_spans_run_parallel_to_the_terms() -> None:
    text = ' beach  june 2019 near:"41.9,12.5" 5km a OR b'
    query = parse(text, TODAY)
    assert [text[span.start : span.end] for span in query.spans] == [
        "beach",
        "june 2019",
        'near:"41.9,12.5" 5km',
        "a OR b",
    ]


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("last  summer #x", "during:2026-22 tag:x"),
        ('near:"41.90,-12.5"', 'near:"41.9,-12.5" 5km'),
        ('tag:"a b" after:2019', 'tag:"a b" after:2019-12-31'),
        ("has:text camera:pixel with:anna", "has:text camera:pixel with:anna"),
        ('in:"new  york" collection:x from:a', 'in:"new york" collection:x from:a'),
        ("rating:>=4 mood:2-2 is:rated", "rating:4-5 mood:2 is:rated"),
        ("during:1990s on:2019/2020", "during:199X during:2019/2020"),
        ("on:1800/1899 on:2019-01/2019-05", "during:18XX during:2019-01/2019-05"),
        ("-today OR before:2019", "-on:2026-11-22 OR before:2019-01-01"),
    ],
)
def test_the_canonical_spelling_is_absolute(text: str, canonical: str) -> None:
    assert parse(text, TODAY).canonical() == canonical


fragments = st.sampled_from(
    [
        *[
            "a",
            "-",
            "--",
            '"',
            '"x y"',
            "“x”",
            "OR",
            "#",
            "#t",
            "tag:",
            "tag:x",
            "kind:photo",
            "is:undated",
            "near:",
            "in:",
        ],
        *['near:"1,2"', "5km", "0.1m", "near:-0.0,1e5", "june", "2019", "last", "summer", "14", "of", "the", "today"],
        *["rating:", "rating:4", "mood:>=2", "mood:1-3", "collection:x"],
        *["after:", "before:", "on:", "2019-06", "foo:", "\\", "\x00", "\u00a0", ":", "/", "1990s", "“", "'", "is:"],
    ]
)
glue = st.sampled_from([" ", "", " -", "  "])
queries = st.lists(st.tuples(fragments, glue), max_size=20).map(
    lambda parts: "".join(a + b for a, b in parts)
) | st.text(max_size=60)


def parsed(text: str, today: date) -> Query | None:
    try:
        return parse(text, today)
    except QuerySyntaxError:
        return None


@given(queries, st.dates())
def test_the_parser_raises_nothing_but_its_own_error(text: str, today: date) -> None:
    parsed(text, today)


@given(queries.map(lambda text: parsed(text, TODAY)).filter(bool), st.dates())
def test_the_canonical_spelling_parses_to_the_same_tree_on_any_day(query: Query, today: date) -> None:
    again = parse(query.canonical(), today)
    assert again == query
    assert again.canonical() == query.canonical()
