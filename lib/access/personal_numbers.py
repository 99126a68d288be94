"""Numbers that lead to a person, found in free text however they are written: phones, identity numbers, bank cards,
plates, accounts.

Every pattern is bounded, so that reading takes time in proportion to the text. Where a number could also be
something harmless the text around it decides, and in doubt it is masked.
"""

from __future__ import annotations

import re
import unicodedata

IDENTITY = "[身份证号]"

# The digits as characters, in everyday and in bookkeeping's form.
_HAN = {sign: str(i % 10) for i, sign in enumerate("零一二三四五六七八九〇壹贰叁肆伍陆柒捌玖")} | {
    "○": "0",
    "幺": "1",
    "两": "2",
}
_ANY = "0-9" + "".join(_HAN)
# Signs of other width that stand for a digit or letter, found fast; then read one by one.
_WIDE = re.compile(r"[０-９Ａ-Ｚａ-ｚ＋\u0660-\u0669\U0001d7ce-\U0001d7ff]")
# What people put between the digits: blanks of all kinds, dashes, dots, one bracket, marks without width.
_SIGNS = r"[\s\-‐‑‒–—―－~·.．_/\u200b-\u200f\u2060\ufeff]"
_GAP = rf"{_SIGNS}{{0,3}}[()（）]?{_SIGNS}{{0,1}}"
_BLANK = r"[\s\-‐‑‒–—―－\u200b-\u200f]?"


def _spread(*digits: str) -> str:
    """The digits one after the other, with a gap between each."""
    return _GAP.join(digits)


# A hash in hexadecimal is no number of anybody.
_HASH = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})(?![0-9A-Za-z])")

# Province, county, birth date inside: tells identity numbers from the numbers of tickets and documents.
# Looked for first, because it is cheap: no number of so many digits fits between words.
_NO_HAN = r"[^\u4e00-\u9fa5]"
_PROVINCES = {"1": "1-5", "2": "1-3", "3": "1-7", "4": "1-6", "5": "0-4", "6": "1-5", "7": "1", "8": "1-3", "9": "1-9"}
_PROVINCE = "(?:" + "|".join(f"{first}[{second}]" for first, second in _PROVINCES.items()) + ")"
_PROVINCE_SPREAD = "(?:" + "|".join(_spread(first, f"[{second}]") for first, second in _PROVINCES.items()) + ")"
_MONTH = rf"(?:0{_GAP}[1-9]|1{_GAP}[0-2])"
_DAY = rf"(?:0{_GAP}[1-9]|[12]{_GAP}\d|3{_GAP}[01])"
_CENTURY = rf"(?:1{_GAP}[89]|2{_GAP}0)"
_HEAD = _spread(_PROVINCE_SPREAD, r"\d", r"\d", r"\d", r"\d")
_TAIL = _spread(_MONTH, _DAY, r"\d", r"\d", r"\d")
_LONG_IDENTITY = _spread(_HEAD, _CENTURY, r"\d", r"\d", _TAIL, r"[\dXx]")
_SHORT_IDENTITY = _spread(_HEAD, r"\d", r"\d", _TAIL)
_IDENTITY = re.compile(rf"(?<!\d)(?=[1-9]{_NO_HAN}{{14}})(?:{_LONG_IDENTITY}|{_SHORT_IDENTITY})(?!\d)")
# Mistyped ones keep their letter, or the word before them.
_IDENTITY_LETTER = re.compile(r"(?<!\d)\d{17}[Xx](?!\d)")
_IDENTITY_NAMED = re.compile(
    rf"((?:身份证|公民身份|证件)(?:号码|号)?[是为：:\s]{{0,4}})(\d(?:{_GAP}\d){{13,17}}(?:{_GAP}[\dXx])?)(?!\d)"
)
_PASSPORT = re.compile(r"((?:护照|通行证|军官证|士兵证)(?:号码|号)?[是为：:\s]{0,4})[A-Za-z\u4e00-\u9fa5]{0,4}\d{6,9}")

# With a gap inside the first three digits only when nothing follows: lists of numbers look like that.
_MOBILE = re.compile(
    rf"(?<!\d)(?=[+\d]{_NO_HAN}{{10}})(?:(?:\+|00)?86{_GAP}|0{_GAP})?(1[3-9]\d(?:{_GAP}\d){{8}}|1{_GAP}[3-9]{_GAP}\d(?:{_GAP}\d){{8}}(?!\d))"
)
_MOBILES_IN_A_ROW = re.compile(r"(?<!\d)(?:1[3-9]\d{9}){2,9}(?!\d)")
_BEGINS = re.compile(r"1[3-9]\d")
_DATE = re.compile(r"(?:19|20)\d\d[\-/.](?:0?[1-9]|1[0-2])[\-/.]")
_AREA = r"(?:10|2\d|[3-9]\d{2})"
_LANDLINE = re.compile(
    rf"(?<!\d)(?=[+0]{_NO_HAN}{{9}})((?:(?:\+|00)86{_GAP})?0{_AREA}|(?:\+|00)86{_GAP}{_AREA})({_GAP})([2-9](?:{_BLANK}\d){{6,7}})(?!\d)"
)
_SERVICE = re.compile(rf"(?<!\d)([48]00)({_GAP})(\d(?:{_BLANK}\d){{6}})(?!\d)")
_LOCAL = rf"[2-9](?:{_BLANK}\d){{6,7}}(?!\d)"
_LOCAL_NUMBERS = re.compile(
    r"((?:电话|座机|固话|号码|联系方式|手机|致电|拨打|拨|传真|宅电|回电)(?:号码|号)?[是为：:\s]{0,4})"
    rf"({_LOCAL}(?:[、，,;；/或和及\s]{{1,2}}{_LOCAL}){{0,9}})"
)

# Titles are cut at so many signs: what is left of a number at the end still is most of it.
_CUT_OFF = re.compile(
    rf"(?<!\d)(?:(1{_GAP}[3-9]{_GAP}\d)(?:{_GAP}\d){{5,7}}|({_PROVINCE}\d)\d{{3}}(?:19|20)\d{{2,10}})(?=\s*(?:…|\.{{3}})*\s*\Z)"
)
# Read by character: "一三八零零一二三四五六".
_HAN_RUN = re.compile(rf"[{_ANY}](?:{_BLANK}[{_ANY}]){{9,}}")
_HAN_SHARE = 0.5

_LOOKS_DATED = r"20\d{2}(?:0[1-9]|1[0-2])"
_CARD = re.compile(rf"(?<!\d)(?!{_LOOKS_DATED})(\d{{4}})(?:{_BLANK}\d){{12,15}}(?!\d)")
_LONG_RUN = re.compile(rf"(?<!\d)(?!{_LOOKS_DATED})(\d{{4}})\d{{16,}}")
_ACCOUNT = re.compile(
    r"((?:账号|帐号|账户|帐户|卡号|存折|社保号|医保号|银行卡)(?:号码|号)?[是为：:\s]{0,4})\d(?:[ \-]?\d){7,24}(?!\d)"
)
_MESSENGER = re.compile(r"((?:[Qq]{2}|微信|[Vv][Xx])(?:号码|账号|号)?[是为：:\s]{0,4})[A-Za-z0-9][A-Za-z0-9_\-]{4,29}")
_PLATE = re.compile(
    r"([京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][ ]?[A-Za-z])[·•・.\- ]{0,2}"
    r"([A-Za-z0-9]{4,5}[A-Za-z0-9挂学警港澳])(?![A-Za-z0-9])"
)
_EMAIL = re.compile(r"(?<![A-Za-z0-9_.+\-])[A-Za-z0-9_.+\-]++@[A-Za-z0-9\-]++(?:\.[A-Za-z0-9\-]++)+")


def narrow(text: str) -> str:
    """The text with digits and letters of other width read as ASCII; everything else stays as it is."""
    if text.isascii() or not _WIDE.search(text):
        return text
    return _WIDE.sub(lambda m: _narrow_sign(m[0]), text)


def mask_identities(text: str) -> str:
    """Identity numbers masked, and nothing else; the text has been read by `narrow`."""
    text = _IDENTITY.sub(IDENTITY, text)
    text = _IDENTITY_LETTER.sub(IDENTITY, text)
    text = _IDENTITY_NAMED.sub(rf"\1{IDENTITY}", text)
    return _HAN_RUN.sub(_identity_in_characters, text)


def mask_numbers(text: str) -> str:
    """All numbers of this module masked; the text has been read by `narrow`."""
    pieces, at = [], 0
    for found in _HASH.finditer(text):
        pieces += [_mask_numbers(text[at : found.start()]), found[0]]
        at = found.end()
    return "".join([*pieces, _mask_numbers(text[at:])])


def _mask_numbers(text: str) -> str:
    text = mask_identities(text)
    text = _PASSPORT.sub(r"\1****", text)
    text = _LOCAL_NUMBERS.sub(lambda m: m[1] + re.sub(_LOCAL, lambda n: f"****{_digits(n[0])[-3:]}", m[2]), text)
    text = _LANDLINE.sub(lambda m: f"{m[1]}{m[2]}****{_digits(m[3])[-3:]}", text)
    text = _MOBILES_IN_A_ROW.sub(lambda m: "、".join(_short(m[0][i : i + 11]) for i in range(0, len(m[0]), 11)), text)
    text = _MOBILE.sub(_mobile, text)
    text = _ACCOUNT.sub(r"\1****", text)
    text = _CARD.sub(r"\1****", text)
    text = _LONG_RUN.sub(r"\1****", text)
    text = _SERVICE.sub(lambda m: f"{m[1]}{m[2]}****{_digits(m[3])[-3:]}", text)
    text = _HAN_RUN.sub(_phone_in_characters, text)
    text = _CUT_OFF.sub(lambda m: f"{_digits(m[1] or m[2])}****", text)
    text = _MESSENGER.sub(r"\1****", text)
    text = _PLATE.sub(lambda m: f"{m[1]}****{m[2][-1]}", text)
    return _EMAIL.sub("[邮箱]", text)


def _mobile(found: re.Match[str]) -> str:
    """138****5678, unless the digits stand so that they are something else: a list of numbers, a date."""
    groups = re.findall(r"\d+", found[1])
    if len(groups[0]) > 2 or all(len(group) == 1 for group in groups) or any(map(_BEGINS.match, groups[1:])):
        return _short(found[1])
    is_list = any(sign in found[1] for sign in "/.．~")
    return found[0] if is_list or _DATE.search(found[1]) else _short(found[1])


def _short(number: str) -> str:
    digits = _digits(number)
    return f"{digits[:3]}****{digits[-4:]}"


def _identity_in_characters(found: re.Match[str]) -> str:
    if found[0].isascii():
        return found[0]
    read, share = _read(found[0])
    if share < _HAN_SHARE or not re.search(rf"{_PROVINCE}\d{{13,}}", read):
        return found[0]
    return IDENTITY


def _phone_in_characters(found: re.Match[str]) -> str:
    """A phone written in characters; characters behind it belong to the next word (一直)."""
    if found[0].isascii():
        return found[0]
    read, share = _read(found[0])
    if share < _HAN_SHARE:
        return found[0]
    if phone := re.search(r"1[3-9]\d{9}", read):
        return _short(phone[0])
    return f"{read[:3]}****{read[-3:]}" if re.match(rf"0{_AREA}[2-9]\d{{6}}", read) else found[0]


def _read(text: str) -> tuple[str, float]:
    """Digits of a run of characters, and which part of them was written in characters."""
    signs = [sign for sign in text if sign in _HAN or sign.isdigit()]
    return "".join(_HAN.get(sign, sign) for sign in signs), sum(sign in _HAN for sign in signs) / len(signs)


def _narrow_sign(sign: str) -> str:
    digit = unicodedata.digit(sign, None)
    if digit is not None:
        return str(digit)
    other = unicodedata.normalize("NFKC", sign)
    return other if len(other) == 1 and other.isascii() else sign


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
