"""Names for codes: what the dimension tables say, and the words for what they do not know."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lib.answers.source import Source
from lib.metrics.arithmetic import is_missing
from lib.schema.tickets import UNMAPPED

UNMAPPED_LABEL = "未归类"
OTHER_UNIT = "其他单位"
MISSING_LABEL = "未填"
ENTERPRISE_LABELS = {True: "企业诉求", False: "群众诉求"}
_TABLES = {
    "district": ("districts", "district_code"),
    "township": ("townships", "township_code"),
    "unit": ("units", "unit_code"),
    "channel": ("channels", "channel_code"),
    "category1": ("categories", "category_code"),
    "category2": ("categories", "category_code"),
    "category3": ("categories", "category_code"),
}


def dimension(source: Source, name: str) -> pd.DataFrame:
    """One row per member of a dimension table (districts, townships, units, channels, categories,
    time_limit_rules), in list order; columns as in schema.tickets. Of units those within reach.
    """
    return source.dimension(name)


def members(source: Source, by: str) -> pd.DataFrame:
    """One row per member that `by` may take in this database: code, label, and what the table knows more.

    Empty (but with these columns) for request_type, whose codes are their own labels.
    """
    if by == "enterprise":
        return pd.DataFrame({"code": list(ENTERPRISE_LABELS), "label": list(ENTERPRISE_LABELS.values())})
    if by not in _TABLES:
        return pd.DataFrame(columns=["code", "label"])
    table, code = _TABLES[by]
    frame = source.dimension(table)
    if by.startswith("category"):
        # Tickets may stop at a higher level: the deepest known category can be of any.
        frame = frame[frame["level"] == int(by[-1])] if by != "category3" else frame
    if by == "unit":
        # A unit with several periods of validity is one unit: its last row names it.
        frame = frame.drop_duplicates(code, keep="last")
    return frame.assign(code=frame[code], label=frame["name"]).reset_index(drop=True)


def label_of(code: object, known: Mapping[object, str], otherwise: str | None = None) -> str:
    """The label of a code: its name, 未归类, 未填, or what stands for unknown codes: `otherwise`, else the code."""
    if is_missing(code):
        return MISSING_LABEL
    return UNMAPPED_LABEL if code == UNMAPPED else known.get(code, str(code) if otherwise is None else otherwise)


def unit_label(source: Source, code: object, known: Mapping[object, str]) -> str:
    """The label of a unit; a unit beyond the reach, which a ticket may have passed through, is not named."""
    return label_of(code, known, None if source.access.reach is None else OTHER_UNIT)


def names_of(source: Source, by: str) -> dict[object, str]:
    """Labels by code of the members of `by`."""
    known = members(source, by)
    return dict(zip(known["code"], known["label"], strict=True))


def category_paths(source: Source) -> dict[object, str]:
    """The path of every category by its code, such as 城乡建设/供热/温度不达标."""
    frame = source.dimension("categories")
    paths = frame["full_name"].where(frame["full_name"].notna(), frame["name"])
    return dict(zip(frame["category_code"], paths, strict=True))
