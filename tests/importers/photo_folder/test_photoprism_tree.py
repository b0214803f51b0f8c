"""PhotoPrism's storage beside its originals: sidecars in a parallel tree, albums of the owner, and what it made itself.

The layout of albums is that of PhotoPrism's entity.Album and entity.PhotoAlbum (AGPL-3.0); names and values are ours.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.importers.base import Unit
from timeline_local.importers.sources.photo_folder import PhotoFolder

ALBUM = """UID: aqnzih81icziiyae
Slug: summer
Type: album
Title: Summer at sea
Order: oldest
CreatedAt: 2020-11-27T12:19:06Z
Photos:
- UID: pqbemz8276mhtobh
  CreatedAt: 2020-11-27T12:20:09Z
- UID: pqbf5gj2zhnkvxnb
  Hidden: true
  CreatedAt: 2020-11-27T12:20:09Z
- UID: pqbf5gj1eqhakzgq
  CreatedAt: 2020-11-27T12:20:09Z
"""
MONTH = "UID: aqnzih8lmonth\nSlug: june-2019\nType: month\nTitle: June 2019\n"


def sidecar(uid: str, title: str) -> str:
    return f"TakenAt: 2019-06-14T13:04:05Z\nTakenSrc: meta\nUID: {uid}\nType: image\nTitle: {title}\nTitleSrc: manual\n"


FILES = {
    "originals/2019/06/a.jpg": "a",
    "originals/2019/06/b.heic": "b",
    "originals/c.jpg": "c",
    "storage/sidecar/2019/06/a.yml": sidecar("pqbemz8276mhtobh", "Pier"),
    "storage/sidecar/2019/06/b.yml": sidecar("pqbf5gj2zhnkvxnb", "Boat"),
    "storage/sidecar/2019/06/b.heic.jpg": "preview",
    "storage/sidecar/2019/06/gone.yml": sidecar("pqbf5gj1eqhakzgq", "Gone"),
    "storage/sidecar/c.yml": sidecar("pqbf5gj1eqhakzgq", "Sand"),
    "storage/cache/thumbnails/a/0/b/a0b_500x500_center.jpg": "thumbnail",
    "storage/albums/album/aqnzih81icziiyae.yml": ALBUM,
    "storage/albums/month/aqnzih8lmonth.yml": MONTH,
    "storage/config/settings.yml": "UI:\n  Theme: default\n",
}


@pytest.mark.parametrize("originals", ["originals", "My pictures", "x/y/Photos"])
def test_sidecars_in_a_tree_of_their_own_find_their_pictures(
    tmp_path: Path, reading: ModuleType, originals: str
) -> None:
    files = {name.replace("originals", originals, 1): text for name, text in FILES.items()}
    drafts = reading.drafts(reading.read(PhotoFolder(), reading.make(tmp_path, files)))
    assert {key.removeprefix(f"{originals}/"): draft.title for key, draft in drafts.items()} == {
        "2019/06/a.jpg": "Pier",
        "2019/06/b.heic": "Boat",
        "c.jpg": "Sand",
    }


def test_previews_among_the_sidecars_are_not_the_pictures_they_describe(tmp_path: Path, reading: ModuleType) -> None:
    names = {"originals/2019/06/b.heic", "storage/sidecar/2019/06/b.yml", "storage/sidecar/2019/06/b.heic.jpg"}
    files = {name.replace("originals", "All my pictures since 1999"): FILES[name] for name in names}
    drafts = reading.drafts(reading.read(PhotoFolder(), reading.make(tmp_path, files)))
    assert [draft.title for draft in drafts.values()] == ["Boat"]


def test_pictures_that_are_the_folder_itself_find_the_sidecars_inside_of_it(
    tmp_path: Path, reading: ModuleType
) -> None:
    files = {name.removeprefix("originals/"): text for name, text in FILES.items()}
    drafts = reading.drafts(reading.read(PhotoFolder(), reading.make(tmp_path, files)))
    assert {key: draft.title for key, draft in drafts.items()} == {
        "2019/06/a.jpg": "Pier",
        "2019/06/b.heic": "Boat",
        "c.jpg": "Sand",
    }


def test_pictures_are_in_the_albums_that_their_owner_made(tmp_path: Path, reading: ModuleType) -> None:
    drafts = reading.drafts(reading.read(PhotoFolder(), reading.make(tmp_path, FILES)))
    found = {key: [(each.key, each.name) for each in draft.collections] for key, draft in drafts.items()}
    album = ("photoprism:aqnzih81icziiyae", "Summer at sea")
    assert found == {
        "originals/2019/06/a.jpg": [album],
        "originals/2019/06/b.heic": [],  # taken out of the album again: it is hidden there
        "originals/c.jpg": [album],
    }


def test_what_photoprism_made_is_left_out_and_told(tmp_path: Path, reading: ModuleType) -> None:
    assert reading.problems(reading.read(PhotoFolder(), reading.make(tmp_path, FILES))) == {
        "storage/sidecar/2019/06/b.heic.jpg": "unsupported",
        "storage/sidecar/2019/06/gone.yml": "sidecar-without-media",
        "storage/cache": "unsupported",
        "storage/albums/month/aqnzih8lmonth.yml": "unsupported",
        "storage/config/settings.yml": "unsupported",
    }


def test_previews_are_counted_and_not_told_one_by_one(tmp_path: Path, reading: ModuleType) -> None:
    previews = {f"storage/sidecar/2019/06/x{number}.heic.jpg": "p" for number in range(30)}
    thumbnails = {f"storage/cache/thumbnails/a/{number}/t.jpg": "t" for number in range(30)}
    items = reading.read(PhotoFolder(), reading.make(tmp_path, {**FILES, **previews, **thumbnails}))
    told = reading.problems(items)
    assert {each for each in told if each.startswith("storage/cache")} == {"storage/cache"}
    assert {each for each in told if each.startswith("storage/sidecar")} == {
        "storage/sidecar/2019/06",
        "storage/sidecar/2019/06/gone.yml",
    }


def test_a_folder_called_sidecar_with_pictures_alone_is_like_any_other(tmp_path: Path, reading: ModuleType) -> None:
    files = {"sidecar/a.jpg": "a", "sidecar/notes.yml": "a: b", "cache/b.jpg": "b"}
    drafts = reading.drafts(reading.read(PhotoFolder(), reading.make(tmp_path, files)))
    assert sorted(drafts) == ["cache/b.jpg", "sidecar/a.jpg"]


def test_a_picture_is_read_again_when_an_album_changed(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, FILES)
    units = [each for each in PhotoFolder().read(folder, reading.ReadOptions(), None) if isinstance(each, Unit)]
    first = next(each for each in units if each.source_key == "originals/2019/06/a.jpg")
    assert "storage/albums/album/aqnzih81icziiyae.yml" in [file.locator for file in first.files]


@pytest.mark.parametrize(
    ("old", "new", "slug"),
    [
        ("Order: oldest", "DeletedAt: 2021-01-01T00:00:00Z", "trashed-at-source"),
        ("Type: album", "Type: folder", "unsupported"),
        ("Type: album", "Type: [", "unsupported"),
    ],
)
def test_an_album_that_is_none_of_the_owners_is_told(
    tmp_path: Path, reading: ModuleType, old: str, new: str, slug: str
) -> None:
    where = "storage/albums/album/aqnzih81icziiyae.yml"
    items = reading.read(PhotoFolder(), reading.make(tmp_path, {**FILES, where: ALBUM.replace(old, new)}))
    assert reading.problems(items)[where] == slug
    assert all(not draft.collections for draft in reading.drafts(items).values())
