"""Draws the templates of the letters that come with the product: `python -m lib.documents.letter_templates`.

A city edits copies of them in WPS (docs/letters.md); this module is only needed when the product's own change.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lib.config import ROOT
from lib.documents.paper import (
    CENTER,
    HEADING,
    LEFT,
    LINE,
    RED,
    RIGHT,
    TITLE,
    heading,
    line,
    paper,
    rule,
    saved,
    signature,
    table,
)
from lib.lists.letters import LETTERS

FOLDER = ROOT / "data" / "letters"
_ATTACHED = "请按随附的《办理情况回复表》填报（回复编号：{{回复编号}}），盖章后以电子文件报回，无须登录系统。"
_SIGNED = "\n\t签名：　　　　　　　　　年　　月　　日　"
# Millimetres of the four columns: label, value, label, value.
_FOUR = (30, 48, 30, 48)


def templates() -> dict[str, bytes]:
    """File name → DOCX of every letter, the same bytes each time."""
    return {LETTERS[key].file_name: saved(draw()) for key, draw in LAYOUTS.items()}


def write(folder: Path = FOLDER) -> list[Path]:
    """Write every template into the folder; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in templates().items():
        (folder / name).write_bytes(content)
    return sorted(folder.glob("*.docx"))


def _head(made: Any, *, title: str = "{{标题}}", office: str = "{{发文单位}}", size: float = 26) -> None:
    """Name of the office in red, a red line, 文号 beneath it on the right, the title."""
    rule(line(made.add_paragraph(), office, font=TITLE, size=size, spacing=size * 1.5, align=CENTER, colour=RED))
    line(made.add_paragraph(), "{{文号}}", align=RIGHT, before=8)
    line(made.add_paragraph(), title, font=TITLE, size=22, spacing=34, align=CENTER, before=8, after=8)


def _body(made: Any, *texts: str) -> None:
    for text in texts:
        line(made.add_paragraph(), text, indent=2)


def _heading(made: Any, text: str) -> None:
    line(made.add_paragraph(), text, font=HEADING, indent=2, before=4).paragraph_format.keep_with_next = True


def _addressed(made: Any, to: str) -> None:
    line(made.add_paragraph(), f"{to}：", align=LEFT)


def _notice() -> Any:
    made = paper()
    _head(made)
    _addressed(made, "{{主送单位}}")
    _body(made, "现将下列事项交你单位办理。请明确责任领导和责任人，按时限办结，并书面报告办理结果。")
    table(made, [
        ("督办事项", "{{事项}}"),
        ("事项编号", "{{编号}}", "紧急程度", "{{紧急程度}}"),
        ("立项来源", "{{来源}}"),
        ("领导批示", "{{批示}}"),
        ("主要内容", "{{主要内容}}"),
        ("目标要求", "{{目标要求}}"),
        ("工作要求", "{{整改措施}}\n{{办理要求}}"),
        ("牵头单位", "{{牵头单位}}", "配合单位", "{{配合单位}}"),
        ("交办日期", "{{交办日期}}", "办结时限", "{{办结时限}}"),
        ("关联工单", "{{关联工单}}"),
    ], _FOUR, size=12)  # fmt: skip
    line(made.add_paragraph(), _ATTACHED, indent=2, before=8)
    signature(made)
    return made


def _urging() -> Any:
    made = paper()
    _head(made)
    _addressed(made, "{{主送单位}}")
    _body(
        made,
        "由你单位牵头办理的“{{事项}}”（{{编号}}），{{交办日期}}交办，办结时限为{{办结时限}}，{{剩余时间}}，"
        "此前{{催办情况}}。现予{{催办级别}}。",
        "{{催办要求}}",
        "请于{{回复时限}}前报告办理进展、存在问题和下步措施。" + _ATTACHED,
    )
    signature(made)
    return made


def _escalation() -> Any:
    made = paper()
    _head(made)
    _addressed(made, "{{主送单位}}")
    _body(
        made,
        "由你单位牵头办理的“{{事项}}”（{{编号}}），{{交办日期}}交办，办结时限为{{办结时限}}，{{剩余时间}}，{{催办情况}}。",
        "提级原因：{{提级原因}}",
        "经{{批准人}}批准，该事项提级为“{{督办层级}}”。请你单位主要负责同志亲自研究，明确措施、责任人和完成时间，"
        "按要求报告办理情况。",
        "最近一次报告（{{报告日期}}）：{{进展情况}}",
    )
    signature(made)
    return made


def _form(title: str) -> Any:
    made = paper(is_form=True)
    line(made.add_paragraph(), title, font=TITLE, size=22, spacing=34, align=CENTER, after=8)
    table(made, [("编　　号", "{{文号}}", "填表日期", "{{日期}}")], _FOUR, size=12, borders=False)
    return made


def _extension() -> Any:
    made = _form("延期审批表")
    table(made, [
        ("督办事项", "{{事项}}"),
        ("事项编号", "{{编号}}", "交办日期", "{{交办日期}}"),
        ("申请单位", "{{申请单位}}", "申请日期", "{{申请日期}}"),
        ("首次时限", "{{首次时限}}", "现定时限", "{{办结时限}}"),
        ("申请延至", "{{申请延至}}", "已延次数", "{{延期次数}}"),
        ("申请理由", "{{申请理由}}"),
        ("办理进展", "{{进展情况}}"),
        ("系统记载", "{{审批意见}}"),
        ("{{审批.环节}}\n意　　见", _SIGNED),
    ], _FOUR, size=12, tall={5: 26, 6: 26, 8: 24})  # fmt: skip
    return made


def _close_out() -> Any:
    made = _form("销号审批表")
    table(made, [
        ("督办事项", "{{事项}}"),
        ("事项编号", "{{编号}}", "牵头单位", "{{牵头单位}}"),
        ("申请单位", "{{申请单位}}", "申请日期", "{{申请日期}}"),
        ("交办日期", "{{交办日期}}", "办结时限", "{{办结时限}}"),
        ("目标要求", "{{目标要求}}"),
        ("办理结果", "{{申请理由}}"),
        ("佐证材料", "{{佐证.序号}}．{{佐证.名称}}　{{佐证.说明}}"),
        ("复核意见", "{{审批意见}}"),
        ("{{审批.环节}}\n意　　见", _SIGNED),
    ], _FOUR, size=12, tall={5: 30, 8: 24})  # fmt: skip
    return made


def _hand_over() -> Any:
    made = paper()
    _head(made)
    _addressed(made, "{{接收单位}}")
    _body(
        made,
        "“{{事项}}”（{{编号}}）列入问题清单，{{交办日期}}交{{牵头单位}}办理，办结时限为{{办结时限}}，{{剩余时间}}，"
        "{{催办情况}}。",
        "问题表现：{{主要内容}}",
        "办理情况：{{进展情况}}",
        "移交理由：{{移交理由}}",
        "经{{批准人}}批准，现将该问题移交你单位，请予接收并函告办理结果。",
    )
    line(made.add_paragraph(), "关联工单：{{关联工单}}", indent=2, align=LEFT)
    line(made.add_paragraph(), "附件{{佐证.序号}}：{{佐证.名称}}　{{佐证.说明}}", indent=2, align=LEFT)
    signature(made)
    receipt = line(made.add_paragraph(), "移交签收回执", font=TITLE, size=22, spacing=34, align=CENTER, after=LINE / 2)
    receipt.paragraph_format.page_break_before = True
    table(made, [
        ("移交文号", "{{文号}}", "移交日期", "{{日期}}"),
        ("事项编号", "{{编号}}", "牵头单位", "{{牵头单位}}"),
        ("移交事项", "{{事项}}"),
        ("关联工单", "{{关联工单}}"),
        ("移交单位", "{{发文单位}}"),
        ("接收单位", "{{接收单位}}"),
        ("签收意见", "□ 同意接收　　　□ 退回\n理由："),
        ("签　　收", "签收人：\n\n（盖章）　　　　　　　年　　月　　日"),
    ], _FOUR, tall={6: 30, 7: 36})  # fmt: skip
    line(made.add_paragraph(), "本回执签收后请退回移交单位。", size=14, before=6, align=LEFT)
    return made


def _report() -> Any:
    made = paper()
    line(made.add_paragraph(), "督查专报", font=TITLE, size=44, spacing=64, align=CENTER, colour=RED)
    line(made.add_paragraph(), "{{文号}}", align=CENTER)
    rule(line(made.add_paragraph(), "{{发文单位}}　　　　{{日期}}", align=CENTER, before=8), "single", 12)
    line(made.add_paragraph(), "{{标题}}", font=TITLE, size=22, spacing=34, align=CENTER, before=LINE / 2, after=4)
    line(made.add_paragraph(), "（{{期间}}）", align=CENTER, after=LINE / 2)
    _heading(made, "一、总体情况")
    _body(made, "{{总体情况}}")
    _heading(made, "二、督办情况")
    _body(made, "{{移交与督办情况}}")
    _heading(made, "三、逾期事项")
    _grid(made, ("序号", "编号", "事项", "牵头单位", "办结时限", "逾期工作日"), (
        "{{逾期.序号}}", "{{逾期.编号}}", "{{逾期.事项}}", "{{逾期.牵头单位}}", "{{逾期.办结时限}}",
        "{{逾期.逾期工作日}}",
    ), (10, 31, 41, 31, 27, 16))  # fmt: skip
    _heading(made, "四、工作建议")
    _body(made, "{{建议.内容}}")
    return made


def _circular() -> Any:
    made = paper()
    _head(made)
    line(made.add_paragraph(), "（{{期间}}）", align=CENTER, after=LINE / 2)
    _addressed(made, "各有关单位")
    _heading(made, "一、总体情况")
    _body(made, "{{总体情况}}")
    _heading(made, "二、各单位办理情况")
    _grid(made, ("序号", "牵头单位", "事项数", "已销号", "在办", "临期", "逾期", "催办次数"), (
        "{{单位.序号}}", "{{单位.名称}}", "{{单位.事项数}}", "{{单位.已销号}}", "{{单位.在办}}", "{{单位.临期}}",
        "{{单位.逾期}}", "{{单位.催办次数}}",
    ), (12, 54, 15, 15, 15, 15, 15, 15))  # fmt: skip
    _heading(made, "三、工作要求")
    _body(made, "{{要求.内容}}")
    signature(made)
    return made


def _grid(made: Any, headings: tuple[str, ...], row: tuple[str, ...], widths: tuple[int, ...]) -> None:
    """A table whose second row is repeated, with its headings on every page."""
    grid = table(made, [headings, row], widths, size=10.5, labels=False)
    heading(grid.rows[0])


LAYOUTS: dict[str, Callable[[], Any]] = {
    "notice": _notice, "urging": _urging, "escalation": _escalation, "extension": _extension,
    "close_out": _close_out, "hand_over": _hand_over, "report": _report, "circular": _circular,
}  # fmt: skip

if __name__ == "__main__":
    for path in write():
        print(path.relative_to(ROOT))
