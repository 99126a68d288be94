"""Ticket texts as citizens and operators write them, with the identifiers in them kept aside."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

HAN = "零一二三四五六七八九"
SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢"
    "姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
GIVEN = [
    "建国",
    "秀英",
    "伟",
    "芳",
    "明明",
    "丽华",
    "志强",
    "小红",
    "军",
    "海燕",
    "桂兰",
    "文博",
    "子涵",
    "雨轩",
    "国庆",
    "玉梅",
    "俊杰",
    "浩",
    "静",
    "晓东",
    "春生",
    "爱民",
    "红霞",
    "振华",
]
ROADS = ["文明大道", "人民路", "中华路", "解放大道", "东风路", "平原路", "朝阳街", "德隆街"]
ESTATES = ["幸福小区", "阳光花园", "锦绣江南", "安泰苑", "御景城", "紫薇家园"]
MATTERS = [
    "反映小区暖气不热，室温只有15度，要求2日内解决",
    "反映2026年10月31日15:30公交38路不按时发车",
    "反映物业收费3.5元/平方米，比合同高0.8元，已多收1280元",
    "来电咨询豫政办〔2026〕12号文件的补贴标准，每月600元还是1200元",
    "反映水表读数00123，上月用水12.5吨，账单金额368.40元",
    "反映路灯不亮，编号LD-0375，已坏5天",
    "反映工地22:00至次日6:00施工噪音扰民，已投诉3次",
    "反映拖欠工资56000元，涉及12人，从2025年8月至2026年1月",
    "反映2号地铁口北侧300米井盖缺失",
    "反映前次工单202610310012345答复不属实",
]


@dataclass
class Text:
    """One text and what must not be read from it. bare_names: those that no word beside them gives away."""

    text: str
    phones: list[str] = field(default_factory=list)
    identities: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    bare_names: list[str] = field(default_factory=list)
    plates: list[str] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)
    doors: list[str] = field(default_factory=list)
    matter: str = ""


def wide(text: str) -> str:
    """In signs of full width."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def han(digits: str, one: str = "一") -> str:
    """In characters."""
    return "".join(HAN[int(c)] if c.isdigit() else c for c in digits).replace("一", one)


def mobile(r: random.Random) -> tuple[str, str]:
    """A mobile number and how somebody wrote it."""
    n = "1" + r.choice("3456789") + "".join(r.choices("0123456789", k=9))
    a, b, c = n[:3], n[3:7], n[7:]
    return n, r.choice(
        [
            n,
            n,
            n,
            f"{a} {b} {c}",
            f"{a}-{b}-{c}",
            f"{a}－{b}－{c}",
            f"{a}—{b}—{c}",
            f"{a}.{b}.{c}",
            f"{a}·{b}·{c}",
            f"{a}　{b}　{c}",
            f"{a}  {b}  {c}",
            f"{a} - {b} - {c}",
            f"{n[:4]} {n[4:7]} {c}",
            f"{a} {n[3:6]} {n[6:9]} {n[9:]}",
            f"{n[:5]} {n[5:]}",
            f"+86{n}",
            f"+86 {n}",
            f"+86-{a}-{b}-{c}",
            f"86{n}",
            f"0086-{n}",
            f"（+86）{n}",
            f"0{n}",
            f"({a}){b}-{c}",
            wide(n),
            wide(f"{a}-{b}-{c}"),
            wide(f"+86{n}"),
            " ".join(n),
            "-".join(n),
            han(n),
            han(n, "幺"),
            " ".join(han(n)),
            f"{han(a)} {han(b)} {han(c)}",
            f"{a}{han(b)}{han(c)}",
            f"{a}\u200b{b}\u200b{c}",
            f"{a}\n{b}{c}",
            f"{a}\u00a0{b}\u00a0{c}",
        ]
    )


def landline(r: random.Random) -> tuple[str, str]:
    """The local part of a fixed or service number, and how somebody wrote it with what stands before it."""
    local = f"{r.randrange(2_000_000, 9_999_999)}"
    if r.random() < 0.2:
        local = f"{r.randrange(2_000_000, 9_999_999)}{r.randrange(10)}"
        return local, r.choice([f"010-{local}", f"(021){local}", f"020 {local}", f"010{local}"])
    service = f"400{r.randrange(1_000_000, 9_999_999)}"
    written = r.choice(
        [
            f"0372-{local}",
            f"0372{local}",
            f"(0372){local}",
            f"（0372）{local}",
            f"0372—{local}",
            f"0372 {local[:3]} {local[3:]}",
            f"+86-372-{local}",
            wide(f"0372-{local}"),
            f"0372-{local}-801",
            f"0372-{local}转8001",
            f"座机{local}",
            f"电话：{local[:3]}-{local[3:]}",
            f"固话是{local}",
            f"联系电话{local}",
            han(f"0372{local}"),
            "service",
        ]
    )
    if written == "service":
        return service[3:], r.choice([service, f"400-{service[3:6]}-{service[6:]}", f"400 {service[3:]}"])
    return local, written


def identity(r: random.Random) -> tuple[str, str]:
    """An identity number of 18 or 15 signs and how somebody wrote it."""
    area, serial = f"41{r.randrange(1, 18):02d}{r.randrange(1, 99):02d}", f"{r.randrange(1000):03d}"
    month, day = f"{r.randrange(1, 13):02d}", f"{r.randrange(1, 29):02d}"
    if r.random() < 0.2:
        n = f"{area}{r.randrange(40, 99)}{month}{day}{serial}"
        return n, r.choice([n, wide(n), f"{n[:6]} {n[6:12]} {n[12:]}"])
    n = f"{area}{r.randrange(1925, 2020)}{month}{day}{serial}{r.choice('0123456789Xx')}"
    return n, r.choice(
        [
            n,
            n,
            n,
            f"{n[:6]} {n[6:14]} {n[14:]}",
            f"{n[:6]}-{n[6:14]}-{n[14:]}",
            " ".join(n),
            wide(n),
            f"{n[:4]} {n[4:8]} {n[8:12]} {n[12:16]} {n[16:]}",
            f"{n[:3]} {n[3:6]} {n[6:10]} {n[10:14]} {n[14:]}",
            han(n),
            f"{n[:6]}　{n[6:14]}　{n[14:]}",
            f"ID{n}",
            f"{n[:10]}\n{n[10:]}",
        ]
    )


def plate(r: random.Random) -> tuple[str, str]:
    """What follows the region of a plate, and how somebody wrote it."""
    tail = "".join(r.choices("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", k=4)) + r.choice("0123456789")
    if r.random() < 0.3:
        tail = r.choice("DF") + tail
    head = "豫" + r.choice("ABCDEFGHJ")
    return tail, r.choice(
        [
            f"{head}{tail}",
            f"{head}·{tail}",
            f"{head} {tail}",
            f"{head}-{tail}",
            f"{head}{tail}".lower(),
            wide(f"{head}{tail}"),
        ]
    )


def name(r: random.Random) -> str:
    """A surname and a given name."""
    return r.choice([*SURNAMES, "欧阳", "司马", "诸葛"]) + r.choice(GIVEN)


def door(r: random.Random) -> tuple[str, str]:
    """House or room, and the place it is written behind."""
    a, b, c = r.randrange(1, 60), r.randrange(1, 5), r.randrange(101, 2999)
    where = r.choice(ESTATES)
    return r.choice(
        [
            (f"{a}号楼{b}单元{c}室", where),
            (f"{a}栋{c}室", where),
            (f"{a}-{b}-{c}", where),
            (f"{a}号", r.choice(ROADS)),
            (f"{a}号院{b}号楼{c}", where),
            (f"{a}#楼{b}单元{c}", where),
            (f"{HAN[b]}单元{c}", where),
            (f"{HAN[b]}号楼{HAN[b]}单元", where),
            (f"{b}单元{a}楼东户", where),
        ]
    )


Part = Callable[[random.Random, Text], str]


def _phone_part(r: random.Random, made: Text) -> str:
    number, written = mobile(r)
    made.phones.append(number)
    return r.choice(
        [
            "电话{}，",
            "联系电话：{}。",
            "手机号{}，",
            "请回电{}谢谢，",
            "（{}）",
            "微信同号{}，",
            "tel:{}；",
            "{}一直无人接听，",
            "QQ或{}，",
            "本人号码是{}，",
            "2号楼{}，",
            "来电{}反映，",
        ]
    ).format(written)


def _phones_part(r: random.Random, made: Text) -> str:
    pairs = [mobile(r) for _ in range(r.choice([2, 3]))]
    made.phones += [number for number, _ in pairs]
    if r.random() < 0.2:
        return "电话" + "".join(number for number, _ in pairs) + "，"
    return "电话" + r.choice(["、", "，", "/", " 或 ", "；"]).join(written for _, written in pairs) + "。"


def _landline_part(r: random.Random, made: Text) -> str:
    number, written = landline(r)
    made.phones.append(number)
    return r.choice(["对方{}，", "单位{}；", "（{}）", "咨询{}无人接听，"]).format(written)


def _identity_part(r: random.Random, made: Text) -> str:
    number, written = identity(r)
    made.identities.append(number)
    return r.choice(["身份证号{}，", "身份证：{}。", "证件号码{}；", "（{}）", "本人{}，", "身份证{}未办理，"]).format(
        written
    )


def _name_part(r: random.Random, made: Text) -> str:
    known = name(r)
    if r.random() < 0.2:
        made.bare_names.append(known)
        return r.choice(["{}反映，", "与{}发生纠纷，", "据{}说，", "{}系低保户，", "曾找过{}，", "{}、"]).format(known)
    made.names.append(known)
    return r.choice(
        [
            "姓名{}，",
            "我叫{}，",
            "联系人：{}，",
            "诉求人{}来电，",
            "业主{}，",
            "村民{}反映，",
            "{}先生，",
            "{}女士称，",
            "被投诉人{}，",
            "经办人{}态度差，",
            "儿子{}，",
            "户主为{}。",
            "负责人{}，",
            "邻居{}，",
        ]
    ).format(known)


def _plate_part(r: random.Random, made: Text) -> str:
    tail, written = plate(r)
    made.plates.append(tail)
    return r.choice(["车牌{}占用车位，", "车牌号：{}。", "{}堵在门口，"]).format(written)


def _card_part(r: random.Random, made: Text) -> str:
    number = "62" + "".join(r.choices("0123456789", k=r.choice([14, 17])))
    made.cards.append(number)
    spaced = " ".join(number[i : i + 4] for i in range(0, len(number), 4))
    return r.choice(["银行卡{}，", "卡号：{}。", "转到{}，"]).format(r.choice([number, spaced, wide(number)]))


def _door_part(r: random.Random, made: Text) -> str:
    house, place = door(r)
    made.doors.append(house)
    return r.choice(["住{}{}，", "地址：北桥区{}{}。", "{}{}的住户，"]).format(place, house)


PARTS: list[Part] = [
    _phone_part,
    _phone_part,
    _phones_part,
    _landline_part,
    _identity_part,
    _identity_part,
    _name_part,
    _plate_part,
    _card_part,
    _door_part,
]


def text(r: random.Random) -> Text:
    """One text: a matter with two to five identifiers around it."""
    made = Text("")
    parts = [part(r, made) for part in r.choices(PARTS, k=r.randrange(2, 6))]
    made.matter = r.choice(MATTERS)
    parts.insert(r.randrange(len(parts) + 1), r.choice(["", "，"]) + made.matter + "，")
    made.text = "".join(parts)
    return made


def texts(count: int, seed: int = 20261031) -> list[Text]:
    """That many texts, the same every time."""
    r = random.Random(seed)
    return [text(r) for _ in range(count)]


def read_back(shown: str) -> str:
    """What somebody can read as digits in a text, whatever lies between them; masked digits are a break."""
    signs = []
    for sign in shown:
        if sign.isdigit():
            signs.append(str(int(sign)))
        elif sign in HAN:
            signs.append(str(HAN.index(sign)))
        elif sign == "幺":
            signs.append("1")
        elif sign in "*[":
            signs.append("*")
        elif sign in "Xx":
            signs.append("X")
    return "".join(signs)


def leaks(known: Text, shown: str) -> list[str]:
    """Phones and identity numbers of a text that can be read from what is shown of it, also in part.

    Of a mobile number eight digits in a row, of a local one six, of an identity number birth date and serial.
    """
    digits = read_back(shown)
    pieces: list[tuple[str, list[str]]] = []
    for number in known.phones:
        size = 8 if len(number) == 11 else 6
        pieces.append((number, [number[i : i + size] for i in range(len(number) - size + 1)]))
    for number in known.identities:
        n = number.upper()
        pieces.append((number, [n, n[6:14] if len(n) == 18 else n[6:], n[-8:]]))
    return [number for number, parts in pieces if any(part in digits for part in parts)]
