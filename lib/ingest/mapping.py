"""Mappings: YAML files that say which column of a source is which field. Documented in docs/mapping.md."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import jsonschema
import yaml

from lib.config import MAPPINGS_DIR, Settings
from lib.ingest.fields import REQUIRED, Field, fields_of
from lib.ingest.readers import ReadError
from lib.ingest.tables import clean_heading

SCHEMA_FILE = MAPPINGS_DIR / "mapping.schema.json"

Coordinates = Literal["WGS84", "CGCS2000", "GCJ-02", "BD-09"]
# Words that mean "nothing" in a cell unless the mapping says otherwise.
EMPTY_WORDS = ("", "-", "--", "—", "——", "/", "\\", "无", "null", "NULL", "None", "nan", "NaN", "N/A", "n/a", "#N/A")


class MappingError(ReadError):
    """A mapping is wrong or does not fit; the message is Chinese and says where and how to mend it."""


@dataclass(frozen=True)
class FieldRule:
    """Where one field comes from.

    columns: headings; the first one present is used, or all are joined by `join` where that is set.
    time_column: heading of the time of day where date and time are separate. values: source word (lower
    case) -> our value. otherwise: what to do with a word no table knows. formats: date formats. pattern:
    regular expression whose group 1 is the value. filled / blank: value when the cell is (not) empty.
    default: value when the cell is empty. day_end: a date without time means the end of that day.
    """

    columns: tuple[str, ...]
    join: str | None = None
    time_column: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    otherwise: Literal["warn", "keep", "reject"] = "warn"
    formats: tuple[str, ...] = ()
    pattern: str | None = None
    filled: Any = None
    blank: Any = None
    default: Any = None
    day_end: bool | None = None


@dataclass(frozen=True)
class TableRule:
    """How one kind of table is recognised and read: `kind` is tickets, or a joined kind (fields.JOINS)."""

    kind: str
    match: tuple[str, ...]
    sheets: tuple[str, ...]
    header_row: int | None
    fields: Mapping[str, FieldRule]
    constants: Mapping[str, Any]

    def accepts(self, sheet: str, headings: Iterable[str]) -> bool:
        """True when the sheet's name and headings are those of this table."""
        if sheet and self.sheets and not any(fnmatch.fnmatchcase(sheet, pattern) for pattern in self.sheets):
            return False
        present = set(headings)
        return all(any(alternative in present for alternative in name.split("|")) for name in self.match)

    def overlap(self, headings: Iterable[str]) -> int:
        """How many of the headings this table uses."""
        present = set(headings)
        used = {c for rule in self.fields.values() for c in (*rule.columns, rule.time_column) if c}
        return len(used & present)


@dataclass(frozen=True)
class MappingFile:
    """One mapping, read and checked."""

    name: str
    label: str
    source_code: str
    tickets: TableRule
    joins: tuple[TableRule, ...] = ()
    formats: tuple[str, ...] = ()
    empty: tuple[str, ...] = EMPTY_WORDS
    coordinates: Coordinates = "WGS84"
    as_of: datetime | None = None
    dimensions: Literal["profile", "source"] = "profile"
    derive_due: bool = False
    phones_masked: bool | None = None

    @property
    def headings(self) -> frozenset[str]:
        """Every heading the mapping knows: used to find the header row."""
        rules = (self.tickets, *self.joins)
        return frozenset(
            c for table in rules for rule in table.fields.values() for c in (*rule.columns, rule.time_column) if c
        )


def load_mapping(name_or_path: str, settings: Settings | None = None) -> MappingFile:
    """A mapping by name (the city's own first, then those shipped) or by path. Raises MappingError."""
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        folders = _folders(settings)
        found = [folder / f"{name_or_path}.yaml" for folder in folders if (folder / f"{name_or_path}.yaml").is_file()]
        if not found:
            names = "、".join(sorted(p.stem for folder in folders for p in folder.glob("*.yaml")))
            raise MappingError(f"没有名为“{name_or_path}”的映射，可选：{names}；也可以给出 YAML 文件的路径")
        path = found[0]
    if not path.is_file():
        raise MappingError(f"找不到映射文件“{path.name}”，请检查路径")
    return parse_mapping(path.read_text("utf-8-sig"), path.name)


def all_mappings(settings: Settings | None = None) -> list[MappingFile]:
    """The city's own mappings, then those shipped, without those a city's own replaces."""
    paths: dict[str, Path] = {}
    for folder in _folders(settings):
        for path in sorted(folder.glob("*.yaml")):
            paths.setdefault(path.stem, path)
    return [parse_mapping(path.read_text("utf-8-sig"), path.name) for path in paths.values()]


def own_mappings_dir(settings: Settings) -> Path:
    """Where a city's own mappings are kept: beside its data, so that an update never overwrites them."""
    return settings.data_dir / "mappings"


def _folders(settings: Settings | None) -> list[Path]:
    own = own_mappings_dir(settings) if settings else None
    return [folder for folder in (own, MAPPINGS_DIR) if folder is not None and folder.is_dir()]


@lru_cache(maxsize=1)
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text("utf-8")))


class _Loader(yaml.SafeLoader):
    """Safe YAML in which only true and false are truth values: No, Yes, On and Off are headings and words."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))


def parse_mapping(text: str, file_name: str) -> MappingFile:
    """Read a mapping's YAML text. Raises MappingError with every fault found, in Chinese."""
    try:
        raw = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"第 {mark.line + 1} 行" if mark else ""
        raise MappingError(f"{file_name}：{where}不是有效的 YAML，请检查缩进、冒号后的空格和引号") from error
    if not isinstance(raw, dict):
        raise MappingError(f"{file_name}：映射应是“名称: 值”的结构，请参照 docs/mapping.md")
    faults = [
        _in_chinese(error) for error in sorted(_validator().iter_errors(raw), key=lambda e: list(map(str, e.path)))
    ]
    if not faults:
        faults = _table_faults("tickets", raw)
        for join in raw.get("joins", []):
            faults += _table_faults(join["kind"], join)
    if faults:
        raise MappingError(
            f"{file_name}：映射有 {len(faults)} 处错误：\n" + "\n".join(f"  - {fault}" for fault in faults)
        )
    return _built(raw)


def _table_faults(kind: str, raw: Mapping[str, Any]) -> list[str]:
    """What the schema cannot see: unknown and missing fields, codes nobody knows, patterns that are none."""
    known = fields_of(kind)
    fields, constants = raw["fields"], raw.get("constants", {})
    faults = [
        f"字段“{name}”不存在（{kind}）；可用的字段见 docs/mapping.md"
        for name in (*fields, *constants)
        if name not in known
    ]
    given = {*fields, *constants}
    faults += [f"缺少必填字段“{name}”（{known[name].label}）" for name in REQUIRED[kind] if name not in given]
    for name, spec in fields.items():
        if name in known and isinstance(spec, dict):
            faults += _rule_faults(known[name], spec)
    return faults


def _rule_faults(field_spec: Field, spec: Mapping[str, Any]) -> list[str]:
    faults = []
    if "pattern" in spec:
        try:
            groups = re.compile(spec["pattern"]).groups
        except re.error:
            groups = 0
        if groups != 1:
            faults.append(f"{field_spec.name}.pattern：应是恰有一个括号组的正则表达式")
    if field_spec.kind in ("choice", "flag"):
        codes = list(dict.fromkeys((field_spec.words or {}).values()))
        for value in (*spec.get("values", {}).values(), *(spec[k] for k in ("filled", "blank") if k in spec)):
            if value not in (*codes, ""):
                listed = "、".join(str(c).lower() if isinstance(c, bool) else str(c) for c in codes if c != "")
                faults.append(f"{field_spec.name}：值“{value}”无效，可选 {listed}")
    return faults


_TYPE_NAMES = {
    "string": "文字", "array": "列表", "object": "“名称: 值”结构", "boolean": "true 或 false", "integer": "整数",
}  # fmt: skip


def _in_chinese(error: jsonschema.ValidationError) -> str:
    """One fault of the schema as a sentence."""
    where = ".".join(str(part) for part in error.path) or "顶层"
    match error.validator:
        case "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            return f"{where}：缺少 {'、'.join(missing)}"
        case "additionalProperties":
            extra = [name for name in error.instance if name not in error.schema.get("properties", {})]
            return f"{where}：不认识的设置 {'、'.join(map(str, extra))}"
        case "enum":
            return f"{where}：“{error.instance}”无效，可选 {'、'.join(map(str, error.validator_value))}"
        case "type":
            wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
            return f"{where}：应是{'或'.join(_TYPE_NAMES.get(str(w), str(w)) for w in wanted)}"
        case "pattern":
            return f"{where}：“{error.instance}”的写法不对（{error.schema.get('description', error.validator_value)}）"
        case "minItems" | "minLength" | "minProperties":
            return f"{where}：不能为空"
        case _:
            return f"{where}：写法不对，请参照 docs/mapping.md"


def _built(raw: Mapping[str, Any]) -> MappingFile:
    as_of = raw.get("as_of")
    try:
        moment = datetime.fromisoformat(str(as_of)) if as_of is not None else None
    except ValueError as error:
        raise MappingError(f"{raw['name']}：as_of“{as_of}”不是时间，请写成 2026-10-20 18:00:00") from error
    return MappingFile(
        name=raw["name"],
        label=raw["label"],
        source_code=raw["source_code"],
        tickets=_table("tickets", raw),
        joins=tuple(_table(join["kind"], join) for join in raw.get("joins", [])),
        formats=tuple(raw.get("formats", ())),
        empty=tuple(raw["empty"]) if "empty" in raw else EMPTY_WORDS,
        coordinates=raw.get("coordinates", "WGS84"),
        as_of=moment,
        dimensions=raw.get("dimensions", "profile"),
        derive_due=raw.get("derive_due", False),
        phones_masked=raw.get("phones_masked"),
    )


def _table(kind: str, raw: Mapping[str, Any]) -> TableRule:
    return TableRule(
        kind=kind,
        match=tuple("|".join(clean_heading(n) for n in name.split("|")) for name in raw["match"]),
        sheets=tuple(raw.get("sheets", ())),
        header_row=raw.get("header_row"),
        fields={name: _rule(spec) for name, spec in raw["fields"].items()},
        constants=raw.get("constants", {}),
    )


def _rule(spec: Any) -> FieldRule:
    if isinstance(spec, str | list):
        return FieldRule(_headings(spec))
    columns = spec["date"] if "date" in spec else spec["column"] if "column" in spec else spec["columns"]
    return FieldRule(
        columns=_headings(columns),
        join=spec.get("join", " ") if "columns" in spec else None,
        time_column=clean_heading(spec["time"]) if "time" in spec else None,
        values={str(word).strip().lower(): value for word, value in spec.get("values", {}).items()},
        otherwise=spec.get("otherwise", "warn"),
        formats=tuple(spec.get("formats", ())),
        pattern=spec.get("pattern"),
        filled=spec.get("filled"),
        blank=spec.get("blank"),
        default=spec.get("default"),
        day_end=spec.get("day_end"),
    )


def _headings(names: str | list[str]) -> tuple[str, ...]:
    return tuple(clean_heading(name) for name in ([names] if isinstance(names, str) else names))


def choose_mapping(sheets: Iterable[tuple[str, tuple[str, ...]]], mappings: Iterable[MappingFile]) -> list[MappingFile]:
    """Mappings that recognise a sheet of the files as tickets, the best fitting first.

    sheets: (sheet name, headings) of every table found. Fit is the number of headings a mapping uses.
    """
    sheets = list(sheets)
    fits: list[tuple[int, MappingFile]] = []
    for mapping in mappings:
        accepted = [mapping.tickets.overlap(h) for name, h in sheets if mapping.tickets.accepts(name, h)]
        if accepted:
            fits.append((max(accepted), mapping))
    return [mapping for _, mapping in sorted(fits, key=lambda fit: -fit[0])]
