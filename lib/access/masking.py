"""Masking of personal data in texts: phones, identity numbers, plates, names, exact addresses.

Pure functions on text. What is masked cannot be found again in the result; what is not personal stays.
"""

from __future__ import annotations

import re

_FULL_WIDTH = {ord(a): b for a, b in zip("０１２３４５６７８９－＋（）　", "0123456789-+() ", strict=True)}
_GAP = r"[ \-·.]?"
_FOUR = rf"\d{_GAP}\d{_GAP}\d{_GAP}\d"

# 18 digits with a check letter, or the older 15; a birth date inside tells them from order numbers.
_IDENTITY = re.compile(
    r"(?<![0-9A-Za-z])[1-9]\d{5}(?:(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"
    r"|\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3})(?![0-9A-Za-z])"
)
_MOBILE = re.compile(rf"(?<!\d)(?:(?:\+|00)?86[ \-]?)?(1{_GAP}[3-9]{_GAP}\d){_GAP}({_FOUR}){_GAP}({_FOUR})(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(\(?0\d{2,3}\)?[ \-]?)([2-9]\d{6,7})(?!\d)")
_LOCAL_NUMBER = re.compile(r"((?:电话|座机|固话|号码|联系方式)[是为：:\s]{0,3})([2-9]\d{6,7})(?!\d)")
_PLATE = re.compile(
    r"([京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z])[·• ]?"
    r"([A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳])(?![A-Za-z0-9])"
)
_CARD = re.compile(r"(?<!\d)(\d{4})[ \-]?\d{4}[ \-]?\d{4}[ \-]?(?:\d{4}[ \-]?\d{0,3})(?!\d)")
_EMAIL = re.compile(r"[A-Za-z0-9_.+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+")

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪"
    "范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜"
    "倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲"
    "房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商"
    "刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚"
)
_COMPOUND = "欧阳|上官|司马|诸葛|夏侯|皇甫|尉迟|公孙|慕容|令狐|长孙|宇文|司徒|端木|东方"
_SURNAME = rf"(?:{_COMPOUND}|[{_SURNAMES}])"
# After these words a name follows; what may stand behind it tells a name from an ordinary word.
_NAME_LEADS = (
    "姓名|我叫|名叫|我是|本人|联系人|诉求人|来电人|投诉人|反映人|举报人|当事人|户主|业主|经办人|负责人|村民|居民|市民"
)
_BEHIND_NAME = "先生|女士|同志|的|来电|反映|电话|身份证|手机|联系|于|称|在|住|要求|投诉|举报|希望"
_NAMED = re.compile(
    rf"((?:{_NAME_LEADS})(?:姓名)?[是为叫：:\s]{{0,3}})({_SURNAME})([\u4e00-\u9fa5]{{1,2}}?)"
    rf"(?=[，,。；;、：:（(）)\s\d]|$|{_BEHIND_NAME})"
)
_TITLED = re.compile(rf"({_SURNAME})([\u4e00-\u9fa5]{{1,2}})(?=先生|女士|同志)")

# Street, village or estate, whichever comes first; the town only where nothing finer is named.
_STREET = re.compile(r"^(.*?(?:(?:大道|大街|路|街(?!道)|巷)(?!村)|胡同|村|社区|小区|家园|花园|苑))(?=.)")
_TOWN = re.compile(r"^(.*(?:街道|镇|乡|学校|医院|公园|广场|市场))(?=.)")
# House, building, entrance and room; a bare number before 号 only behind a road, or 2号地铁口 would vanish.
_DOOR = re.compile(
    r"(?:(?<=[道路街巷村庄同组])\d+号|(?<=[\u4e00-\u9fa5])\d+号院|(?<=[\u4e00-\u9fa5])\d+弄)"
    r"(?:院|楼)?(?:\d+(?:号楼|栋|幢|座))?(?:\d+单元)?(?:\d+(?:室|户|号))?"
    r"|(?<=[\u4e00-\u9fa5])[\dA-Za-z一二三四五六七八九十]+(?:号楼|栋|幢|座)"
    r"(?:[东西南北中\d一二三四五六七八九十]+单元)?(?:\d+层)?(?:[东西]户|\d+(?:室|户|号)?)?"
    r"|[东西南北中\d一二三四五六七八九十]+单元\d*(?:层|楼)?(?:[东西]户|\d+(?:室|户|号)?)?"
    r"|(?<!\d)\d{3,4}(?:室|户)"
)


def mask_text(text: str | None) -> str:
    """The text with phones, identity and card numbers, plates, mail addresses, names and house numbers
    masked; "" for none. Full-width digits are read as their half-width twins.
    """
    if not text:
        return ""
    masked = text.translate(_FULL_WIDTH) if any(ch in text for ch in "０１２３４５６７８９－＋") else text
    masked = _IDENTITY.sub("[身份证号]", masked)
    masked = _MOBILE.sub(lambda m: f"{_digits(m[1])}****{_digits(m[3])}", masked)
    masked = _CARD.sub(lambda m: f"{m[1]}****", masked)
    masked = _LANDLINE.sub(lambda m: f"{m[1]}****{m[2][-3:]}", masked)
    masked = _LOCAL_NUMBER.sub(lambda m: f"{m[1]}****{m[2][-3:]}", masked)
    masked = _PLATE.sub(lambda m: f"{m[1]}****{m[2][-1]}", masked)
    masked = _EMAIL.sub("[邮箱]", masked)
    masked = _NAMED.sub(lambda m: f"{m[1]}{m[2]}**", masked)
    masked = _TITLED.sub(lambda m: f"{m[1]}**", masked)
    return _DOOR.sub("**", masked)


def mask_identity(text: str | None) -> str:
    """The text with identity numbers masked and nothing else: they are never shown, to nobody; "" for none."""
    return _IDENTITY.sub("[身份证号]", text.translate(_FULL_WIDTH)) if text else ""


def mask_phone(phone: str | None) -> str:
    """138****5678; shorter numbers keep their last three digits; "" for none."""
    if not phone:
        return ""
    digits = _digits(phone)
    if len(digits) == 13 and digits.startswith("86"):
        digits = digits[2:]
    if len(digits) == 11 and digits.startswith("1"):
        return f"{digits[:3]}****{digits[-4:]}"
    return f"****{digits[-3:]}" if len(digits) >= 7 else "****"


def mask_name(name: str | None) -> str:
    """张**: the surname alone (two characters for compound surnames); "" for none."""
    if not name or not name.strip():
        return ""
    name = name.strip()
    surname = re.match(_COMPOUND, name)
    return f"{surname[0] if surname else name[0]}**"


def mask_address(address: str | None) -> str:
    """The address cut behind its street, village or estate; house, building and room are gone; "" for none."""
    if not address:
        return ""
    text = mask_text(address.strip())
    street = _STREET.match(text) or _TOWN.match(text)
    return f"{street[1]}**" if street else text


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
