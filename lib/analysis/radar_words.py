"""What the radar found, in the words of officials: one sentence per candidate, from its figures alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from lib.analysis.daily import CITY
from lib.analysis.radar import AHEAD_DAYS, NOW_DAYS, PART_LABELS, RESTS_MONTHS
from lib.metrics.arithmetic import is_missing

_SHARE_WORDS = (
    ("recurrence", "repeat_share", "重复诉求占"),
    ("unsatisfied", "unsatisfied_share", "不满意占"),
    ("reworked", "reworked_share", "重办占"),
    ("cross", "cross_share", "转派或退单占"),
)
# Parts below that are not worth a word.
_MENTIONED = 0.1
_SEASON_MENTIONED = 0.25


def explanation(row: Mapping[str, Any], category: str, place: str, city: str = "全市") -> str:
    """The sentence of one row of lib.analysis.radar.candidates; category and place as the city names them."""
    is_city = row["district_code"] == CITY
    said = [_volume(row), _growth(row)]
    if is_city and not is_missing(row["districts"]):
        said.append(f"涉及 {row['districts']:.0f} 个区县、{_units(row)}")
    elif not is_missing(row["units"]):
        said.append(f"涉及 {_units(row)}")
    for key, column, words in _SHARE_WORDS:
        part, share, usual = row[f"part_{key}"], row[column], row[f"city_{column}"]
        if not is_missing(part) and part >= _MENTIONED:
            said.append(f"{words} {share:.1%}（{city}平均 {usual:.1%}）")
    said += [words for words in (_season(row), _earlier(row)) if words]
    unknown = [label for key, label in PART_LABELS.items() if is_missing(row[f"part_{key}"])]
    if unknown:
        said.append(f"{'、'.join(unknown)}样本不足，未计分")
    return f"{category}（{city if is_city else place}）：" + "；".join(said) + "。"


def _units(row: Mapping[str, Any]) -> str:
    return f"{row['units']:.0f} 家承办单位"


def _volume(row: Mapping[str, Any]) -> str:
    per_head = "" if is_missing(row["per_10k"]) else f"（每万人 {row['per_10k']:.1f} 件）"
    ahead = f"预计此后每四周为当地事项平均的 {row['times_average']:.1f} 倍"
    return f"近 {NOW_DAYS} 天 {row['count']:,.0f} 件{per_head}，{ahead}"


def _growth(row: Mapping[str, Any]) -> str:
    if not row["is_certain"]:
        return "与季节常态相符"
    change = row["growth"]
    return f"比季节常态（{row['expected']:,.0f} 件）{'多' if change > 0 else '少'} {abs(change):.0%}"


def _season(row: Mapping[str, Any]) -> str:
    if row["part_season"] >= _SEASON_MENTIONED:
        span = f"{_day(row['season_from'])}至{_day(row['season_until'])}"
        return f"往年{span}每天的件数是眼下的 {row['season_ratio']:.1f} 倍，现在调度赶得上"
    if row["part_season"] <= -_SEASON_MENTIONED:
        return f"季节将过，往年此后 {AHEAD_DAYS // 7} 周每天的件数只有眼下的 {row['season_ratio']:.0%}"
    return ""


def _day(day: date) -> str:
    return f"{day.month}月{day.day}日"


def _earlier(row: Mapping[str, Any]) -> str:
    if is_missing(row["held_on"]):
        return ""
    verdict = row["verdict"] if not is_missing(row["verdict"]) else "成效尚未评定"
    rests = f"，{RESTS_MONTHS} 个月内不宜重复" if row["part_earlier"] < 0 else ""
    held = row["held_on"]
    return f"{held.year}年{held.month}月已调度，{verdict}{rests}"
