"""Apply a mapping to one raw table: text columns become typed fields; what does not fit is written down."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from lib.ingest.fields import REQUIRED, Field, fields_of
from lib.ingest.mapping import FieldRule, MappingError, MappingFile, TableRule
from lib.ingest.tables import RawTable, clean_heading
from lib.ingest.times import parse_times

_SAID = 200
_PRIVATE = (
    (re.compile(r"(?<!\d)\d{6}(?:19|20)\d{9}[\dXx](?![\dXx])"), "******************"),
    (re.compile(r"(?<!\d)(1\d{2})\d{4}(\d{4})(?!\d)"), r"\1****\2"),
)


def quoted(value: Any) -> str:
    """A source value as it may be shown in a report: numbers of persons masked, at most 200 characters."""
    text = str(value)
    for pattern, mask in _PRIVATE:
        text = pattern.sub(mask, text)
    return text if len(text) <= _SAID else text[: _SAID - 1] + "…"


@dataclass
class Issues:
    """What did not fit. rejected: row -> (field, value, reason), the first fault of each row.
    warnings: (field, value, reason) -> rows concerned.
    """

    rejected: dict[int, tuple[str, str, str]] = field(default_factory=dict)
    warnings: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def reject(self, rows: pd.Series, name: str, values: pd.Series, reason: str) -> None:
        """Reject the rows where `rows` is True unless they already are; `{}` in the reason is the value."""
        for index in rows.index[rows.to_numpy(dtype=bool)]:
            shown = quoted(values[index])
            self.rejected.setdefault(int(index), (name, shown, reason.replace("{}", shown)))

    def warn(self, rows: pd.Series, name: str, values: pd.Series, reason: str) -> None:
        """Count the values of the rows where `rows` is True under one reason."""
        for value, count in values[rows.to_numpy(dtype=bool)].value_counts().items():
            self.warnings[(name, quoted(value), reason)] += int(count)


@dataclass
class Converted:
    """One table after the mapping. frame: typed columns named as fields, index as in the raw table.
    text: the source text of each field. headings: field -> heading it came from. no_time: field -> rows
    whose time of day is unknown.
    """

    table: RawTable
    frame: pd.DataFrame
    text: dict[str, pd.Series]
    headings: dict[str, str]
    issues: Issues
    no_time: dict[str, pd.Series] = field(default_factory=dict)


def convert(table: RawTable, rule: TableRule, mapping: MappingFile) -> Converted:
    """Map one table. Fields whose columns the file lacks are absent from the frame.

    Raises MappingError when a required column is missing.
    """
    known = fields_of(rule.kind)
    # Headings are matched as cleaned on both sides, so that line breaks in a header do not matter.
    raw = table.frame.rename(columns={name: clean_heading(name) for name in table.frame.columns})
    result = Converted(table, pd.DataFrame(index=table.frame.index), {}, {}, Issues())
    for name, field_rule in rule.fields.items():
        found = _source_text(raw, field_rule, mapping)
        if found is None:
            if name in REQUIRED[rule.kind]:
                wanted = " 或 ".join(field_rule.columns)
                raise MappingError(
                    f"{table.place}：缺少必需的列“{wanted}”（{known[name].label}）。文件里的列有："
                    f"{'、'.join(table.headings[:40])}。请换用合适的映射，或在导出时勾选该列"
                )
            continue
        heading, text = found
        result.headings[name], result.text[name] = heading, text
        result.frame[name] = _typed(known[name], field_rule, text, mapping, result)
    for name, value in rule.constants.items():
        if name not in result.frame:
            result.frame[name] = _constant(known[name], value, table.frame.index)
    return result


def _source_text(raw: pd.DataFrame, rule: FieldRule, mapping: MappingFile) -> tuple[str, pd.Series] | None:
    """(heading, stripped text with "" for empty), or None when the file lacks the column."""
    present = [name for name in rule.columns if name in raw.columns]
    if not present:
        return None
    if rule.join is None:
        heading = present[0]
        text = _stripped(raw[heading], mapping.empty)
    else:
        heading = "、".join(present)
        text = _stripped(raw[present[0]], mapping.empty)
        for name in present[1:]:
            more = _stripped(raw[name], mapping.empty)
            glue = pd.Series(rule.join, index=raw.index, dtype="str").where((text != "") & (more != ""), "")
            text = text + glue + more
    if rule.time_column is not None and rule.time_column in raw.columns:
        clock = _stripped(raw[rule.time_column], mapping.empty)
        text = (text + " " + clock).where((text != "") & (clock != ""), text)
    if rule.pattern is not None:
        text = text.str.extract(rule.pattern, expand=True)[0].fillna("").str.strip()
    if rule.default is not None:
        text = text.where(text != "", str(rule.default))
    return heading, text


def _stripped(text: pd.Series, empty: tuple[str, ...]) -> pd.Series:
    text = text.str.strip().str.strip("\u3000\ufeff\u200b")
    # The apostrophe that our files of rejected rows put before formula-like text comes off again.
    text = text.mask(
        text.str.match(r"'[\s\u200b\ufeff]*[=+\-@＝＋－＠]"), text.str.slice(1).str.strip(" \u200b\ufeff\t\r\n")
    )
    return text.mask(text.isin(list(empty)), "")


def _typed(spec: Field, rule: FieldRule, text: pd.Series, mapping: MappingFile, into: Converted) -> pd.Series:
    """The field's column in its own type; a missing value is NA."""
    issues = into.issues
    if rule.filled is not None or rule.blank is not None:
        values = pd.Series(rule.filled, index=text.index, dtype="object").where(text != "", rule.blank)
        return values.astype("boolean") if _is_truth(spec) else _as_text(values)
    if spec.kind in ("choice", "flag"):
        return _choices(spec, rule, text, issues)
    if rule.values:
        text = text.str.lower().map({k: str(v) for k, v in rule.values.items()}).fillna(text).astype("str")
    if spec.kind == "time":
        return _times(spec, rule, text, mapping, into)
    if spec.kind == "count":
        digits = text.str.extract(r"^(\d{1,6})(?:\.0+)?\D*$", expand=True)[0]
        numbers = pd.to_numeric(digits, errors="coerce").astype("Int64")
        issues.warn((text != "") & numbers.isna(), spec.name, text, "不是次数，已置空")
        return numbers
    if spec.kind == "number":
        floats = pd.to_numeric(text.mask(text == ""), errors="coerce").astype("float64")
        issues.warn((text != "") & floats.isna(), spec.name, text, "不是数字，已置空")
        return floats
    if spec.kind == "text":
        text = text.str.replace(r"\s+", " ", regex=True)
    return _as_text(text)


def _times(spec: Field, rule: FieldRule, text: pd.Series, mapping: MappingFile, into: Converted) -> pd.Series:
    moments, no_time = parse_times(text, (*rule.formats, *mapping.formats))
    if spec.name not in ("received_at", "day"):
        into.issues.warn((text != "") & moments.isna(), spec.name, text, "无法识别的时间，已置空")
    into.no_time[spec.name] = no_time
    if spec.day_end if rule.day_end is None else rule.day_end:
        moments = moments.mask(no_time, moments + pd.Timedelta(hours=23, minutes=59, seconds=59))
    return moments


def _choices(spec: Field, rule: FieldRule, text: pd.Series, issues: Issues) -> pd.Series:
    known: dict[str, Any] = {**(spec.words or {}), **rule.values}
    words = text.str.lower()
    unknown = (words != "") & ~words.isin(list(known))
    if rule.otherwise == "reject":
        issues.reject(unknown, spec.name, text, f"“{{}}”不是可识别的{spec.label}，请改为映射中列出的词")
    elif rule.otherwise == "warn" and unknown.any():
        issues.warn(unknown, spec.name, text, f"不是可识别的{spec.label}，已置空，请在映射的 values 中补充")
    values = words.map(known)
    if rule.otherwise == "keep":
        values = values.where(~unknown, text)
    if _is_truth(spec):
        return values.map({True: True, False: False}).astype("boolean")
    return _as_text(values)


def _is_truth(spec: Field) -> bool:
    return spec.kind == "flag" or spec.name == "is_closed"


def _as_text(values: pd.Series) -> pd.Series:
    return values.mask(values.isna() | (values == "")).astype("str")


def _constant(spec: Field, value: Any, index: pd.Index) -> pd.Series:
    if _is_truth(spec):
        return pd.Series(bool(value), index=index, dtype="boolean")
    if spec.kind == "count":
        return pd.Series(int(value), index=index, dtype="Int64")
    if spec.kind == "number":
        return pd.Series(float(value), index=index, dtype="float64")
    if spec.kind == "time":
        return pd.Series(pd.Timestamp(str(value)), index=index, dtype="datetime64[us]")
    return pd.Series(str(value), index=index, dtype="str")
