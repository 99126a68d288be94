"""Times as people and machines write them, read a column at a time."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

# Tried in this order on what the earlier ones left; the text was normalised to dashes and colons before.
_FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y%m%d%H%M%S",
    "%Y%m%d %H:%M:%S",
    "%Y%m%d",
    "%Y-%m-%d %H",
)
_TO_DASHES = str.maketrans("/年月日时点分秒：T\u3000", "--- ::: :  ")
_EXCEL_EPOCH = pd.Timestamp("1899-12-30")
CITY_ZONE = "Asia/Shanghai"


def parse_times(text: pd.Series, formats: Sequence[str] = ()) -> tuple[pd.Series, pd.Series]:
    """Times of a text column: (datetime64 without zone, NaT where empty or unreadable; True where no time of day).

    formats: strptime formats of the mapping, tried first on the text as written. Then ISO-like and Chinese
    forms, spreadsheet serial numbers, and moments with a zone, which become local time of the city.
    """
    text = text.fillna("").str.strip()
    # Equal texts are parsed once: exports repeat their dates many times.
    unique = pd.Series(text.unique(), dtype="str")
    unique = unique[unique != ""].reset_index(drop=True)
    moments = pd.Series(pd.NaT, index=unique.index, dtype="datetime64[us]")
    no_time = pd.Series(False, index=unique.index)
    plain = unique.str.translate(_TO_DASHES).str.replace(r"\s+", " ", regex=True).str.strip(" :")
    for source, wanted in ((unique, tuple(formats)), (plain, _FORMATS)):
        for pattern in wanted:
            _fill(moments, no_time, source, pattern)
    _fill_serials(moments, no_time, unique)
    _fill_zoned(moments, unique)
    table = pd.DataFrame({"moment": moments, "no_time": no_time})
    table.index = pd.Index(unique, dtype="str")
    found = table.reindex(text.to_numpy())
    is_day = found["no_time"].astype("boolean").fillna(False).astype(bool)
    return (
        pd.Series(found["moment"].to_numpy(), index=text.index, dtype="datetime64[us]"),
        pd.Series(is_day.to_numpy(), index=text.index),
    )


def _fill(moments: pd.Series, no_time: pd.Series, text: pd.Series, pattern: str) -> None:
    left = moments.isna()
    if not left.any():
        return
    parsed = pd.to_datetime(text[left], format=pattern, errors="coerce", exact=True)
    parsed = parsed[parsed.notna()]
    moments.loc[parsed.index] = parsed.astype("datetime64[us]")
    if not any(part in pattern for part in ("%H", "%I", "%X", "%c", "%T")):
        no_time.loc[parsed.index] = True


def _fill_serials(moments: pd.Series, no_time: pd.Series, text: pd.Series) -> None:
    serial = text[moments.isna() & text.str.fullmatch(r"[2-7]\d{4}(\.\d+)?")].astype("float64")
    if serial.empty:
        return
    moments.loc[serial.index] = (
        (_EXCEL_EPOCH + pd.to_timedelta(serial, unit="D")).dt.round("s").astype("datetime64[us]")
    )
    no_time.loc[serial.index] = serial == serial.round()


def _fill_zoned(moments: pd.Series, text: pd.Series) -> None:
    zoned = text[moments.isna() & text.str.contains(r"\d(?:Z|[+-]\d\d:?\d\d)$", regex=True)]
    if zoned.empty:
        return
    parsed = pd.to_datetime(zoned, format="ISO8601", errors="coerce", utc=True)
    parsed = parsed[parsed.notna()].dt.tz_convert(CITY_ZONE).dt.tz_localize(None)
    moments.loc[parsed.index] = parsed.astype("datetime64[us]")
