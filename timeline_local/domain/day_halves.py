"""The halves of a day as phones write them beside a clock of twelve hours: "p. m.", "오후", "下午", "ب.ظ."."""

from __future__ import annotations

import re

# The words of 80 languages in the Unicode CLDR, of today and of phones of ten years ago, in small letters and without
# what _LEFT_OUT leaves out. Chinese has more than two parts of a day.
_MORNING = frozenset(
    """
    am ap asubuhi de dop dopoludnia dopoł eparadites fh fm gh goöň günortadanöň nụtụtụ pd pg prepodne priekšp
    priekšpusdienā priešpiet prijepodne rn sa safiya sf to vm vorm vormittags yb àárọ̀ öö πμ дп претпл таңкы тң
    үө ամ לפנה"צ לפנהצ לפנה״צ ص صباحا صباحًا صبح غم قبلازظهر قبلدوپہر قظ पूर्व पूर्वान्ह पूर्वाह्न मपू পূর্বাহ্ণ
    পূর্বাহ্ন পূৰ্বাহ্ন ਪੂਦੁ ਸਵੇਰੇ પૂર્વાહ્ન முற்பகல் ఉదయం పూర్వాహ్నం ಪೂರ್ವಾಹ್ನ പൂർവാഹ്നം පෙව ก่อนเที่ยง
    ກ່ອນທ່ຽງ နံနက် ጥዋት 上午 凌晨 午前 午夜 早上 清晨 오전 上昼 上晝 an wd بن
    """.split()  # noqa: SIM905 - a word a line is no better
)
_AFTERNOON = frozenset(
    """
    alasiri ch du eh em epasdites gd gosoň günortadansoň in ip mchana md nabali nabalị nachm nachmittags nm odp
    pm pop popiet popodne popoludní popoł ptg pēcp pēcpusdienā tk yamma yh ym ös ọ̀sán μμ попл пп тк
    түштөнкийинки үх կհ אחה"צ אחהצ אחה״צ بظ بعدازظهر بعددوپہر شام غو م مساء مساءً अपरान्ह अपराह्न मउ অপরাহ্ণ
    অপরাহ্ন অপৰাহ্ন ਬਾਦੁ ਸ਼ਾਮ અપરાહ્ન பிற்பகல் అపరాహ్నం సాయంత్రం ಅಪರಾಹ್ನ അപരാഹ്നം පව หลังเที่ยง ຫຼັງທ່ຽງ ညနေ
    ከሰዓት 下午 中午 午後 晚上 오후 下昼 下晝 ew wb دن
    """.split()  # noqa: SIM905 - a word a line is no better
)
_LEFT_OUT = re.compile("[\\s.·'’،,\u200c\u200e\u200f]")


def is_afternoon(word: str) -> bool | None:
    """Whether a word beside the time of day means its second half; None for one that means neither."""
    plain = _LEFT_OUT.sub("", word).casefold()
    return True if plain in _AFTERNOON else False if plain in _MORNING else None
