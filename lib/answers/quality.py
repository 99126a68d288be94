"""Can the data be trusted, and up to which day?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from lib.answers.source import Source
from lib.metrics.arithmetic import divide, divide_columns
from lib.queries import dimensions as dimension_queries
from lib.queries import quality as queries
from lib.scope import Scope

# Limits of tickets received today end within this time.
_LONGEST_LIMIT = timedelta(days=60)
_DOUBTS = {
    "closed_without_time": "状态已办结但没有有效办结时间（计入办结率，不算按期，不计时长）",
    "without_due": "转办件没有办理时限（不进入办结率、按期办结率）",
    "answered_open": "已有诉求人评价但状态未办结",
    "late_updates": "最后一个办理环节3天以后才更新",
    "excluded": "已批准剔除（考核口径不计）",
    "restricted": "限制件（只计数，不显示内容）",
}


@dataclass(frozen=True)
class Quality:
    """The state of the data of the tickets received in the scope.

    empty_fields: DataFrame[field, label, expected, empty, unmapped, empty_share, unmapped_share].
    doubtful: DataFrame[key, label, tickets, share]. unmapped: DataFrame[field, label, word, tickets].
    timeliness: DataFrame[label, newest, hours_behind] against as_of. unknown_years: years whose working
    days are not known, as far as limits reach. phones_masked: repeats rest on places only.
    """

    received: int
    empty_fields: pd.DataFrame
    doubtful: pd.DataFrame
    unmapped: pd.DataFrame
    timeliness: pd.DataFrame
    unknown_years: tuple[int, ...]
    phones_masked: bool
    as_of: datetime


def quality(source: Source, scope: Scope) -> Quality:
    """Empty fields, doubtful records, unmapped words and timeliness of the tickets received in the scope."""
    conn, as_of = source.conn, source.as_of
    period = scope.period.cut(as_of)
    fields = queries.empty_fields(conn, scope, period, as_of=as_of)
    fields["empty_share"] = divide_columns(fields["empty"], fields["expected"])
    fields["unmapped_share"] = divide_columns(fields["unmapped"], fields["expected"])
    found = queries.doubtful_counts(conn, scope, period, as_of=as_of)
    found["without_due"] = queries.without_due(conn, scope, period, as_of=as_of)
    doubtful = pd.DataFrame(
        [
            {"key": key, "label": label, "tickets": found[key], "share": divide(found[key], found["received"])}
            for key, label in _DOUBTS.items()
        ]
    )
    return Quality(
        received=found["received"],
        empty_fields=fields,
        doubtful=doubtful,
        unmapped=queries.unmapped_words(conn, scope, period, as_of=as_of),
        timeliness=_timeliness(queries.newest_times(conn, scope, period, as_of=as_of), as_of),
        unknown_years=_unknown_years(dimension_queries.unknown_workday_years(conn), as_of),
        phones_masked=queries.phones_masked(conn),
        as_of=as_of,
    )


def years_without_calendar(source: Source) -> tuple[int, ...]:
    """Years up to the as-of whose working days nobody has entered: working time rests on plain weekdays."""
    years = dimension_queries.unknown_workday_years(source.conn)
    return tuple(year for year in years if year <= source.as_of.year)


def _unknown_years(years: list[int], as_of: datetime) -> tuple[int, ...]:
    """Unknown years that figures or running time limits can reach into; later ones disturb nobody yet."""
    return tuple(year for year in years if year <= (as_of + _LONGEST_LIMIT).year)


def _timeliness(newest: dict[str, datetime | None], as_of: datetime) -> pd.DataFrame:
    labels = {
        "received_at": "最新受理", "dispatched_at": "最新派单", "closed_at": "最新办结", "answered_at": "最新评价",
        "source_updated_at": "数据源最近更新",
    }  # fmt: skip
    rows = []
    for name, label in labels.items():
        moment = newest[name]
        behind = None if moment is None else max(0.0, (as_of - moment).total_seconds() / 3600)
        rows.append({"label": label, "newest": moment, "hours_behind": behind})
    frame = pd.DataFrame(rows)
    frame["newest"] = pd.to_datetime(frame["newest"])
    frame["hours_behind"] = pd.to_numeric(frame["hours_behind"])
    return frame


def import_history(source: Source) -> pd.DataFrame:
    """One row per published import run, newest first: columns of schema.tickets.import_runs."""
    return queries.import_runs(source.conn, source.access.reach)


def import_warnings(source: Source, import_no: int) -> pd.DataFrame:
    """One row per warning of the run: field, value, reason, row_count."""
    return queries.import_warnings(source.conn, import_no, source.access.reach)


def rejected_rows(source: Source, import_no: int) -> pd.DataFrame:
    """One row per rejected source row of the run: file_name, line_no, column_name, value, reason."""
    return queries.rejected_rows(source.conn, import_no, source.access.reach)
