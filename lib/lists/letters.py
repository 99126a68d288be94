"""The letters and forms of the lists: what each is called, which list issues it, what it asks of the clerk, and the
words that its template may name. No files here: lib/documents/letters.py fills the templates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from lib.lists.process import PROBLEM, SUPERVISION
from lib.lists.profile import ListProfile
from lib.schema.list_terms import LIST_KINDS, STATES

BOTH = (PROBLEM, SUPERVISION)
FORMS_SERIES = "审"
# Characters of the matter inside a heading: two lines of 小标宋 22.
_TITLE_MAX = 26
Recipient = Literal["unit", "receiver", "none"]


@dataclass(frozen=True)
class Letter:
    """One kind of letter.

    label: its name, also the name of its template file. title: heading, with {事项}. lists: lists whose office
    issues it. recipient: a unit, the receiver of a hand-over, or nobody (a form, a report to leaders). states: of
    the item when it may be issued; () any in which documents may be issued at all. about_item: about one item, not
    about the list. series: added to the 机关代字, so that forms do not use up the numbers of letters. asks: words
    that the clerk may add, placeholder → explanation.
    """

    label: str
    title: str
    lists: tuple[str, ...] = BOTH
    recipient: Recipient = "none"
    states: tuple[str, ...] = ()
    about_item: bool = True
    series: str = ""
    asks: Mapping[str, str] = field(default_factory=dict)

    @property
    def file_name(self) -> str:
        """Name of the template file."""
        return f"{self.label}.docx"


LETTERS: Mapping[str, Letter] = {
    "notice": Letter("督办通知单", "督办通知单", recipient="unit", states=("listed", "assigned", "handling"),
                     asks={"办理要求": "补充的办理要求，可不填"}),
    "urging": Letter("催办通知单", "催办通知单", recipient="unit", states=("assigned", "handling"),
                     asks={"催办要求": "催办的具体要求，可不填"}),
    "escalation": Letter("提级督办函", "关于提级督办“{事项}”的函", recipient="unit",
                         states=("assigned", "handling", "suspended"), asks={"提级原因": "为什么提级督办"}),
    "extension": Letter("延期审批表", "延期审批表", series=FORMS_SERIES,
                        states=("assigned", "handling", "closing", "suspended")),
    "close_out": Letter("销号审批表", "销号审批表", series=FORMS_SERIES, states=("handling", "closing", "closed")),
    "hand_over": Letter("移交函", "关于移交“{事项}”问题的函", (PROBLEM,), "receiver",
                        states=("listed", "assigned", "handling", "handed_over"),
                        asks={"移交理由": "为什么移交", "批准人": "批准移交的负责人"}),
    "report": Letter("督查专报", "关于{清单}办理情况的专报", (SUPERVISION,), about_item=False,
                     asks={"工作建议": "给领导的建议，一行一条"}),
    "circular": Letter("督查通报", "关于{清单}办理情况的通报", (SUPERVISION,), about_item=False,
                       asks={"工作要求": "对各单位的要求，一行一条"}),
}  # fmt: skip

# Placeholder → what it stands for. Those of a group ("审批.环节") repeat the row or paragraph they stand in.
COMMON: Mapping[str, str] = {
    "文号": "如 示督办〔2026〕15号", "标题": "文书标题", "日期": "出具日期，如 2026年11月2日", "城市": "城市名称",
    "发文单位": "该清单的主办单位", "清单": "问题清单或督办清单",
}  # fmt: skip
OF_ITEM: Mapping[str, str] = {
    "编号": "事项编号", "事项": "督办事项或问题", "主送单位": "文书发给的单位", "来源": "立项来源和来源说明",
    "批示": "批示领导、日期和内容", "主要内容": "主要内容或问题表现", "目标要求": "目标要求",
    "整改措施": "工作要求或整改措施", "牵头单位": "牵头（责任）单位", "配合单位": "配合单位，顿号分隔",
    "责任领导": "责任领导", "责任人": "责任人", "联系电话": "责任人的办公电话", "包案领导": "包案领导",
    "紧急程度": "一般、紧急或特急", "所属县区": "所属县区", "关联工单": "关联工单号和件数", "交办日期": "交办日期",
    "首次时限": "交办时定的办结时限", "办结时限": "现在的办结时限", "剩余时间": "剩余或逾期的工作日",
    "状态": "事项现在的状态", "督办层级": "现在的督办层级", "催办次数": "已催办次数",
    "催办情况": "未催办，或已催办几次", "延期次数": "已同意的延期次数",
    "进展情况": "最近一次报告的进展", "存在问题": "最近一次报告的问题", "下步措施": "最近一次报告的下步措施",
    "报告日期": "最近一次报告的日期", "回复编号": "回复表的编号，供导入时核对",
}  # fmt: skip
OF_LETTER: Mapping[str, Mapping[str, str]] = {
    "notice": {"办理要求": "出具时补充的办理要求"},
    "urging": {"催办级别": "本次催办的级别", "催办要求": "催办的具体要求", "回复时限": "要求回复的日期"},
    "escalation": {"提级原因": "提级督办的原因", "批准人": "批准提级的负责人"},
    "extension": {"申请单位": "申请延期的单位", "申请日期": "申请日期", "申请理由": "申请延期的理由",
                  "申请延至": "申请的新时限", "审批意见": "已作出的决定", "审批.环节": "审批链的一个环节"},
    "close_out": {"申请单位": "申请销号的单位", "申请日期": "申请日期", "申请理由": "办理结果和销号理由",
                  "审批意见": "复核意见", "佐证.序号": "佐证材料序号", "佐证.名称": "佐证材料文件名",
                  "佐证.说明": "佐证材料说明", "审批.环节": "审批链的一个环节"},
    "hand_over": {"移交理由": "移交的理由", "批准人": "批准移交的负责人", "接收单位": "接收移交的单位",
                  "移交日期": "移交日期", "佐证.序号": "随函材料序号", "佐证.名称": "随函材料文件名",
                  "佐证.说明": "随函材料说明"},
    "report": {"期间": "统计期间", "总体情况": "一段话：数量、按期、逾期", "移交与督办情况": "一段话：催办、延期、移交",
               "逾期.序号": "序号", "逾期.编号": "逾期事项编号", "逾期.事项": "逾期事项", "逾期.牵头单位": "牵头单位",
               "逾期.办结时限": "办结时限", "逾期.逾期工作日": "逾期的工作日", "建议.内容": "一条工作建议"},
    "circular": {"期间": "统计期间", "总体情况": "一段话：数量、按期、逾期", "单位.序号": "序号",
                 "单位.名称": "牵头单位", "单位.事项数": "事项数", "单位.已销号": "已销号", "单位.在办": "在办",
                 "单位.临期": "临期", "单位.逾期": "逾期", "单位.催办次数": "被催办次数", "要求.内容": "一条工作要求"},
}  # fmt: skip


def placeholders(key: str) -> dict[str, str]:
    """Every placeholder that the template of that letter may name → what it stands for."""
    letter = LETTERS[key]
    return {**COMMON, **(OF_ITEM if letter.about_item else {}), **OF_LETTER[key]}


def titled(letter: Letter, title: str, list_label: str) -> str:
    """The heading of a letter about an item of that title, or about the list."""
    short = title if len(title) <= _TITLE_MAX else f"{title[: _TITLE_MAX - 1]}…"
    return letter.title.replace("{事项}", short).replace("{清单}", list_label)


def word_of(letter: Letter, list_kind: str, profile: ListProfile) -> str:
    """机关代字 of the office that keeps the list, and the series of the letter."""
    return profile.document_words[list_kind] + letter.series


def document_no(word: str, year: int, number: int) -> str:
    """文号: 示督办〔2026〕15号."""
    return f"{word}〔{year}〕{number}号"


def issued_by(list_kind: str, state: str | None = None) -> list[str]:
    """Keys of the letters that the office of a list may issue: about an item in that state, or about the list."""
    return [
        key
        for key, letter in LETTERS.items()
        if list_kind in letter.lists
        and (letter.about_item and (not letter.states or state in letter.states) if state else not letter.about_item)
    ]


def refusal(key: str, list_kind: str, state: str | None) -> str | None:
    """Why that letter cannot be issued now; None where nothing stands against it."""
    letter = LETTERS.get(key)
    if letter is None:
        return "没有这种文书，请从列表中选择"
    if list_kind not in letter.lists:
        return f"{letter.label}由{LIST_KINDS[letter.lists[0]]}的主办单位出具"
    if letter.about_item != (state is not None):
        return f"{letter.label}{'须针对一个事项出具' if letter.about_item else '针对整个清单出具，不针对一个事项'}"
    if state is not None and letter.states and state not in letter.states:
        from_states = "、".join(_labels(letter.states))
        return f"事项处于“{_labels((state,))[0]}”，不能出具{letter.label}（须为{from_states}）"
    return None


def _labels(states: Sequence[str]) -> list[str]:
    return [STATES[state] for state in states]
