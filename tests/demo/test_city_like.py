"""The demo city looks like a city: shares, seasons, order of times, places, words, injected truths."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select

from lib.city import load_city
from lib.demo.places import inside
from lib.schema import tickets as t
from lib.store import TicketStore

AS_OF = pd.Timestamp("2026-10-21")


@pytest.fixture(scope="module")
def tickets(demo_store: TicketStore) -> pd.DataFrame:
    with demo_store.engine.connect() as conn:
        return pd.read_sql(select(t.tickets), conn).set_index("ticket_id", drop=False)


@pytest.fixture(scope="module")
def received(tickets: pd.DataFrame) -> pd.DataFrame:
    return tickets[tickets["handling_type"] != "urging"]


@pytest.fixture(scope="module")
def texts(demo_store: TicketStore) -> pd.DataFrame:
    with demo_store.engine.connect() as conn:
        return pd.read_sql(select(t.ticket_texts), conn).set_index("ticket_id")


@pytest.fixture(scope="module")
def truths(demo_store: TicketStore) -> pd.DataFrame:
    with demo_store.engine.connect() as conn:
        return pd.read_sql(select(t.injected_truths), conn)


def share(condition: pd.Series) -> float:
    return float(condition.mean())


def test_volume_by_month(received: pd.DataFrame) -> None:
    months = received.groupby(received["received_at"].dt.to_period("M")).size()
    assert len(months) == 26
    whole = months.iloc[:-1]
    assert whole.between(1850, 3000).all()
    # The same shape at 50,000 a month: between 40 and 60 thousand.
    assert 2300 < whole.mean() < 2600


def test_shares_of_a_hotline(received: pd.DataFrame) -> None:
    referred = received[received["handling_type"] == "referred"]
    answered = received[received["satisfaction"].notna()]
    satisfied = answered["satisfaction"] != "unsatisfied"
    assert 0.60 < share(received["handling_type"] == "desk") < 0.70
    assert 0.94 < share(satisfied) < 0.97
    assert 0.85 < share(answered.loc[answered["resolution"].notna(), "resolution"] == "resolved") < 0.91
    assert 0.04 < share(received["is_enterprise"]) < 0.08
    assert 0.06 < share(received["is_repeat"]) < 0.11
    assert 0.35 < share(received["longitude"].notna()) < 0.45
    due = referred[referred["due_at"] < AS_OF]
    assert 0.91 < share(due["closed_at"] <= due["due_at"]) < 0.97
    assert 0.94 < share(referred["acknowledged_at"] <= referred["acknowledge_due_at"]) < 0.99
    assert 0.02 < share(referred["return_count"] > 0) < 0.05
    assert 0.02 < share(referred["extension_count"] > 0) < 0.06
    assert 0.03 < share(referred["round_count"] > 1) < 0.09
    assert 0 < received["is_group_event"].sum() < 100
    assert 0 < share(received["restricted_class"].notna()) < 0.01


def test_unmapped_words_are_kept(received: pd.DataFrame) -> None:
    for code, word in (("district_code", "district_raw"), ("category1_code", "category_raw")):
        lost = received[code] == t.UNMAPPED
        assert 0.005 < share(lost) < 0.02
        assert (received[word].notna() == lost).all()


def test_repeats_and_hard_cases_are_less_satisfied(received: pd.DataFrame) -> None:
    answered = received[received["satisfaction"].notna() & (received["handling_type"] == "referred")]
    unsatisfied = answered["satisfaction"] == "unsatisfied"
    usual = share(unsatisfied[~answered["is_repeat"] & ~answered["is_hard_case"]])
    assert share(unsatisfied[answered["is_repeat"]]) > usual + 0.015
    assert share(unsatisfied[answered["is_hard_case"]]) > usual + 0.1


def test_one_division_lags_and_one_improves(received: pd.DataFrame) -> None:
    names = load_city("demo").districts.set_index("district_code")["name"]
    answered = received[received["satisfaction"].notna()]
    by = (answered["satisfaction"] != "unsatisfied").groupby(answered["district_code"].map(names))
    rates = by.mean()
    assert rates.idxmin() == "西河县"
    assert rates["西河县"] < 0.95 < rates.drop("西河县").median()
    ours = answered[answered["district_code"].map(names) == "云溪县"]
    early = ours["received_at"] < pd.Timestamp("2025-06-01")
    satisfied = ours["satisfaction"] != "unsatisfied"
    assert share(satisfied[~early]) > share(satisfied[early]) + 0.01


def test_seasons_weekdays_and_hours(received: pd.DataFrame) -> None:
    names = load_city("demo").categories.set_index("category_code")["name"]
    # Two whole years, so that every calendar month weighs the same.
    years = received[received["received_at"].between("2024-10-01", "2026-09-30 23:59:59")]
    matter, month = years["category2_code"].map(names), years["received_at"].dt.month

    def mean_of(name: str, months: tuple[int, ...]) -> float:
        return float(((matter == name) & month.isin(months)).sum() / len(months))

    assert mean_of("供热", (11, 12, 1)) > 5 * mean_of("供热", (5, 6, 7, 8))
    assert mean_of("供电", (7, 8)) > 1.8 * mean_of("供电", (3, 4, 10))
    assert mean_of("入学招生", (8, 9)) > 2 * mean_of("入学招生", (2, 11, 12))
    assert mean_of("农业生产", (6, 10)) > 2 * mean_of("农业生产", (1, 12))
    assert 0.7 < mean_of("物业服务", (6, 7, 8)) / mean_of("物业服务", (12, 1, 2)) < 1.4
    weekday = years["received_at"].dt.weekday
    assert (weekday == 0).sum() > 1.15 * (weekday == 6).sum()
    hour = years["received_at"].dt.hour
    assert hour.between(9, 10).sum() > 8 * hour.between(2, 3).sum()


def test_holidays_are_quiet_and_exchanged_days_are_not(received: pd.DataFrame) -> None:
    per_day = received.groupby(received["received_at"].dt.date).size()
    festival = per_day[date(2026, 2, 16) : date(2026, 2, 22)].mean()
    assert festival < 0.75 * per_day[date(2026, 3, 2) : date(2026, 3, 6)].mean()
    made_up = per_day[[date(2025, 1, 26), date(2025, 2, 8), date(2025, 4, 27), date(2026, 2, 14), date(2026, 2, 28)]]
    assert made_up.mean() > per_day[[d for d in per_day.index if d.weekday() == 6]].mean()


def test_times_are_in_order_and_none_lies_after_the_extraction(tickets: pd.DataFrame) -> None:
    chain = ["received_at", "dispatched_at", "acknowledged_at", "first_contacted_at", "first_closed_at",
             "callback_attempted_at", "callback_reached_at", "answered_at"]  # fmt: skip
    for earlier, later in pairwise(chain):
        both = tickets[[earlier, later]].dropna()
        assert len(both) > 10_000
        assert (both[earlier] <= both[later]).all(), (earlier, later)
    reworked = tickets.dropna(subset="reworked_at")
    assert (reworked["first_closed_at"] < reworked["reworked_at"]).all()
    closed_again = reworked.dropna(subset="closed_at")
    assert (closed_again["reworked_at"] < closed_again["closed_at"]).all()
    for column in t.tickets.c:
        if column.name.endswith("_at") and "due" not in column.name:
            assert tickets[column.name].max() < AS_OF, column.name
    assert (tickets["due_at"].dropna() > tickets.loc[tickets["due_at"].notna(), "dispatched_at"]).all()


def test_what_is_open_says_so(tickets: pd.DataFrame) -> None:
    open_ = tickets[~tickets["is_closed"]]
    assert open_["closed_at"].isna().all()
    assert (open_["due_at"] < AS_OF).sum() >= 20
    assert (open_["received_at"] > AS_OF - pd.Timedelta(days=14)).sum() > 50
    closed = tickets[tickets["is_closed"]]
    assert 0 < closed["closed_at"].isna().sum() < 0.002 * len(closed)
    assert closed["handling_hours"].notna().equals(closed["closed_at"].notna())


def test_desk_tickets_never_leave_the_desk(tickets: pd.DataFrame) -> None:
    desk = tickets[tickets["handling_type"] == "desk"]
    for column in ("dispatched_at", "due_at", "acknowledged_at", "reworked_at"):
        assert desk[column].isna().all()
    assert set(desk["unit_code"]) == {"S00"}


def test_reminders_join_a_referred_ticket(tickets: pd.DataFrame) -> None:
    urging = tickets[tickets["handling_type"] == "urging"]
    parents = tickets.set_index("ticket_no").loc[urging["parent_ticket_no"]]
    assert len(urging) > 100
    assert set(parents["handling_type"]) == {"referred"}
    assert (parents["received_at"].to_numpy() < urging["received_at"].to_numpy()).all()
    assert parents["urging_count"].min() >= 1
    assert not urging["is_repeat"].any()


def test_units_belong_to_the_tree_and_the_division(tickets: pd.DataFrame) -> None:
    units = load_city("demo").units.set_index("unit_code")
    used = set(tickets["unit_code"]) | set(tickets["first_unit_code"])
    assert used - {t.UNMAPPED} <= set(units.index)
    assert len(used) > 400
    local = tickets["first_unit_code"].map(units["district_code"])
    known = local.notna() & (tickets["district_code"] != t.UNMAPPED)
    assert (local[known] == tickets.loc[known, "district_code"]).all()


def test_transferred_tickets_changed_their_unit(tickets: pd.DataFrame) -> None:
    mapped = tickets[(tickets["unit_code"] != t.UNMAPPED)]
    moved = mapped["unit_code"] != mapped["first_unit_code"]
    assert moved.equals(mapped["transfer_count"] > 0)


def test_coordinates_lie_inside_their_division(tickets: pd.DataFrame) -> None:
    boundaries = load_city("demo").boundaries
    assert boundaries is not None
    checked = 0
    for feature in boundaries["features"]:
        geometry = feature["geometry"]
        parts = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
        rings = [[np.array(ring) for ring in part] for part in parts]
        mine = tickets[
            (tickets["district_code"] == feature["properties"]["district_code"]) & tickets["longitude"].notna()
        ]
        assert inside(mine[["longitude", "latitude"]].to_numpy(), rings).all()
        checked += len(mine)
    assert checked == tickets["longitude"].notna().sum() > 15_000


def test_texts_read_like_tickets(tickets: pd.DataFrame, texts: pd.DataFrame) -> None:
    assert texts.index.is_unique
    assert set(texts.index) == set(tickets.index)
    assert texts["title"].notna().all()
    assert texts["content"].notna().all()
    length = texts["content"].str.len()
    assert 55 < length.mean() < 95
    assert length.max() < 200
    assert texts["content"].nunique() > 0.8 * len(texts)
    assert not texts["content"].str.contains(r"None|nan|。。|，，|，。").any()
    closed = tickets["is_closed"].reindex(texts.index)
    assert texts.loc[closed, "reply"].notna().all()


def test_no_name_of_the_real_city_is_used(texts: pd.DataFrame) -> None:
    real = load_city("anyang")
    names = {*real.districts["name"], *real.townships["name"], *real.units.loc[real.units["level"] > 1, "name"], "安阳"}
    said = "\n".join(texts[["title", "content", "reply", "address"]].fillna("").agg("\n".join, axis=1))
    assert [name for name in sorted(names) if name in said] == []


def test_every_truth_has_rows_behind_it(tickets: pd.DataFrame, truths: pd.DataFrame) -> None:
    assert set(truths["kind"]) == {"effect", "surge", "near_miss", "fake_closure", "gaming", "trend"}
    for truth in truths.itertuples():
        mine = tickets["received_at"] >= pd.Timestamp(truth.starts_on)
        if not pd.isna(truth.ends_on):
            mine &= tickets["received_at"] < pd.Timestamp(truth.ends_on)
        for column, value in (("category2_code", truth.category_code), ("district_code", truth.district_code),
                              ("unit_code", truth.unit_code)):  # fmt: skip
            if not pd.isna(value):
                mine &= tickets[column] == value
        assert mine.any(), truth


def test_surges_are_surges(truths: pd.DataFrame) -> None:
    surges = truths[truths["kind"] == "surge"]
    assert len(surges) >= 26 * 0.5
    days = (pd.to_datetime(surges["ends_on"]) - pd.to_datetime(surges["starts_on"])).dt.days
    # At least +100 % within seven days.
    assert ((surges["size"] - 1) * days.clip(upper=7) >= 7 * 0.9).all()
    assert surges["district_code"].notna().any()
    assert surges["district_code"].isna().any()


def test_nineteen_meetings_on_sixteen_topics(truths: pd.DataFrame) -> None:
    effects = truths[truths["kind"] == "effect"]
    assert len(effects) == 19
    assert effects["category_code"].nunique() == 16
    assert effects["size"].between(-0.4, 0).all()
    assert (effects["size"] == 0).any()
    assert effects["starts_on"].astype(str).min() == "2024-05-20"


def test_fake_closures_leave_citizens_unsatisfied(tickets: pd.DataFrame, truths: pd.DataFrame) -> None:
    fakes = truths[truths["kind"] == "fake_closure"]
    since = pd.Timestamp(fakes["starts_on"].iloc[0])
    answered = tickets[tickets["satisfaction"].notna() & (tickets["received_at"] >= since)]
    referred = answered[answered["handling_type"] == "referred"]
    fake = referred["unit_code"].isin(fakes["unit_code"])
    unsatisfied = referred["satisfaction"] == "unsatisfied"
    assert share(unsatisfied[fake]) > share(unsatisfied[~fake]) + 0.05


def test_gaming_units_close_just_before_the_limit_with_one_reply(
    tickets: pd.DataFrame, truths: pd.DataFrame, texts: pd.DataFrame
) -> None:
    games = truths[truths["kind"] == "gaming"]
    referred = tickets[(tickets["handling_type"] == "referred") & tickets["first_closed_at"].notna()]
    referred = referred[referred["received_at"] >= pd.Timestamp(games["starts_on"].iloc[0])]
    last_hour = (referred["due_at"] - referred["first_closed_at"]).between(pd.Timedelta(0), pd.Timedelta(hours=1))
    gamed = referred["unit_code"].isin(games["unit_code"])
    assert share(last_hour[gamed]) > 0.25 > 5 * share(last_hour[~gamed])
    replies = texts["reply"].reindex(referred.index)
    assert replies[gamed & last_hour].value_counts(normalize=True).iloc[0] > 0.8


def test_calls_of_every_day(demo_store: TicketStore) -> None:
    with demo_store.engine.connect() as conn:
        calls = pd.read_sql(select(t.call_days), conn)
    assert len(calls) == (AS_OF.date() - date(2024, 9, 1)).days
    assert (calls["answered"] <= calls["inbound"]).all()
    assert 0.9 < calls["answered"].sum() / calls["inbound"].sum() < 0.99
