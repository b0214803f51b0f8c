"""Which sidecar belongs to which memory of one folder of an export of Google Photos.

Names decide (`google_names`). Where clipping has left several pictures, or several sidecars, with one name, the titles
inside the sidecars decide, and natural order where even those are equal.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from timeline_local.importers.archive import File
from timeline_local.importers.google_names import (
    Named,
    family_of,
    find_sidecar_name,
    likely_pictures,
    picture_of,
    plain_name,
    title_fits,
    without_begun_suffix,
    without_number,
)
from timeline_local.importers.photo_groups import IMAGES, Group

MOST_RIVALS = 2000  # pictures whose titles were cut to one name; each is compared with each

TitleOf = Callable[[File], str]


@dataclass(frozen=True, slots=True)
class Paired:
    """The groups with their sidecars, in their order, and the sidecars' names that belong to no group."""

    groups: tuple[Group, ...]
    loose: tuple[str, ...]


def pair(groups: Sequence[Group], sidecars: Mapping[str, File], title_of: TitleOf) -> Paired:
    """Give each group its sidecar. sidecars: NFC name → file.   title_of: only asked when names do not decide."""
    named: dict[str, list[int]] = defaultdict(list)
    used: set[str] = set()
    for index, group in enumerate(groups):
        found = [name for file, _ in group.parts if (name := find_sidecar_name(file.name, sidecars))]
        used.update(found)  # the film of a live photo may have one of its own
        if found:
            named[found[0]].append(index)
    chosen: dict[int, str] = {}
    families: dict[str, list[str]] = {}
    for name, rivals in named.items():
        if len({groups[index].primary.name for index in rivals}) == 1:
            chosen |= dict.fromkeys(rivals, name)  # the same file twice, from parts of the export that overlap
            continue
        families = families or _families(sidecars)
        family = [each for each in families[family_of(name)] if each == name or each not in used]
        chosen |= _settled([(index, groups[index]) for index in rivals], family, lambda each: title_of(sidecars[each]))
    used.update(chosen.values())
    _by_title(groups, sidecars, title_of, chosen, used)
    _by_likeness(groups, sidecars, chosen, used)
    paired = tuple(
        replace(group, json=sidecars[chosen[index]]) if index in chosen else group for index, group in enumerate(groups)
    )
    return Paired(paired, tuple(name for name in sidecars if name not in used))


def _families(sidecars: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name in sidecars:
        found[family_of(name)].append(name)
    return found


def _settled(
    rivals: Sequence[tuple[int, Group]], family: Sequence[str], title_of: Callable[[str], str]
) -> dict[int, str]:
    """Several pictures want one sidecar: each gets the one that names it, the first of equals the first one."""
    titles = {name: title_of(name) for name in family}
    titled: dict[str, deque[str]] = defaultdict(deque)
    for name, title in titles.items():
        titled[plain_name(title)].append(name)
    settled: dict[int, str] = {}
    for index, group in rivals:
        exact = titled.get(plain_name(group.primary.name))
        if exact:
            settled[index] = exact.popleft()
    taken = set(settled.values())
    left = [name for name in family if name not in taken]
    for index, group in rivals[:MOST_RIVALS]:
        if index in settled:
            continue
        found = next((name for name in left if title_fits(titles[name], group.primary.name)), None)
        if found is not None:
            settled[index] = found
            left.remove(found)
    return settled


def _by_title(
    groups: Sequence[Group], sidecars: Mapping[str, File], title_of: TitleOf, chosen: dict[int, str], used: set[str]
) -> None:
    """What no name has paired, a title may: Google has changed its rule before."""
    needy = [index for index in range(len(groups)) if index not in chosen]
    left = [name for name in sidecars if name not in used]
    if not needy or not left:
        return
    titled: dict[str, list[str]] = defaultdict(list)
    for name in left:
        titled[plain_name(title_of(sidecars[name]))].append(name)
    for index in needy:
        found = titled.get(plain_name(groups[index].primary.name))
        if found:
            chosen[index] = found.pop(0)
            used.add(chosen[index])


def _by_likeness(groups: Sequence[Group], sidecars: Mapping[str, File], chosen: dict[int, str], used: set[str]) -> None:
    """What is left on both sides may still be called alike: see `likely_pictures`."""
    needy = [index for index in range(len(groups)) if index not in chosen]
    left = {picture_of(name): name for name in sidecars if name not in used} if needy else {}
    if not left:
        return
    stills: dict[Named, str] = {}
    for picture, name in left.items():
        stem, _, extension = picture.name.rpartition(".")
        if stem and extension in IMAGES:
            plain, number = without_number(stem) if not picture.number else (stem, picture.number)
            stills.setdefault(Named(plain, number), name)
            stills.setdefault(Named(stem, picture.number), name)
    for index in needy:
        primary = groups[index].primary.name
        full = unicodedata.normalize("NFC", primary).casefold()
        stem, number = without_number(full.rpartition(".")[0])
        likely = [left.get(each) for each in likely_pictures(primary)]
        likely += [
            stills.get(each) for each in (Named(stem, number), Named(full, ""), Named(without_begun_suffix(stem), ""))
        ]
        found = next((name for name in likely if name and name not in used), None)
        if found:
            chosen[index] = found
            used.add(found)
