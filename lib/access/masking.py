"""Masking of personal data in texts: phones, identity numbers, plates, names, exact addresses.

Pure functions on text, in time proportional to it. What is masked cannot be found again in the result; what is not
personal stays. Numbers are found in every spelling; names only where a word beside them says that they are names.
"""

from __future__ import annotations

import re

from lib.access.personal_numbers import mask_identities, mask_numbers, narrow

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
    "姓名|户名|我叫|名叫|我是|本人|联系人|诉求人|来电人|投诉人|反映人|举报人|申请人|当事人|被投诉人|收件人|机主|户主|业主|车主"
    "|房东|租户|租客|患者|家长|学生|老人|死者|伤者|监护人|法人|法定代表人|经办人|负责人|工作人员|村民|居民|市民|邻居|儿子|女儿"
    "|丈夫|妻子|父亲|母亲|老公|老婆|司机|老板|网格员|村支书|书记|主任|局长|科长|所长|队长|站长|院长|校长|经理"
)
_BEHIND_NAME = "先生|女士|同志|的|来电|反映|电话|身份证|手机|联系|于|称|在|住|要求|投诉|举报|希望|说|态度|名下|家"
# Characters of given names: words that merely follow a surname's character are made of others.
_GIVEN = (
    "(?![的是在了不被把对从与及或将已未应该等各每其此这那哪谁几次个件条户号楼层室路街巷区县市省乡镇村组院校厂店站所局办日时分秒昨今称说要常])"
    "[\u4e00-\u9fa5]"
)
_NAMED = re.compile(
    rf"((?:{_NAME_LEADS})(?:姓名)?[是为叫：:\s]{{0,3}})({_SURNAME})((?:{_GIVEN}){{1,2}}?)"
    rf"(?=[，,。；;、：:（(）)\s\d]|$|{_BEHIND_NAME})"
)
_TITLED = re.compile(rf"({_SURNAME})((?:{_GIVEN}){{1,2}})(?=先生|女士|同志|小姐|大爷|大妈|大娘|阿姨)")
# A name right before a number that has just been masked.
_BEFORE_NUMBER = re.compile(
    rf"(^|[^\u4e00-\u9fa5]|联系|找|叫|是|问|给)({_SURNAME})((?:{_GIVEN}){{1,2}})"
    r"(?=[\s，,、：:（(]{0,2}(?:联系)?(?:电话|手机|身份证)?(?:号码|号)?[\s：:]{0,2}(?:\d{3}\*{4}|\[身份证号\]))"
)

# Street, village or estate, whichever comes first; the town only where nothing finer is named.
_STREET = re.compile(r"^(.*?(?:(?:大道|大街|路|街(?!道)|巷)(?!村)|胡同|村|社区|小区|家园|花园|苑))(?=.)")
_TOWN = re.compile(r"^(.*(?:街道|镇|乡|学校|医院|公园|广场|市场))(?=.)")
# House, building, entrance and room; a bare number before 号 only behind a road, or 2号地铁口 would vanish.
_N = "(?:[\\d一二三四五六七八九十百零〇]{1,5})"
_ROOM = rf"(?:[东西南北中]户|{_N}(?:室|户|号)|\d{{3,4}}(?![\d年元米]))"
_DOOR = re.compile(
    r"(?=[\dA-Za-z一二三四五六七八九十百零〇东西南北中])(?:"
    rf"(?:(?<=[道路街巷村庄同组]){_N}号|(?<=[\u4e00-\u9fa5]){_N}号院|(?<=[\u4e00-\u9fa5])\d{{1,5}}弄)"
    rf"(?:院|楼)?(?:{_N}(?:号楼|栋|幢|座|#楼?))?(?:{_N}单元)?{_ROOM}?"
    rf"|(?<=[\u4e00-\u9fa5])[A-Za-z]?{_N}(?:号楼|栋|幢|座|#楼?)(?:(?:[东西南北中]|{_N})单元)?(?:{_N}层)?{_ROOM}?"
    rf"|(?:[东西南北中]|{_N})单元(?:{_N}(?:层|楼))?{_ROOM}?"
    r"|(?<=[\u4e00-\u9fa5])\d{1,2}-\d{1,2}-\d{3,4}(?![\d\-])"
    r"|(?<!\d)\d{3,4}(?:室|户(?!籍)))"
)


def mask_text(text: str | None) -> str:
    """The text with phones, identity and card numbers, plates, mail addresses, names and house numbers
    masked; "" for none. Digits and letters of other width come out as their half-width twins.
    """
    if not text:
        return ""
    masked = mask_numbers(narrow(text))
    masked = _NAMED.sub(lambda m: f"{m[1]}{m[2]}**", masked)
    masked = _TITLED.sub(lambda m: f"{m[1]}**", masked)
    masked = _BEFORE_NUMBER.sub(lambda m: f"{m[1]}{m[2]}**", masked)
    return _DOOR.sub("**", masked)


def mask_identity(text: str | None) -> str:
    """The text with identity numbers masked and nothing else: they are never shown, to nobody; "" for none."""
    return mask_identities(narrow(text)) if text else ""


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
