"""Topic radar and forecast of the tickets on record: what deserves the next meeting, what rises, what is to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from lib.analysis import forecast as forecasting
from lib.analysis import radar as topics
from lib.analysis import surges
from lib.analysis.daily import CITY, city_wide, daily_panel, history_refusal
from lib.analysis.radar_words import explanation
from lib.answers.labels import members
from lib.answers.source import Source, population_of
from lib.period import Period, add_months
from lib.queries.counts import counts
from lib.queries.radar import handled_counts
from lib.schema.tickets import UNMAPPED
from lib.scope import Scope

# Earlier years that the season is learnt from; a city of many more has changed meanwhile.
HISTORY_YEARS = 4
# Shares need more tickets than four weeks have.
FACTS_DAYS = 91
ALARMS_SINCE_DAYS = 56
WHOLE_CITY = "全市"
NOTHING_MAPPED = "工单的事项都没有对应到事项分类，无法按事项研判；请先在数据导入中补全事项对应"
_MEASURED = ("received", "repeats", "answers", "satisfied", "basically_satisfied", "first_closed", "reworked")


@dataclass(frozen=True)
class Earlier:
    """A category that was scheduled before: when, and the word of its effect (成效明显 …); None is not judged yet."""

    category_code: str
    held_on: date
    verdict: str | None = None


@dataclass(frozen=True)
class TopicRadar:
    """candidates: as lib.analysis.radar.candidates, with category, place (names) and explanation. alarms: as
    lib.analysis.surges.episodes of the last weeks, with category, place and is_standing. refused: category, place,
    reason of each series that is no candidate. refusal: why there is nothing at all, or None. last_day: the last whole
    day of the data that were read.
    """

    candidates: pd.DataFrame
    alarms: pd.DataFrame
    refused: pd.DataFrame
    last_day: date
    refusal: str | None = None


@dataclass(frozen=True)
class DemandForecast:
    """weeks: as lib.analysis.forecast.Forecast, with category. backtest: how such forecasts did before. refused:
    category, place, reason. refusal: why there is no forecast, or None.
    """

    weeks: pd.DataFrame
    backtest: forecasting.Backtest
    refused: pd.DataFrame
    last_day: date
    refusal: str | None = None


def topic_radar(source: Source, scope: Scope, earlier: tuple[Earlier, ...] = ()) -> TopicRadar:
    """The radar as of the last whole day of the scope's period: of its reach and basis, other filters aside."""
    scope, last = _whole_history(source, scope)
    panel, refusal = _panel(source, scope, last)
    if refusal is not None:
        nothing = pd.DataFrame()
        return TopicRadar(nothing, nothing, nothing, last, refusal)
    held = pd.DataFrame([(e.category_code, e.held_on, e.verdict) for e in earlier],
                        columns=["category_code", "held_on", "verdict"])  # fmt: skip
    found = topics.candidates(panel, _facts(source, scope, last), _population(source, scope), held)
    rated = _named(source, found.candidates)
    said = [explanation(row, str(row["category"]), str(row["place"])) for row in _records(rated)]
    rated = rated.assign(explanation=pd.Series(said, index=rated.index, dtype=object))
    alarms = surges.episodes(surges.watch(panel))
    alarms = _named(source, alarms[alarms["ends_on"] > last - timedelta(days=ALARMS_SINCE_DAYS)])
    alarms["is_standing"] = alarms["ends_on"] == last
    return TopicRadar(rated, alarms, _named(source, found.refused.rename("reason").reset_index()), last)


def demand_forecast(source: Source, scope: Scope) -> DemandForecast:
    """Eight weeks ahead for every category of the whole city, and the backtest; extent as in `topic_radar`."""
    scope, last = _whole_history(source, scope)
    every, refusal = _panel(source, scope, last)
    panel = city_wide(every)
    made, tested = forecasting.forecast(panel), forecasting.backtest(panel)
    refusal = refusal or made.refusal
    if refusal is not None:
        return DemandForecast(pd.DataFrame(), tested, pd.DataFrame(), last, refusal)
    return DemandForecast(_named(source, made.weeks), tested,
                          _named(source, made.refused.rename("reason").reset_index()), last)  # fmt: skip


def _whole_history(source: Source, scope: Scope) -> tuple[Scope, date]:
    """The years up to the last whole day of the period: a day that is not over would look like a fall."""
    end = min(scope.period.end, source.as_of.date())
    start = min(add_months(end, -12 * HISTORY_YEARS), end - timedelta(days=1))
    return Scope(Period(start, end), basis=scope.basis, reach=scope.reach), end - timedelta(days=1)


def _panel(source: Source, scope: Scope, last: date) -> tuple[pd.DataFrame, str | None]:
    """Daily counts of the known categories, and why they say nothing. The history is judged with all tickets: those
    without a known category show as well from when to when there are data.
    """
    frame = counts(source.conn, scope, ("day", "category2", "district"), as_of=source.as_of)
    frame = frame.rename(columns={"category2": "category_code", "district": "district_code", "received": "tickets"})
    every = daily_panel(_without_unmapped(frame, "district_code"), last)
    panel = every.loc[:, every.columns.get_level_values("category_code") != UNMAPPED]
    refusal = history_refusal(every)
    if refusal is None and panel.empty:
        refusal = NOTHING_MAPPED
    return panel, refusal or history_refusal(panel)


def _without_unmapped(frame: pd.DataFrame, *codes: str) -> pd.DataFrame:
    """Unmapped codes as missing ones."""
    return frame.assign(**{code: frame[code].where(frame[code] != UNMAPPED, None) for code in codes})


def _facts(source: Source, scope: Scope, last: date) -> pd.DataFrame:
    """What `lib.analysis.radar.candidates` wants to know of the last months, per category and place."""
    recent = scope.over(Period(last + timedelta(days=1 - FACTS_DAYS), last + timedelta(days=1)))
    measured = counts(source.conn, recent, ("category2", "district"), _MEASURED, as_of=source.as_of)
    measured = measured.rename(columns={"category2": "category_code", "district": "district_code"})
    measured["unsatisfied"] = measured["answers"] - measured["satisfied"] - measured["basically_satisfied"]
    handled = _without_unmapped(handled_counts(source.conn, recent, source.as_of), *_PLACE)
    sums = ["received", "repeats", "answers", "unsatisfied", "first_closed", "reworked"]
    frame = _by_place(_without_unmapped(measured, *_PLACE), sums).join(
        _by_place(handled, ["referred", "moved"]), how="left"
    )
    return frame.join(_units(handled), how="left").fillna(0).reset_index()


_PLACE = ["category_code", "district_code"]


def _by_place(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Sums per category and division, and per category over the whole city."""
    city = frame.assign(district_code=CITY)
    return pd.concat([city, frame]).dropna(subset=_PLACE).groupby(_PLACE)[list(columns)].sum()


def _units(handled: pd.DataFrame) -> pd.Series:
    """How many units had tickets worth the name, per category and place."""
    known = handled[handled["unit_code"] != UNMAPPED]
    both = pd.concat([known.assign(district_code=CITY), known]).dropna(subset=_PLACE)
    tickets = both.groupby([*_PLACE, "unit_code"])["tickets"].sum()
    return tickets[tickets >= topics.UNIT_TICKETS].groupby(level=_PLACE).size().rename("units")


def _population(source: Source, scope: Scope) -> dict[str, float]:
    districts = source.dimension("districts")
    residents = pd.to_numeric(districts["population"])
    known = dict(zip(districts["district_code"], residents.astype(float), strict=True))
    whole = population_of(source, scope)
    return known | ({} if whole is None else {CITY: whole})


def _named(source: Source, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the names of category and place."""
    categories = members(source, "category2").set_index("code")["label"]
    districts = members(source, "district").set_index("code")["label"]
    place = frame["district_code"].map(districts).fillna(frame["district_code"])
    return frame.assign(
        category=frame["category_code"].map(categories).fillna(frame["category_code"]),
        place=place.where(frame["district_code"] != CITY, WHOLE_CITY),
    )


def _records(frame: pd.DataFrame) -> list[dict[str, object]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]
