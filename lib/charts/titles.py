"""Titles that say today's answer in at most 18 characters, and the subtitles that name what is shown.

Every function tries its fullest wording first and falls back to shorter ones; see style.fit.
"""

from __future__ import annotations

import pandas as pd

from lib.charts.heat import WEEKDAYS
from lib.charts.style import fit
from lib.metrics.arithmetic import difference, is_missing
from lib.metrics.catalogue import Metric
from lib.metrics.formats import NONE, show_change, show_count, show_moved, show_points, show_rate, show_value


def subtitle(metric: Metric, place: str, period: str, more: str = "") -> str:
    """Measure · place · period · denominator, and what else must be said."""
    parts = [metric.label, place, period]
    if metric.denominator_label:
        parts.append(f"分母：{metric.denominator_label}")
    return " · ".join([*parts, more] if more else parts)


def trend(frame: pd.DataFrame, metric: Metric) -> str:
    """What the newest month with a value says: against its target where it misses it, else against last year.

    frame: as answers.trend gives it. A running month is left out: it is not over yet.
    """
    whole = frame[~frame["is_running"].astype(bool) & frame["value"].notna()]
    if whole.empty:
        return fit(f"{metric.label}暂无可比月份")
    last = whole.to_dict("records")[-1]
    month = f"{last['month'].month}月"
    missed = _missed(metric, last["value"], last["target"])
    if missed:
        return fit(f"{month}{metric.label}{missed}", f"{metric.label}{missed}", f"{metric.label}未达目标")
    moved = show_moved(metric, last["value"], last["last_year_value"])
    if moved == NONE:
        value = show_value(metric, last["value"])
        return fit(f"{month}{metric.label}为{value}", f"{metric.label}为{value}", value)
    return fit(f"{month}{metric.label}同比{moved}", f"{metric.label}同比{moved}", f"同比{moved}")


def _missed(metric: Metric, value: float | None, target: float | None) -> str:
    """低于目标1.2个百分点, 高于目标3.0小时, or nothing where the target is met or missing."""
    gap = difference(value, target)
    if gap is None or metric.direction is None or (gap >= 0 if metric.direction == "up" else gap <= 0):
        return ""
    word = "低于" if gap < 0 else "高于"
    size = show_points(gap) if metric.unit == "rate" else show_value(metric, abs(gap))
    return f"{word}目标{size}"


def ranked(frame: pd.DataFrame, metric: Metric) -> str:
    """Who stands out most among those large enough: 西河县满意率最低：90.2%."""
    fair = frame[frame["value"].notna() & ~frame["is_small"].fillna(False).astype(bool)]
    if fair.empty:
        return fit(f"{metric.label}样本不足，不作比较", "样本不足，不作比较")
    place = fair.sort_values("value", ascending=metric.direction == "up", kind="stable").to_dict("records")[0]
    word = "最低" if metric.direction == "up" else "最高"
    said = f"{metric.label}{word}"
    shown = show_value(metric, place["value"])
    name = str(place["label"])
    return fit(f"{name}{said}：{shown}", f"{name}{said}", f"{said}：{shown}", said)


def movers(frame: pd.DataFrame) -> str:
    """The category with most additional tickets beyond chance.

    frame: as answers.category_movers gives it.
    """
    sure = frame[frame["differs"].astype(bool) & (frame["extra"] > 0)]
    if sure.empty:
        return "没有事项明显增长"
    top = sure.sort_values("extra", ascending=False, kind="stable").to_dict("records")[0]
    share = "" if is_missing(top["change"]) else f"{top['change'] * 100:+.0f}%"
    name = str(top["label"])
    return fit(f"{name}增长最多：{share or '新增'}", f"{name}增长最多", f"{name[:10]}…增长最多")


def heat(frame: pd.DataFrame) -> str:
    """The busiest hour of the week: 周一上午10时受理最多.

    frame: as answers.hour_profile gives it.
    """
    if frame.empty or not frame["received"].sum():
        return "没有带受理时刻的工单"
    top = frame.nlargest(1, "received").to_dict("records")[0]
    hour = int(top["hour"])
    part = "凌晨" if hour < 6 else "上午" if hour < 12 else "下午" if hour < 18 else "晚上"
    return fit(f"{WEEKDAYS[int(top['weekday']) - 1]}{part}{hour if hour <= 12 else hour - 12}时受理最多")


def channels(frame: pd.DataFrame) -> str:
    """The group of channels with the largest share: 热线占受理量的68.2%.

    frame: as answers.channel_mix gives it.
    """
    shares = frame.dropna(subset=["group_name", "share"]).groupby("group_name")["share"].sum()
    if shares.empty:
        return "没有受理工单" if frame.empty else "各渠道受理情况"
    name, share = str(shares.idxmax()), show_rate(float(shares.max()))
    return fit(f"{name}占受理量的{share}", f"{name}占{share}", f"占比最大的为{share}")


def against(frame: pd.DataFrame, metric: Metric, target: float | None, average: float | None) -> str:
    """How many places miss the target beyond chance, or lie above the city's value: 3个区县低于目标.

    frame: as answers.by_dimension gives it for districts.
    """
    fair = frame[frame["value"].notna() & ~frame["is_small"].fillna(False).astype(bool)]
    if target is not None and metric.direction is not None and fair["low"].notna().any():
        worse = (fair["high"] < target) if metric.direction == "up" else (fair["low"] > target)
        word = "低于" if metric.direction == "up" else "高于"
        number = int(worse.sum())
        return fit(f"{number}个区县显著{word}目标" if number else f"没有区县显著{word}目标")
    if average is not None and not fair.empty:
        return fit(f"{int((fair['value'] > average).sum())}个区县高于全市水平")
    return fit(f"各区县{metric.label}", "各区县比较")


def funnel(frame: pd.DataFrame, metric: Metric) -> str:
    """How many units fall out of the funnel on the side that needs help.

    frame: as answers.funnel gives it.
    """
    side = "above" if metric.direction == "down" else "below"
    worse = int(frame["verdict"].isin([f"{side}95", f"{side}998"]).sum())
    word = "高于" if side == "above" else "低于"
    if not worse:
        return fit(f"没有单位{metric.label}明显{word}同类", f"没有单位明显{word}同类")
    return fit(f"{worse}家{metric.label}明显{word}同类", f"{worse}家单位明显{word}同类")


def compared(metric: Metric, now: float | None, before: float | None, than: str) -> str:
    """比上月 +1.3个百分点, for a line of small text."""
    return f"{than} {show_change(metric, now, before)}"


def movers_sentence(frame: pd.DataFrame, than: str, names: int = 2) -> str:
    """What grew and what fell most, with counts: one sentence for the top of a page.

    frame: as answers.category_movers gives it; than: what the earlier period is called.
    """
    sure = frame[frame["differs"].astype(bool) & frame["extra"].notna()].sort_values("extra", ascending=False)
    parts = []
    for word, rows in (
        ("增长最多", sure[sure["extra"] > 0].head(names)),
        ("下降最多", sure[sure["extra"] < 0].tail(names)[::-1]),
    ):
        told = [f"{row['label']}{row['extra']:+,.0f}件{_in_percent(row['change'])}" for row in rows.to_dict("records")]
        if told:
            parts.append(f"{word}：{'、'.join(told)}")
    return f"与{than}相比，{'；'.join(parts)}。" if parts else f"与{than}相比，各类事项的增减都在随机波动范围内。"


def _in_percent(share: float | None) -> str:
    return "" if share is None or is_missing(share) else f"（{share * 100:+.0f}%）"


def cells(frame: pd.DataFrame) -> str:
    """How strongly tickets gather in the busiest cell.

    frame: as answers.hex_density gives it.
    """
    if frame.empty:
        return "没有可显示的网格"
    return fit(f"最密的一格有{show_count(float(frame['received'].max()))}件", "诉求分布")
