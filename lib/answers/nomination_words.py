"""How suggestions are worded: titles, figures with their meaning, remarks on tickets. Hints to look, never verdicts."""

from __future__ import annotations

from collections.abc import Mapping

from lib.analysis.nomination import Finding
from lib.metrics.formats import show_count, show_rate

NO_UNIT = "暂无承办单位"
HINT = "疑点提示：由规则从工单中找出，仅供研判，不是结论；是否列入清单由人决定。"
# Rule → what follows the unit (or the place) and the matter in a title.
_ENDINGS = {
    "reworked": "多次重办", "transferred": "多次转派仍无单位主办", "overdue": "长期逾期未办结",
    "unsolved_twice": "办结后诉求人两次以上说未解决", "template_reply": "多件工单答复雷同",
    "bulk_closing": "临近时限集中办结", "no_contact": "未联系诉求人即办结",
}  # fmt: skip
# About how a unit works, whatever the matter.
BY_UNIT_ALONE = ("template_reply", "bulk_closing", "no_contact")
# Figure → label, unit of counting, meaning.
_FIGURES: Mapping[str, tuple[str, str, str]] = {
    "tickets": ("涉及工单", "件", "符合本规则口径的工单"),
    "unit_closed": ("该单位同期办结", "件", "统计窗口内该单位办结的转办工单"),
    "unit_replies": ("该单位同期答复", "件", "统计窗口内该单位参与比对的答复"),
    "share": ("占比", "", "涉及工单 ÷ 该单位同期办结（答复）"),
    "texts": ("雷同文本", "组", "互相近似的答复归为一组"),
    "categories": ("涉及三级事项", "类", "这些工单分属的三级事项"),
    "days": ("涉及日期", "天", "这些工单办结的不同日期"),
    "minutes_left": ("距时限", "分钟", "办结时刻到办理时限的中位数"),
    "units": ("涉及承办单位", "家", "这些工单的承办单位"),
}  # fmt: skip
_REMARKS = {
    "reworked": "办理{:.0f}轮", "transferred": "转派{:.0f}次", "overdue": "逾期{:.0f}个工作日",
    "unsolved_twice": "{:.0f}次答复未解决", "bulk_closing": "办结时距时限{:.0f}分钟",
}  # fmt: skip


def title_of(finding: Finding, unit: str | None, category: str, place: str) -> str:
    """The matter in a line. unit: name, None where there is none."""
    if finding.rule == "repeated":
        who = "同一地点" if finding.matter[0] == "place" else "同一诉求人"
        return f"{place}{category}：{who}反复反映"
    ending = _ENDINGS[finding.rule]
    if finding.rule in BY_UNIT_ALONE:
        return f"{unit or NO_UNIT}：{ending}"
    if finding.rule == "transferred":
        return f"{place}{category}：{ending}"
    return f"{unit or NO_UNIT}：{category}{ending}"


def figures_of(finding: Finding) -> list[dict[str, str]]:
    """The figures of a finding: label, value, meaning."""
    rows = []
    for name, value in finding.figures.items():
        if name not in _FIGURES:
            continue
        label, counted, meaning = _FIGURES[name]
        shown = show_rate(value) if name == "share" else f"{show_count(round(value))}{counted}"
        rows.append({"label": label, "value": shown, "meaning": meaning})
    return rows


def remark_of(finding: Finding, ticket_id: int) -> str:
    """What is said of one ticket; empty where the rule says nothing."""
    value = finding.remarks.get(ticket_id)
    return "" if value is None else _REMARKS[finding.rule].format(value)
