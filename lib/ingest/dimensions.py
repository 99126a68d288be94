"""Dimensions of a pair: rows of the city profile, and words of a source turned into codes.

An unknown word never loses a ticket: the ticket carries UNMAPPED and the source's word, and the import
lists the distinct words for mapping. With `dimensions="source"` unknown words become dimension rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import Connection, Table, delete, select

from lib.ingest.bulk import insert_frame
from lib.ingest.frames import read
from lib.ingest.lookup import Categories, Names, found, made_code, plain
from lib.schema import tickets as t

if TYPE_CHECKING:
    from lib.city import City

PROFILE_TABLES = (
    t.districts,
    t.townships,
    t.units,
    t.channels,
    t.categories,
    t.time_limit_rules,
    t.workday_overrides,
)
_LISTED_VALUES = 200
_UNKNOWN = {
    "district": "区县表中没有这个名称，按未归类统计",
    "township": "乡镇街道表中没有这个名称，按未归类统计",
    "unit": "承办单位表中没有这个名称，按未归类统计",
    "first_unit": "承办单位表中没有这个名称，按未归类统计",
    "channel": "渠道表中没有这个名称，按未归类统计",
    "category": "事项分类表中没有这个分类，按能识别的上级或未归类统计",
}
_NEW_ROW: dict[str, dict[str, Any]] = {
    "district": {"district_type": None, "has_boundary": False},
    "unit": {"level": 2, "peer_group": "承办单位"},
    "channel": {"group_name": "其他"},
    "category": {"is_seasonal": False},
}


def load_profile(conn: Connection, city: City) -> None:
    """Replace the dimension rows by those of the city profile (working days apart)."""
    for table in PROFILE_TABLES:
        conn.execute(delete(table))
        insert_frame(conn, table, getattr(city, table.name))


class Resolver:
    """Looks words up in the dimensions as they stand in the database; collects warnings and new rows."""

    def __init__(self, conn: Connection, from_source: bool) -> None:
        frames = {x.name: read(conn, select(x)) for x in (t.districts, t.townships, t.units, t.channels, t.categories)}
        self.from_source = from_source
        self.area_names = [name for name in frames["districts"]["name"] if isinstance(name, str)]
        self.districts = Names.of("district", frames["districts"], "district_code", ("name", "short_name"))
        self.units = Names.of("unit", frames["units"].sort_values("level"), "unit_code", ("name", "short_name"))
        self.channels = Names.of("channel", frames["channels"], "channel_code")
        self.categories = Categories(frames["categories"])
        towns = frames["townships"]
        self.towns = Names.of("township", towns, "township_code")
        self.towns_of = {
            str(code): Names.of("township", rows, "township_code") for code, rows in towns.groupby("district_code")
        }
        self.district_of = dict(zip(towns["township_code"], towns["district_code"], strict=True))
        self.new_rows: dict[Table, list[dict[str, Any]]] = {}
        self._unknown: dict[tuple[str, str], int] = {}
        self._sort_no = {"district": len(frames["districts"]), "channel": len(frames["channels"])}

    def codes(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Code and raw columns for the words in the rows; only columns the file's fields decide."""
        out = pd.DataFrame(index=rows.index)
        self._places(rows, out)
        self._simple(rows, out, "channel", self.channels, "channel_code", "channel_raw")
        self._simple(rows, out, "unit", self.units, "unit_code", "unit_raw")
        self._simple(rows, out, "first_unit", self.units, "first_unit_code", None)
        self._categories(rows, out)
        return out

    def learn(self, rows: pd.DataFrame) -> None:
        """Make the divisions of a whole import known before its first part: places are told apart by them."""
        if self.from_source and "district" in rows:
            found(rows["district"], lambda word: self._find(word, "district", self.districts))

    def unit_codes(self, words: pd.Series) -> pd.Series:
        """Codes of units in a separate file; UNMAPPED where unknown, None where empty."""
        codes = found(words, lambda word: self._find(word, "unit", self.units))
        return codes.where(codes.notna() | words.isna(), t.UNMAPPED)

    def warnings(self) -> pd.DataFrame:
        """One row per field and distinct unknown word, as in import_warnings."""
        rows = [
            {"field": kind, "value": word[:_LISTED_VALUES], "reason": _UNKNOWN[kind], "row_count": count}
            for (kind, word), count in sorted(self._unknown.items(), key=lambda item: -item[1])
        ]
        return pd.DataFrame(rows, columns=["field", "value", "reason", "row_count"])

    def write_new_rows(self, conn: Connection) -> int:
        """Insert the dimension rows made from the source. Returns how many."""
        written = 0
        for table, rows in self.new_rows.items():
            written += insert_frame(conn, table, pd.DataFrame(rows))
        self.new_rows = {}
        return written

    # --- one kind of word after the other ---

    def _find(self, word: str, kind: str, names: Names) -> str | None:
        if not self.from_source:
            return names.find_at_end(word)
        code = names.find(word)
        if code is None:
            code = self._make(kind, word.strip())
            names.add(word, code)
        return code

    def _make(self, kind: str, word: str) -> str:
        table = {"district": t.districts, "unit": t.units, "channel": t.channels}[kind]
        code_column = next(iter(table.c)).name
        code = made_code(kind[0].upper(), plain(word))
        row = {code_column: code, "name": word, "short_name": word, **_NEW_ROW[kind]}
        if kind in self._sort_no:
            self._sort_no[kind] += 1
            row["sort_no"] = self._sort_no[kind]
        self.new_rows.setdefault(table, []).append(row)
        if kind == "district":
            self.area_names.append(word)
        return code

    def _note(self, kind: str, words: pd.Series) -> None:
        for word, count in words.value_counts().items():
            key = (kind, str(word))
            self._unknown[key] = self._unknown.get(key, 0) + int(count)

    def _simple(
        self, rows: pd.DataFrame, out: pd.DataFrame, kind: str, names: Names, code_column: str, raw_column: str | None
    ) -> None:
        if kind not in rows:
            return
        words = rows[kind]
        dimension = "unit" if kind == "first_unit" else kind
        codes = found(words, lambda word: self._find(word, dimension, names))
        unknown = words.notna() & codes.isna()
        self._note(kind, words[unknown])
        out[code_column] = codes.where(codes.notna(), t.UNMAPPED)
        if raw_column:
            out[raw_column] = words.astype(object).where(unknown, None)

    def _places(self, rows: pd.DataFrame, out: pd.DataFrame) -> None:
        self._simple(rows, out, "district", self.districts, "district_code", "district_raw")
        if "township" not in rows:
            return
        words = rows["township"]
        districts = out["district_code"] if "district_code" in out else pd.Series(t.UNMAPPED, index=rows.index)
        known = {
            pair: self.towns_of.get(pair[0], self.towns).find_at_end(pair[1])
            for pair in set(zip(districts[words.notna()], words.dropna(), strict=True))
        }
        codes = pd.Series(
            [known.get(pair) for pair in zip(districts, words, strict=True)], index=rows.index, dtype=object
        )
        self._note("township", words[words.notna() & codes.isna()])
        out["township_code"] = codes.where(codes.notna(), t.UNMAPPED)
        # A township lies in one division: it tells the division where the file does not.
        told = codes.map(self.district_of)
        if "district_code" in out:
            fill = (out["district_code"] == t.UNMAPPED) & told.notna()
            out.loc[fill, "district_code"] = told[fill]
            out.loc[fill, "district_raw"] = None
        else:
            out["district_code"] = told.where(told.notna(), t.UNMAPPED)

    def _categories(self, rows: pd.DataFrame, out: pd.DataFrame) -> None:
        columns = [c for c in ("category1", "category2", "category3", "category") if c in rows]
        if not columns:
            return
        words = rows[columns].astype(object)
        tuples = pd.Series(
            [tuple(w for w in row if isinstance(w, str) and plain(w)) for row in words.itertuples(index=False)],
            index=rows.index,
            dtype=object,
        )
        answers = {path: self._category(path) for path in set(tuples)}
        paths = tuples.map({path: answer[0] for path, answer in answers.items()})
        understood = tuples.map({path: answer[1] for path, answer in answers.items()}).astype(bool)
        for column, place in (("category1_code", 0), ("category2_code", 1), ("category_code", -1)):
            out[column] = [_at(path, place) for path in paths]
        raw = tuples.map("/".join)
        out["category_raw"] = raw.astype(object).where(~understood, None)
        self._note("category", raw[~understood])

    def _category(self, words: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
        """Codes from the first level down, and whether every word was understood."""
        if not words:
            return (), True
        if self.from_source:
            return self._make_categories(words[:3]), True
        code, understood = self.categories.find(words)
        return (self.categories.path_of[code] if code else ()), understood

    def _make_categories(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """The path of these very names, its missing parts made."""
        path: tuple[str, ...] = ()
        for level in range(1, len(words) + 1):
            code = self.categories.exact(words[:level])
            if code is None:
                parent = path[-1] if path else None
                code = made_code(parent or "C", *(plain(word) for word in words[:level]))
                name = words[level - 1].strip()
                row = {"category_code": code, "parent_code": parent, "level": level, "name": name,
                       "full_name": "/".join(words[:level]), **_NEW_ROW["category"]}  # fmt: skip
                self.new_rows.setdefault(t.categories, []).append(row)
                self.categories.add(code, parent, name)
            path = (*path, code)
        return path


def _at(path: tuple[str, ...], place: int) -> str:
    if not path or place >= len(path):
        return t.UNMAPPED
    return path[place]
