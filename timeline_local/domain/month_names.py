"""Dates with the month as a word, as programs write them in the language of a phone: "jeudi 11 juin 2026"."""

import re
from collections import Counter
from datetime import date

from timeline_local.domain.fingerprints import fold

# The names of the twelve months as the Unicode CLDR has them for dates (genitive where that differs), by language:
# en, de, fr, es, it, pt, nl, sv, da, nb, fi, pl, cs, sk, hr, hu, ro, ca, tr, id, ru, uk, el, lt, et.
_NAMES = """
january february march april may june july august september october november december
januar februar marz april mai juni juli august september oktober november dezember
janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro
januari februari maart april mei juni juli augustus september oktober november december
januari februari mars april maj juni juli augusti september oktober november december
januar februar marts april maj juni juli august september oktober november december
januar februar mars april mai juni juli august september oktober november desember
tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesakuuta heinakuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta
stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia pazdziernika listopada grudnia
ledna unora brezna dubna kvetna cervna cervence srpna zari rijna listopadu prosince
januara februara marca aprila maja juna jula augusta septembra oktobra novembra decembra
sijecnja veljace ozujka travnja svibnja lipnja srpnja kolovoza rujna listopada studenoga prosinca
januar februar marcius aprilis majus junius julius augusztus szeptember oktober november december
ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie
gener febrer marc abril maig juny juliol agost setembre octubre novembre desembre
ocak subat mart nisan mayis haziran temmuz agustos eylul ekim kasim aralik
januari februari maret april mei juni juli agustus september oktober november desember
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня
ιανουαριου φεβρουαριου μαρτιου απριλιου μαιου ιουνιου ιουλιου αυγουστου σεπτεμβριου οκτωβριου νοεμβριου δεκεμβριου
sausio vasario kovo balandzio geguzes birzelio liepos rugpjucio rugsejo spalio lapkricio gruodzio
jaanuar veebruar marts aprill mai juuni juuli august september oktoober november detsember
"""  # noqa: E501 - a language a line
# Months that two languages number differently tell nothing by themselves: the Croatian July is the Polish June.
_MONTHS: dict[str, set[int]] = {}
for _line in _NAMES.strip().splitlines():
    for _number, _name in enumerate(_line.split(), 1):
        _MONTHS.setdefault(fold(_name).replace("ı", "i"), set()).add(_number)

_MONTHS |= {"mrt": {3}, "mrz": {3}}  # the Dutch and the German March, short: no beginnings of their names

_EAST_ASIAN = re.compile(r"(?P<year>\d{4})\s*[年년]\s*(?P<month>\d{1,2})\s*[月월]\s*(?P<day>\d{1,2})\s*[日일]")
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]+")
_LONGEST = 100
_SHORTEST = 3  # letters of an abbreviation
_SURE = 3


def read_worded_date(text: str, near: date | None = None) -> date | None:
    """The day that a text of at most 100 characters names, in any order of its parts; None where that is not certain.

    near  what is known besides: it decides between months of one name, and stands for a month in a language nobody here
    reads if its year is the text's and its day is, or is the day before or after.
    """
    plain = text[:_LONGEST].strip()
    asian = _EAST_ASIAN.search(plain)
    if asian is not None:
        return _day(int(asian["year"]), int(asian["month"]), int(asian["day"]))
    numbers = [int(each) for each in _NUMBER.findall(plain)]
    years = [each for each in numbers if 1900 <= each <= 2200]  # noqa: PLR2004 - what a year looks like
    days = [each for each in numbers if 1 <= each <= 31]  # noqa: PLR2004
    if len(years) != 1 or len(days) != 1:
        return None
    words = [fold(word).replace("ı", "i") for word in _WORD.findall(plain)]
    months = {month for word in words for month in _MONTHS.get(word, ())}
    months = months or {month for word in words for month in _abbreviated(word)}
    if not months and near is not None:
        months = {near.month - 1 or 12, near.month, near.month % 12 + 1}
    found = [made for month in sorted(months) if (made := _day(years[0], month, days[0])) is not None]
    if len(found) > 1 and near is not None:
        found = [each for each in found if abs((each - near).days) <= 1]
    return found[0] if len(found) == 1 else None


def _abbreviated(word: str) -> set[int]:
    """The month that most names beginning so are of, if there are three times as many as of any other."""
    if len(word) < _SHORTEST:
        return set()
    counts = Counter(month for name, found in _MONTHS.items() if name.startswith(word) for month in found)
    ranked = counts.most_common(2)
    is_sure = bool(ranked) and (len(ranked) == 1 or ranked[0][1] >= _SURE * ranked[1][1])
    return {ranked[0][0]} if is_sure else set()


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
