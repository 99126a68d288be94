"""What may and what may not be said of an effect, in sentences that an office would write."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date


def moved(change: float) -> str:
    """下降27.0%, 上升3.1%, 持平."""
    if abs(change) < 0.0005:
        return "持平"
    return f"{'下降' if change < 0 else '上升'}{abs(change):.1%}"


def between(low: float, high: float) -> str:
    """The interval in words: 下降34.2%至下降18.9%, 下降8.0%至上升12.3%."""
    return f"{moved(low)}至{moved(high)}"


def rebound(first: float, later: float, start: date, end: date) -> str:
    """Why the word is 有反弹."""
    return f"会后半年{moved(first)}，但{start:%Y-%m-%d}至{end:%Y-%m-%d}比不开会时的预期{moved(later)}，区间全部高于零"


def only_counts(reason: str) -> str:
    """What may be said when nothing could be estimated."""
    return f"{reason}。目前只能报告件数，不能判断成效。"


def may_say(word: str, reason: str, removed: Sequence[str], adjusted: tuple[float, float, float]) -> str:
    """One sentence. removed: what the figure is free of; adjusted: change, low, high, as shares."""
    change, low, high = adjusted
    free = f"剔除{'、'.join(removed)}后，" if removed else ""
    figure = f"{free}会后同类诉求{moved(change)}（95%区间：{between(low, high)}）"
    if word == "成效明显":
        return f"可以说：{figure}，降幅超出正常波动，与调度会的时间吻合。"
    if word == "有反弹":
        return f"可以说：{reason}，调度初期有效，需要回头看。"
    if word == "观察期不足":
        return f"{figure}，但{reason}，这一数字仅供参考，不足以判断成效。"
    return f"可以说：{figure}；{reason}，尚看不出调度会带来的变化。"


def may_not_say(word: str, month_on_month: float | None, neighbours: Sequence[str]) -> str:
    """One or two sentences. neighbours: series that rose at the same time."""
    parts = []
    if month_on_month is not None and month_on_month < 0:
        parts.append(f"不能把环比{moved(month_on_month)}全部说成调度会的成效：议题是在高位时选上的，本来就会回落")
    if word == "成效明显":
        parts.append("也不能排除同一时间其他工作的作用，数据只说明时间上吻合")
    elif word == "变化不明显":
        parts.append("不能据此说调度会没有作用，只能说数据看不出来")
    elif word == "观察期不足":
        parts.append("不能说有成效，也不能说没有成效")
    if neighbours:
        parts.append(f"邻近的{'、'.join(neighbours)}同期上升，不能排除诉求转移或改登到别的类别")
    return "；".join(parts) + "。" if parts else ""
