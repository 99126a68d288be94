"""No identifier of a generated text survives masking; ordinary words do."""

from __future__ import annotations

import random

import pytest

from lib.access.masking import mask_address, mask_name, mask_phone, mask_text

SURNAMES = "王李张刘陈杨赵黄周吴欧阳".replace("欧阳", "")
GIVEN = ["建国", "秀英", "伟", "芳", "明明", "丽华", "志强", "小红", "军", "海燕"]


def phone(r: random.Random) -> tuple[str, str]:
    """A mobile number and how somebody wrote it."""
    number = "1" + r.choice("3456789") + "".join(r.choices("0123456789", k=9))
    written = r.choice([
        number, f"{number[:3]} {number[3:7]} {number[7:]}", f"{number[:3]}-{number[3:7]}-{number[7:]}", f"+86{number}",
        f"+86 {number}", f"86-{number}", f"0086{number}", "".join(chr(ord(c) + 0xFEE0) for c in number),
        " ".join(number),
    ])  # fmt: skip
    return number, written


def identity(r: random.Random) -> str:
    area, serial = f"4105{r.randrange(10, 99)}", f"{r.randrange(1000):03d}"
    month, day = f"{r.randrange(1, 13):02d}", f"{r.randrange(1, 29):02d}"
    if r.random() < 0.3:
        return f"{area}{r.randrange(40, 99)}{month}{day}{serial}"
    return f"{area}{r.randrange(1940, 2012)}{month}{day}{serial}{r.choice('0123456789Xx')}"


def plate(r: random.Random) -> tuple[str, str]:
    tail = "".join(r.choices("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", k=r.choice([5, 6])))
    return tail, f"豫E{r.choice(['', '·', ' '])}{tail}"


def digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


@pytest.mark.parametrize("seed", range(300))
def test_known_identifiers_do_not_survive(seed: int) -> None:
    r = random.Random(seed)
    number, written = phone(r)
    card, (tail, car) = identity(r), plate(r)
    name = r.choice(SURNAMES) + r.choice(GIVEN)
    landline = f"0372{r.choice(['-', '', ' '])}{r.randrange(2_000_000, 9_999_999)}"
    lead = r.choice(["姓名", "我叫", "联系人：", "诉求人", "业主", "村民"])
    pieces = [
        f"{lead}{name}，", f"电话{written}，", f"身份证号{card}，", f"车牌{car}被占用车位，", f"单位电话{landline}，",
        "反映小区二期供热温度不达标", "。",
    ]  # fmt: skip
    masked = mask_text("".join(pieces))
    assert number not in digits(masked)
    assert number[:3] + "****" + number[-4:] in masked
    assert card not in masked
    assert card[6:14] not in masked
    assert tail not in masked
    assert name not in masked
    assert f"{name[0]}**" in masked
    assert digits(landline)[4:] not in digits(masked)
    assert "反映小区二期供热温度不达标" in masked


@pytest.mark.parametrize(
    "text",
    ["反映小区2号地铁口路灯不亮，要求3日内修复。", "市民反映小区停水5天", "工单编号202610310012345",
     "负责人是谁，业主要求退款12000元", "2026年10月31日15:30来电", "公交38路不按时发车"],
)  # fmt: skip
def test_ordinary_words_and_numbers_stay(text: str) -> None:
    assert mask_text(text) == text


@pytest.mark.parametrize(
    ("address", "shown"),
    [("北桥区文明大道128号院3号楼2单元501室", "北桥区文明大道**"), ("东湖区东风路与解放大道交叉口", "东湖区东风路**"),
     ("沙岭县白云镇东街村三组15号", "沙岭县白云镇东街村**"), ("文峰街道", "文峰街道"), ("", ""), (None, "")],
)  # fmt: skip
def test_addresses_end_at_the_street(address, shown: str) -> None:
    assert mask_address(address) == shown


def test_house_and_room_are_masked_inside_texts() -> None:
    masked = mask_text("住幸福小区6号楼2单元302室，楼上漏水")
    assert "302" not in masked
    assert "2单元" not in masked
    assert masked.startswith("住幸福小区")
    assert masked.endswith("，楼上漏水")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("13812345678", "138****5678"),
        ("+86 138-1234-5678", "138****5678"),
        ("03723345678", "****678"),
        ("110", "****"),
        (None, ""),
    ],
)
def test_phones_keep_their_ends_only(given, shown: str) -> None:
    assert mask_phone(given) == shown


@pytest.mark.parametrize(
    ("given", "shown"), [("张三", "张**"), ("欧阳娜娜", "欧阳**"), (" 李四 ", "李**"), ("", ""), (None, "")]
)
def test_names_keep_the_surname_only(given, shown: str) -> None:
    assert mask_name(given) == shown


def test_mail_addresses_and_bank_cards_are_masked() -> None:
    masked = mask_text("邮箱zhang.san@example.cn，银行卡6222 0212 3456 7890 123")
    assert "example" not in masked
    assert "7890" not in masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("请回电1381234567", "请回电138****"),
        ("请回电138 1234 56…", "请回电138****…"),
        ("他的号码41050219900307123...", "他的号码4105****..."),
        ("（4105021990030...", "（410****..."),
    ],
)
def test_numbers_that_were_cut_off_at_the_end_are_masked(text: str, shown: str) -> None:
    assert mask_text(text) == shown
