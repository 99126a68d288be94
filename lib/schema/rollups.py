"""Rollups: counts per day, built in the same publish as the facts, so that pages cost the same at any volume.

Every measure stands on its own cohort day. A measure with maturity has a second column `<key>_mature`:
what was true by the end of the calendar month of the cohort day.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Integer, String, Table

from lib.schema.measures import MEASURES
from lib.schema.tickets import metadata

MATURE = "_mature"

# Log-scaled buckets of handling hours: 4 % wide, so a quantile read from them is off by at most 2 %.
BUCKET_BASE = 1.04
BUCKET_FLOOR_HOURS = 0.05


def measure_columns() -> list[Column]:
    """One column per measure, and one more where maturity matters."""
    columns = []
    for m in MEASURES.values():
        kind = Float if m.value is not None else BigInteger
        columns.append(Column(m.key, kind, comment=m.meaning))
        if m.mature is not None:
            columns.append(Column(m.key + MATURE, kind, comment=f"{m.meaning}, by the end of the calendar month"))
    return columns


def _excluded() -> Column:
    return Column("is_excluded", Boolean, comment="True for approved exclusions; 考核口径 leaves these rows out")


def _enterprise() -> Column:
    """In every count rollup, because 总体情况 shows the enterprise line beside whatever is chosen."""
    return Column("is_enterprise", Boolean, comment="Enterprise line")


rollup_place = Table(
    "rollup_place", metadata,
    Column("day", Date, comment="Cohort day"),
    Column("district_code", String, comment="Division"),
    Column("category1_code", String, comment="First-level category"),
    Column("category2_code", String, comment="Second-level category"),
    _enterprise(), _excluded(), *measure_columns(),
    comment="One row per cohort day, division, second-level category, enterprise line and exclusion.",
)  # fmt: skip

rollup_unit = Table(
    "rollup_unit", metadata,
    Column("day", Date, comment="Cohort day"),
    Column("unit_code", String, comment="Unit the cohort counts for"),
    _enterprise(), _excluded(), *measure_columns(),
    comment="One row per cohort day, handling unit, enterprise line and exclusion.",
)  # fmt: skip

rollup_channel = Table(
    "rollup_channel", metadata,
    Column("day", Date, comment="Cohort day"),
    Column("channel_code", String, comment="Channel"),
    Column("request_type", String, comment="Request type"),
    _enterprise(), _excluded(), *measure_columns(),
    comment="One row per cohort day, channel, request type, enterprise line and exclusion.",
)  # fmt: skip

rollup_hours = Table(
    "rollup_hours", metadata,
    Column("day", Date, comment="Closing day"),
    Column("district_code", String, comment="Division"),
    _excluded(),
    Column("bucket", Integer, comment="floor(ln(max(hours, floor) / floor) / ln(BUCKET_BASE))"),
    Column("tickets", BigInteger, comment="Referred tickets closed that day whose handling hours fall there"),
    comment="One row per closing day, division, exclusion and log bucket of handling hours.",
)  # fmt: skip

ROLLUPS = (rollup_place, rollup_unit, rollup_channel, rollup_hours)
COUNT_ROLLUPS = (rollup_place, rollup_unit, rollup_channel)
