"""What the figures of the dual lists mean. Pages, exports and 指标口径 read the same words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

# Below this many items no share is judged and no curve drawn; below this many at risk a curve ends.
FEW, FEW_AT_RISK = 30, 10
# Working days past the limit: name → from, up to and with (None: open).
OVERDUE_BANDS: Mapping[str, tuple[int, int | None]] = {
    "1—5天": (1, 5), "6—15天": (6, 15), "16—30天": (16, 30), "30天以上": (31, None),
}  # fmt: skip
# Numbered letters that ask a unit for a reply. 催办通知单 is the paper of an urging, which is counted already.
ASKING_LETTERS = ("notice", "escalation")


@dataclass(frozen=True)
class ListDefinition:
    """One figure. denominator: "" for counts and medians. unit: of the value."""

    key: str
    label: str
    unit: Literal["rate", "count", "days"]
    numerator: str
    denominator: str
    cohort: str
    exclusions: str = "不予列入、已作废、已移交的事项不计入"
    note: str = ""
    version: str = "1.0"

    @property
    def text(self) -> str:
        """The definition as one Chinese paragraph."""
        parts = f"{self.numerator}÷{self.denominator}" if self.denominator else self.numerator
        left_out = f"；{self.exclusions}" if self.exclusions else ""
        return f"{self.label}＝{parts}。{self.cohort}{left_out}。{self.note}"


DEFINITIONS: Mapping[str, ListDefinition] = {d.key: d for d in (
    ListDefinition(
        "on_time", "按期销号率", "rate", "在办结时限当日或以前销号的事项", "办结时限已过的事项",
        "按现行办结时限归入统计期，时限当日的不算已过", "不予列入、已作废、已移交和正在挂账的事项不计入",
        "经批准延期的按延期后的时限计算，按首次时限计算的比率并列显示；反弹重启的事项按重启后的时限计算。",
    ),
    ListDefinition(
        "overdue", "逾期未销号", "count", "办结时限已过、尚未销号的事项", "", "截至今天，与统计期无关",
        "挂账的事项不计入", "逾期天数按工作日计算，分单位和逾期时间列出。",
    ),
    ListDefinition(
        "median_days", "销号用时中位数", "days", "从交办到销号的工作日数，取中位数", "", "按销号日期归入统计期",
        "没有交办日期的事项不计入", "九成事项在P90以内销号；平均数会掩盖久拖的事项，不采用。",
    ),
    ListDefinition(
        "relapse", "销号后反弹率", "rate", "销号后90日内登记反弹的事项（按生存分析的乘积极限法估计）", "销号的事项",
        "按首次销号日期归入统计期，观察到今天为止", "",
        "反弹指反弹重启，或回头看认定“未解决或反弹”，以较早的为准；观察不满90日的按已观察的时间计入。"
        f"销号不足{FEW}件时不足以判断，只列件数。区间为95%置信区间。",
    ),
    ListDefinition(
        "hand_over", "移交签收率", "rate", "接收单位签收的移交", "全部移交", "按移交日期归入统计期", "",
        "同时移交两个单位的分别计算；退回的和等待签收的并列显示，用时取移交到签收或退回的工作日中位数。",
    ),
    ListDefinition(
        "asked", "要求回复次数", "count", "对单位的催办次数＋督办通知单、提级督办函份数", "",
        "按催办时间和出具时间归入月份", "已作废的文号不计入，催办通知单随催办计一次",
        "用于基层减负：看各单位每月被要求回复多少次，不作考核。",
    ),
    ListDefinition(
        "accepted", "拟列建议采纳率", "rate", "采纳或并入的建议", "已作出决定的建议", "不分统计期，按规则列出",
        "待研判的建议不计入", "同时给出95%置信区间；已决定的件数少时区间很宽，不宜据此评价规则。",
    ),
)}  # fmt: skip
