"""The catalogue of metrics (指标口径): each defined once, read by pages, documents, scores and the CLI.

A metric names measures of lib/schema/measures.py; SQL counts them, lib/metrics/arithmetic.py divides.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

Unit = Literal["rate", "count", "hours", "per_10k"]
Kind = Literal["ratio", "count", "population", "stock", "quantile", "calls"]

SOURCE = "《民声看板指标口径》第1版"
VALID_FROM = date(2024, 1, 1)
REFERRED_ONLY = "直办件、催办件不计入"
NO_URGING = "催办件不计入"


class AnswerRules(Protocol):
    """The settings of a city that decide what counts as a good answer."""

    @property
    def basically_satisfied_counts(self) -> bool:
        """True when 基本满意 counts as satisfied."""

    @property
    def partly_resolved_counts(self) -> bool:
        """True when 部分解决 counts as solved."""


def _with_optional(
    always: tuple[str, ...], optional: tuple[tuple[str, str], ...], rules: AnswerRules
) -> tuple[str, ...]:
    return always + tuple(measure for rule, measure in optional if getattr(rules, rule))


@dataclass(frozen=True)
class Beside:
    """A companion share that always stands beside a metric, so that one side never hides the other."""

    label: str
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    optional: tuple[tuple[str, str], ...] = ()

    def numerator_keys(self, rules: AnswerRules) -> tuple[str, ...]:
        """Measures of the numerator under the city's rules."""
        return _with_optional(self.numerator, self.optional, rules)


@dataclass(frozen=True)
class Metric:
    """One definition.

    numerator, denominator: measure keys that are summed (denominator is empty for counts).
    kind: how the value arises: "ratio" numerator ÷ denominator; "count" the numerator; "population"
    numerator ÷ residents × 10,000; "stock" first numerator − second, over all days up to the end;
    "quantile" of handling hours; "calls" from the call statistics, which have no dimensions.
    optional: (rule, measure added to the numerator when the city's rule says so).
    limited: measure that counts the rows with a limit on record (coverage of the denominator).
    direction: what is good, "up" or "down"; None where neither is.
    """

    key: str
    label: str
    unit: Unit
    kind: Kind
    direction: Literal["up", "down"] | None
    cohort: str
    cohort_label: str
    numerator: tuple[str, ...]
    numerator_label: str
    denominator: tuple[str, ...] = ()
    denominator_label: str = ""
    exclusions: str = REFERRED_ONLY
    optional: tuple[tuple[str, str], ...] = ()
    beside: tuple[Beside, ...] = ()
    limited: str | None = None
    quantile: float | None = None
    note: str = ""
    version: str = "1.0"
    valid_from: date = VALID_FROM
    source: str = SOURCE

    def numerator_keys(self, rules: AnswerRules) -> tuple[str, ...]:
        """Measures of the numerator under the city's rules."""
        return _with_optional(self.numerator, self.optional, rules)

    def definition(self, rules: AnswerRules) -> str:
        """The definition as one Chinese paragraph, with what the city's rules decide."""
        if self.denominator_label:
            text = f"{self.label}＝{self.numerator_label}÷{self.denominator_label}"
            text += "×10000" if self.kind == "population" else ""
        else:
            text = f"{self.label}＝{self.numerator_label}"
        text += f"。按{self.cohort_label}归入统计期；{self.exclusions}。"
        for rule, _ in self.optional:
            text += RULE_WORDS[rule][bool(getattr(rules, rule))]
        return text + self.note

    def measures(self, rules: AnswerRules) -> tuple[str, ...]:
        """Every measure that is needed to show the metric with what stands beside it."""
        wanted = [*self.numerator_keys(rules), *self.denominator]
        for item in self.beside:
            wanted += [*item.numerator_keys(rules), *item.denominator]
        if self.limited:
            wanted.append(self.limited)
        return tuple(dict.fromkeys(wanted))


RULE_WORDS = {
    "basically_satisfied_counts": {True: "“基本满意”计入满意。", False: "“基本满意”不计入满意。"},
    "partly_resolved_counts": {True: "“部分解决”计入解决。", False: "“部分解决”不计入解决。"},
}

_BASIC = (("basically_satisfied_counts", "basically_satisfied"),)
_FIRST_BASIC = (("basically_satisfied_counts", "first_basically"),)
_PARTLY = (("partly_resolved_counts", "partly_resolved"),)
_EXTENDED = Beside("延期率", ("due_extended",), ("due",))

_METRICS = (
    Metric("received", "受理量", "count", "count", None, "received", "受理时间", ("received",), "受理工单数",
           exclusions=NO_URGING, note="催办件并入原工单，不另计。"),
    Metric("per_10k", "万人诉求量", "per_10k", "population", None, "received", "受理时间", ("received",),
           "受理工单数", denominator_label="常住人口", exclusions=NO_URGING,
           note="人口数据注明统计时点；没有人口数据的区域显示“—”。"),
    Metric("desk_rate", "直办率", "rate", "ratio", "up", "received", "受理时间", ("desk",), "热线直接答复办结的工单数",
           ("received",), "受理工单数", exclusions=NO_URGING),
    Metric("answered_calls_rate", "接通率", "rate", "calls", "up", "calls", "来电日期", ("calls_answered",),
           "接通的来电数", ("calls_inbound",), "呼入来电数", exclusions="只统计数据源提供话务量的日期",
           note="话务量不分区县、单位和事项，加了筛选条件时显示“—”。"),
    Metric("acknowledged_on_time_rate", "按时签收率", "rate", "ratio", "up", "dispatched", "首次派单时间",
           ("acknowledged_on_time",), "在时限内签收的转办件数", ("dispatched",), "派出的转办件数",
           beside=(Beside("签收率", ("acknowledged",), ("dispatched",)),), limited="acknowledge_limited",
           note="计时从首次派单开始，退单不重新计时，归首次承办单位；没有签收时限的工单计入分母，并注明有时限的占比。"),
    Metric("response_rate", "响应率", "rate", "ratio", "up", "dispatched", "首次派单时间", ("responded",),
           "在时限内联系诉求人的转办件数", ("dispatched",), "派出的转办件数", limited="response_limited",
           note="归首次承办单位；没有联系时限的工单计入分母，并注明有时限的占比。"),
    Metric("closure_rate", "办结率", "rate", "ratio", "up", "due", "办理时限", ("due_closed",), "已办结的到期转办件数",
           ("due",), "到期转办件数", beside=(Beside("按期办结率", ("due_on_time",), ("due",)), _EXTENDED),
           note="按到期而不是按受理统计：未到期的工单不算未办结。没有有效办结时间但状态为办结的计入办结。"),
    Metric("on_time_closure_rate", "按期办结率", "rate", "ratio", "up", "due", "办理时限", ("due_on_time",),
           "在时限内办结的转办件数", ("due",), "到期转办件数",
           beside=(Beside("办结率", ("due_closed",), ("due",)), _EXTENDED),
           note="时限含已批准的延期，延期率同时列出。没有有效办结时间的不算按期。"),
    Metric("callback_rate", "回访率", "rate", "ratio", "up", "closed", "办结时间", ("reached",), "回访到诉求人的工单数",
           ("closed",), "办结工单数", exclusions=NO_URGING,
           beside=(Beside("尝试回访率", ("called_back",), ("closed",)),)),
    Metric("satisfaction_rate", "满意率", "rate", "ratio", "up", "answered", "评价时间", ("satisfied",), "满意的工单数",
           ("answers",), "有效评价数", exclusions="催办件、无有效评价的工单不计入", optional=_BASIC,
           beside=(Beside("首轮满意率", ("first_satisfied",), ("first_answers",), _FIRST_BASIC),),
           note="一件一评，以截至统计期末最后一次有效回访为准；未接通不视为满意。归最后一轮主办单位。"),
    Metric("resolution_rate", "解决率", "rate", "ratio", "up", "answered", "评价时间", ("resolved",),
           "诉求人确认解决的工单数", ("resolution_answers",), "有效评价数", exclusions="催办件、无有效评价的工单不计入",
           optional=_PARTLY, note="以诉求人确认为准，与单位办结是两回事。"),
    Metric("first_round_satisfaction_rate", "首轮满意率", "rate", "ratio", "up", "answered", "首次评价时间",
           ("first_satisfied",), "首次回访满意的工单数", ("first_answers",), "首次有效评价数",
           exclusions="催办件、无有效评价的工单不计入", optional=_FIRST_BASIC,
           beside=(Beside("满意率", ("satisfied",), ("answers",), _BASIC),),
           note="与最终满意率并列，避免重办后的评价掩盖首轮。"),
    Metric("rework_rate", "重办率", "rate", "ratio", "down", "first_closed", "首次办结时间", ("reworked",),
           "办理两轮及以上的转办件数", ("first_closed",), "首次办结的转办件数", note="重办后仍未办结的也计入。"),
    Metric("return_rate", "退单率", "rate", "ratio", "down", "dispatched", "首次派单时间", ("returns_refused",),
           "被驳回的退单次数", ("dispatched",), "派出的转办件数",
           beside=(Beside("同意退单占比", ("returns_agreed",), ("dispatched",)),),
           note="归退单单位；同意的退单单独列出，不影响单位。分子按次计；一件工单可能退回多次，清单按工单列出，件数可能少于次数。"),
    Metric("extension_rate", "延期率", "rate", "ratio", "down", "due", "办理时限", ("due_extended",),
           "办理过延期的到期转办件数", ("due",), "到期转办件数"),
    Metric("repeat_rate", "重复诉求率", "rate", "ratio", "down", "received", "受理时间", ("repeats",),
           "30日内同一诉求人或同一地点、同一事项再次反映的工单数", ("received",), "受理工单数", exclusions=NO_URGING),
    Metric("overdue_open", "逾期未结", "count", "stock", "down", "due", "统计截止时间",
           ("overdue_entered", "overdue_left"), "截至统计期末已到期仍未办结的转办件数",
           note="是存量，不限于本期受理的工单。"),
    Metric("handling_hours_median", "办理时长中位数", "hours", "quantile", "down", "closed", "办结时间",
           ("closed_timed",), "转办件从受理到办结的工作小时的中位数", quantile=0.5,
           note="按工作时间计算；没有有效办结时间的不计入，未办结的另看已等待时间。工单很多时按4%宽的分组估算，标“约”。"),
    Metric("handling_hours_p90", "办理时长P90", "hours", "quantile", "down", "closed", "办结时间",
           ("closed_timed",), "转办件从受理到办结的工作小时的第90百分位数", quantile=0.9,
           note="九成工单在此时间内办结，反映拖得最久的部分。工单很多时按4%宽的分组估算，标“约”。"),
)  # fmt: skip

CATALOGUE: dict[str, Metric] = {m.key: m for m in _METRICS}


def metric(key: str) -> Metric:
    """The metric of that key. Raises KeyError with a Chinese sentence."""
    try:
        return CATALOGUE[key]
    except KeyError as error:
        raise KeyError(f"没有名为“{key}”的指标") from error
