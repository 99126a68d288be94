"""What the one-page print says: the words of the overview, put into the order of an official paper."""

from __future__ import annotations

from lib.answers import Figure, Overview, misses_target
from lib.documents.one_page import Sheet
from lib.metrics.catalogue import CATALOGUE
from lib.metrics.formats import show_change, show_count, show_value

# Who is asked to do what when a target is missed; {value}, {target} and {count} are filled in.
REMEDIES = {
    "on_time_closure_rate": "按期办结率{value}，未达到目标{target}。"
    "建议对逾期未结的{count}件逐件明确责任单位和办结时间，按周通报进展。",
    "satisfaction_rate": "满意率{value}，未达到目标{target}。建议对不满意工单逐件复核，属办理不到位的退回重办。",
    "resolution_rate": "解决率{value}，未达到目标{target}。"
    "建议区分当下能解决与暂不具备条件的事项，后者向诉求人说明并列入台账。",
    "handling_hours_median": "办理时长中位数{value}，超过目标{target}。建议梳理退单、转派较多的事项，明确首办责任。",
}


def sheet(seen: Overview, city: str, place: str, as_of: str, is_demo: bool) -> Sheet:
    """The page for an overview. city: its label; place: the scope in words; as_of: as people write it."""
    first = next(iter(seen.figures.values()))
    return Sheet(
        title=f"{city}12345热线诉求办理情况",
        subtitle=f"{first.period.label}　{place}　数据截至{as_of}",
        rows=tuple(_row(figure) for figure in seen.figures.values()),
        judgments=tuple(sentence.text for sentence in seen.sentences),
        actions=actions(seen),
        notes=(
            f"注：环比为{first.previous.label}（{first.previous.period.label}），同比为上年同期，均按同一成熟度比较。",
        ),
        is_demo=is_demo,
    )


def _row(figure: Figure) -> tuple[str, str, str, str, str]:
    m = CATALOGUE[figure.metric_key]
    about = "约" if figure.is_approximate and figure.value is not None else ""
    return (
        m.label,
        f"{about}{show_value(m, figure.value)}",
        show_change(m, figure.value, figure.previous.value),
        show_change(m, figure.value, figure.last_year.value),
        show_value(m, figure.target),
    )


def actions(seen: Overview) -> tuple[str, ...]:
    """Suggested actions that follow from the figures, most pressing first: group events, missed targets, the
    worst place, what grows.
    """
    overdue = seen.figures["overdue_open"]
    found = []
    if seen.group_event_count:
        found.append(f"突发及群体性诉求{show_count(seen.group_event_count)}件，建议逐件落实包联责任，及时回应。")
    for key, words in REMEDIES.items():
        figure = seen.figures[key]
        if misses_target(figure):
            m = CATALOGUE[key]
            found.append(words.format(value=show_value(m, figure.value), target=show_value(m, figure.target),
                                      count=show_count(overdue.value)))  # fmt: skip
    where = seen.sentences[2]
    if where.tone == "bad":
        found.append(f"{where.text}建议该地结合具体工单分析原因，提出改进措施。")
    if seen.matters:
        matter = seen.matters[0]
        found.append(f"“{matter.label}”{matter.text}，建议作为月调度选题研究。")
    return tuple(found) or ("各项指标达到目标且变化在正常范围内，建议保持现行做法。",)
