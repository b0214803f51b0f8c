"""What names tell about a picture besides its date: that it is a screenshot, or one shot of a burst."""

from __future__ import annotations

import re
import unicodedata

from timeline_local.domain.drafts import JSON, RelationKind, RelationRef
from timeline_local.importers.files import source_key
from timeline_local.importers.photo_groups import Group

# As Android, iOS, macOS, Windows and GNOME name them, by language.
_SCREENSHOT = re.compile(
    r"screen[ _-]?shot|screen[ _-]?record|bildschirm(?:foto|aufnahme)|capture d[’'e ]|"
    r"captura[ _](?:de[ _])?(?:pantalla|tela|ecr)|schermafbeelding|schermata|skärmbild|skjermbilde|skærmbillede|"
    r"zrzut[ _]ekranu|sním(?:ek|ka)[ _]obrazovky|snimka[ _]zaslona|näyttökuva|képernyő(?:kép|fotó)|ekran[ _]|"
    r"captură[ _]de[ _]ecran|tangkapan[ _]layar|cuplikan[ _]layar|ảnh[ _]chụp[ _]màn[ _]hình|"
    r"скриншот|снимок[ _]экрана|знімок[ _]екрана|στιγμιότυπο|"
    r"צילום[ _]מסך|לכידת[ _]מסך|لقطة[ _](?:ال)?شاشة|ภาพ(?:ถ่าย)?หน้าจอ|"
    r"スクリーンショット|画面収録|(?:qq|微信)?截[图圖屏]|[屏螢]幕(?:截[图圖]|快照)|스크린샷|화면[ _]캡처",
)
_FOLDERS = frozenset({"screenshots", "screen captures", "bildschirmfotos"})


def picture_extra(group: Group, name: str) -> dict[str, JSON]:
    """kind: "screenshot"; burst: the same text for all shots of one burst."""
    found: dict[str, JSON] = {}
    if is_screenshot(name, group.primary.locator):
        found["kind"] = "screenshot"
    if group.burst:
        found["burst"] = group.burst
    return found


def is_screenshot(name: str, locator: str) -> bool:
    """Whether the name, or the folder, says that this was taken of a screen."""
    parent = locator.rpartition("/")[0].rpartition("/")[2]
    spelled = unicodedata.normalize("NFC", name).casefold()
    return _SCREENSHOT.match(spelled) is not None or parent.casefold() in _FOLDERS


def burst_relations(group: Group) -> tuple[RelationRef, ...]:
    """Every shot but the cover is a part of the cover's burst."""
    if group.cover is None:
        return ()
    return (RelationRef(kind=RelationKind.PART_OF, source_key=source_key(group.cover.locator)),)
