"""Propose a mapping for an unknown export, from its headings and its values."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd
import yaml

from lib.ingest.convert import quoted
from lib.ingest.fields import JOINS, TICKETS, Field
from lib.ingest.mapping import EMPTY_WORDS
from lib.ingest.tables import RawTable, clean_heading
from lib.ingest.times import parse_times

# A heading alone scores up to 3, values that fit add up to 1, values that contradict take 2.
_ENOUGH = 1.5
_SAMPLE = 500
# Ambiguous day and month: tried in turn, the first that reads every value wins.
_FOREIGN_FORMATS = (
    "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y",
    "%m/%d/%y %I:%M %p", "%m/%d/%y %H:%M", "%m/%d/%y", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y",
)  # fmt: skip
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?\s*([AaPp][Mm])?")


@dataclass(frozen=True)
class Suggestion:
    """One proposed field: its heading, how sure (0-4), extra settings of the rule, and a remark in Chinese."""

    field: str
    heading: str
    score: float
    rule: dict[str, object]
    remark: str = ""


def suggest_fields(table: RawTable) -> list[Suggestion]:
    """The best heading for each field and the best field for each heading, surest first."""
    frame = table.frame.head(_SAMPLE)
    scored: list[Suggestion] = []
    for heading in table.headings:
        text = _cleaned(frame[heading])
        for field in TICKETS.values():
            score = _heading_score(heading, field)
            if score > 0:
                fit, rule, remark = _value_fit(text, field)
                scored.append(Suggestion(field.name, clean_heading(heading), score + fit, rule, remark))
    scored.sort(key=lambda s: -s.score)
    chosen: dict[str, Suggestion] = {}
    used: set[str] = set()
    for item in scored:
        if item.score >= _ENOUGH and item.field not in chosen and item.heading not in used:
            chosen[item.field] = item
            used.add(item.heading)
    if "ticket_no" not in chosen:
        _guess_number(frame, chosen, used)
    if "received_at" not in chosen:
        _guess_receipt(frame, chosen, used)
    _pair_times(frame, chosen, used)
    return list(chosen.values())


def suggest_mapping(table: RawTable, name: str) -> str:
    """YAML text of a proposed mapping, with remarks; what was not understood is listed as comments."""
    found = suggest_fields(table)
    fields: dict[str, object] = {}
    for item in sorted(found, key=lambda s: list(TICKETS).index(s.field)):
        fields[item.field] = {"column": item.heading, **item.rule} if item.rule else item.heading
        if "time" in item.rule:
            fields[item.field] = {"date": item.heading, **item.rule}
    if "is_closed" not in fields and isinstance(fields.get("closed_at"), str):
        fields["is_closed"] = {"column": fields["closed_at"], "filled": True, "blank": False}
    formats = sorted({str(f) for item in found if (f := _format_of(item, table))})
    keys = [h for f in ("ticket_no", "received_at") for h in [_heading_of(fields.get(f))] if h]
    mapping = {
        "name": re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_") or "own",
        "label": f"{table.file_name} 的映射（请改名）",
        "source_code": "hotline",
        "match": keys or list(table.headings[:2]),
        # A foreign export brings its own districts, units and categories; ours stand in the city profile.
        **({"dimensions": "source"} if all(h.isascii() for h in table.headings) else {}),
        **({"formats": formats} if formats else {}),
        "fields": fields,
        **({} if "handling_type" in fields else {"constants": {"handling_type": "referred"}}),
    }
    body = yaml.safe_dump(mapping, allow_unicode=True, sort_keys=False, width=110)
    return "\n".join(
        ["# 由 python -m lib mapping suggest 建议，请逐项核对；各项写法见 docs/mapping.md", body, *_notes(table, found)]
    )


def _notes(table: RawTable, found: list[Suggestion]) -> list[str]:
    used = {item.heading for item in found} | {str(item.rule.get("time", "")) for item in found}
    lines = [f"# 待核对：{item.field} ← {item.heading}：{item.remark}" for item in found if item.remark]
    unused = [h for h in table.headings if clean_heading(h) not in used]
    for heading in unused:
        samples = "、".join(
            quoted(v) for v in _cleaned(table.frame[heading].head(50)).loc[lambda s: s != ""].unique()[:3]
        )
        lines.append(f"# 未使用的列：{heading}（如 {samples[:60]}）" if samples else f"# 未使用的列：{heading}（空）")
    missing = [n for n in ("ticket_no", "received_at") if n not in {item.field for item in found}]
    lines += [f"# 必填字段 {name}（{TICKETS[name].label}）没有找到对应的列，请手工指定" for name in missing]
    return [line.replace("\n", " ") for line in lines]


def _cleaned(text: pd.Series) -> pd.Series:
    text = text.str.strip()
    return text.mask(text.isin(list(EMPTY_WORDS)), "")


def _plain(heading: str) -> str:
    return re.sub(r"[\s_\-（）()【】:：/]+", "", clean_heading(heading)).lower()


def _heading_score(heading: str, field: Field) -> float:
    """3 for a known name (less for later names of the list), 1.5-2 where one contains the other."""
    plain = _plain(heading)
    best = 0.0
    for rank, name in enumerate(field.names):
        known = _plain(name)
        if plain == known:
            best = max(best, 3.0 - rank * 0.01)
        elif len(known) >= 3 and known in plain:
            best = max(best, 1.5 + 0.5 * len(known) / len(plain))
        elif len(plain) >= 3 and plain in known:
            best = max(best, 1.2 + 0.5 * len(plain) / len(known))
    return best


def _value_fit(text: pd.Series, field: Field) -> tuple[float, dict[str, object], str]:
    """(how well the values fit, extra settings of the rule, remark)."""
    values = text[text != ""]
    if values.empty:
        return 0.0, {}, "该列没有内容"
    if field.kind == "time":
        share = float(parse_times(values, _FOREIGN_FORMATS)[0].notna().mean())
        return (1.0 if share > 0.9 else -2.0), {}, "" if share > 0.99 else f"约 {1 - share:.0%} 的值不像时间"
    if field.kind == "number":
        share = float(pd.to_numeric(values, errors="coerce").notna().mean())
        return (1.0 if share > 0.9 else -2.0), {}, ""
    if field.kind in ("choice", "flag"):
        return _choice_fit(values, field)
    if field.name == "ticket_no":
        return (1.0 if values.is_unique else -1.0 if values.nunique() < 0.9 * len(values) else 0.0), {}, ""
    return 0.0, {}, ""


def _choice_fit(values: pd.Series, field: Field) -> tuple[float, dict[str, object], str]:
    words = values.str.lower()
    known = field.words or {}
    unknown = list(values[~words.isin(list(known))].value_counts().index)
    share = float(words.isin(list(known)).mean())
    if not unknown:
        return 1.0, {}, ""
    if values.nunique() > 40:
        return -2.0, {}, ""
    listed = "、".join(str(word) for word in unknown[:8])
    return share - 0.5, {}, f"这些词没有对应，请在 values 中补充：{listed}"


def _guess_number(frame: pd.DataFrame, chosen: dict[str, Suggestion], used: set[str]) -> None:
    """Without a telling heading the number is a column of distinct, filled, space-free values with digits."""
    for heading in frame.columns:
        text = _cleaned(frame[heading])
        if clean_heading(heading) in used or (text == "").any() or not text.is_unique:
            continue
        if text.str.fullmatch(r"[A-Za-z\d\-_]{4,40}").all() and text.str.contains(r"\d").all():
            remark = "按内容猜测：各行不重复的编号"
            chosen["ticket_no"] = Suggestion("ticket_no", clean_heading(heading), 1.0, {}, remark)
            used.add(clean_heading(heading))
            return


def _guess_receipt(frame: pd.DataFrame, chosen: dict[str, Suggestion], used: set[str]) -> None:
    """Without a telling heading the receipt is the earliest of the unused time columns that are always filled."""
    best: tuple[float, str] | None = None
    for heading in frame.columns:
        text = _cleaned(frame[heading])
        if clean_heading(heading) in used or (text == "").any():
            continue
        moments = parse_times(text, _FOREIGN_FORMATS)[0]
        if moments.notna().all() and text.str.contains(r"[-/年.:]").all():
            middle = float(moments.astype("int64").median())
            if best is None or middle < best[0]:
                best = (middle, clean_heading(heading))
    if best is not None:
        chosen["received_at"] = Suggestion("received_at", best[1], 1.0, {}, "按内容猜测：最早的时间列")
        used.add(best[1])


def _pair_times(frame: pd.DataFrame, chosen: dict[str, Suggestion], used: set[str]) -> None:
    """A date column next to a column of times of day with a like heading becomes one field."""
    clocks = [h for h in frame.columns if clean_heading(h) not in used and _is_clock(_cleaned(frame[h]))]
    for name, item in list(chosen.items()):
        if TICKETS[name].kind != "time":
            continue
        stem = re.sub(r"日期|date", "", _plain(item.heading))
        for clock in clocks:
            if stem and stem == re.sub(r"时间|time", "", _plain(clock)):
                rule = {**item.rule, "time": clean_heading(clock)}
                chosen[name] = Suggestion(name, item.heading, item.score, rule, item.remark)
                used.add(clean_heading(clock))


def _is_clock(text: pd.Series) -> bool:
    values = text[text != ""]
    return bool(len(values)) and bool(values.str.fullmatch(_CLOCK.pattern).all())


def _format_of(item: Suggestion, table: RawTable) -> str | None:
    """The foreign date format a time column needs, or None when the usual ones read it."""
    if TICKETS[item.field].kind != "time":
        return None
    frame = table.frame.head(_SAMPLE)
    by_name = {clean_heading(h): h for h in table.headings}
    text = _cleaned(frame[by_name[item.heading]])
    if "time" in item.rule:
        text = (text + " " + _cleaned(frame[by_name[str(item.rule["time"])]])).str.strip()
    text = text[text != ""]
    if text.empty or parse_times(text)[0].notna().mean() > 0.9:
        return None
    for pattern in _FOREIGN_FORMATS:
        if parse_times(text, (pattern,))[0].notna().all():
            return pattern
    return None


def _heading_of(rule: object) -> str | None:
    if isinstance(rule, dict):
        value = rule.get("date", rule.get("column"))
        return str(value) if value else None
    return str(rule) if rule else None


def looks_like_join(table: RawTable) -> str | None:
    """The joined kind whose required headings the table has, when it is no ticket table."""
    plain = {_plain(h) for h in table.headings}
    for kind, fields in JOINS.items():
        distinctive = [f for f in fields.values() if f.name in ("kind", "attempt_no", "exclusion_code", "inbound")]
        if any(_plain(name) in plain for field in distinctive for name in field.names):
            return kind
    return None
