"""The effect of a meeting where it is known: the words, the interval, what is left out, what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from lib.analysis.effect import Effect, effect_of, over_topics
from lib.analysis.effect_weeks import EffectRefused, Topic
from lib.period import Period
from tests.analysis.weekly import CONTROLS, MEETING, TOPIC, frame, is_after, last_day, panel_of, weeks

INDEX = weeks()


def told(counts: pd.DataFrame, topic: Topic = TOPIC, **more) -> Effect:
    return effect_of(topic, counts, more.pop("last_day", last_day(INDEX)), **more)


def with_series(counts: pd.DataFrame, code: str, values: np.ndarray) -> pd.DataFrame:
    return pd.concat([counts[counts["category"] != code], frame(INDEX, {code: values})], ignore_index=True)


@pytest.fixture(scope="module")
def strong() -> Effect:
    return told(panel_of(-0.40))


def test_a_true_drop_is_found_with_its_size(strong: Effect) -> None:
    assert strong.word == "成效明显"
    assert strong.adjusted.low < -0.40 < strong.adjusted.high < 0
    assert strong.adjusted.change == pytest.approx(-0.40, abs=0.06)
    assert strong.placebo_passes
    assert (strong.placebos["change"] > strong.adjusted.change).all()
    assert len(strong.placebos) >= 3


def test_observed_is_expected_times_the_change(strong: Effect) -> None:
    after = strong.series[strong.series["side"] == "after"]
    assert after["observed"].sum() == strong.adjusted.observed
    assert after["expected"].sum() == pytest.approx(strong.adjusted.expected)
    assert strong.adjusted.observed / strong.adjusted.expected - 1 == pytest.approx(strong.adjusted.change, rel=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_not_called_an_effect(seed: int) -> None:
    found = told(panel_of(0.0, seed))
    assert found.word == "变化不明显"
    assert found.adjusted.low < 0 < found.adjusted.high
    assert "区间包含零" in found.reason


def test_a_rise_is_not_called_an_effect() -> None:
    found = told(panel_of(0.5))
    assert found.word == "变化不明显"
    assert "多于预期" in found.reason


def test_the_peak_that_chose_the_topic_is_on_neither_side() -> None:
    calm = panel_of(-0.1)
    neither = (calm["week"] >= "2024-07-29") & (calm["week"] <= "2024-09-30") & (calm["category"] == "0101")
    peak = calm.assign(count=np.where(neither, calm["count"] * 3, calm["count"]))
    before, after = told(calm), told(peak)
    assert after.adjusted == before.adjusted
    assert after.published.month_on_month < before.published.month_on_month - 0.3
    sides = after.series.groupby("side")["week"].agg(["min", "max"])
    assert sides.loc["before", "max"] == pd.Timestamp(2024, 7, 22), "the week that reaches into August is left out"
    assert sides.loc["after", "min"] == pd.Timestamp(2024, 10, 7), "the week that begins in September is left out"
    assert after.series.loc[after.series["side"] == "neither", "expected"].isna().all()


def test_months_of_choice_are_as_recorded() -> None:
    chosen = replace(TOPIC, chosen=(Period.month(2024, 5), Period.month(2024, 6)))
    found = told(panel_of(), chosen)
    assert found.series.loc[found.series["side"] == "before", "week"].max() == pd.Timestamp(2024, 4, 22)


def test_a_season_is_not_an_effect() -> None:
    winter = np.where(np.isin(INDEX.month, (11, 12, 1, 2)), 3.0, 1.0)
    r = np.random.default_rng(3)
    meeting = replace(TOPIC, meeting=date(2025, 2, 20))
    found = told(with_series(panel_of(), "0101", r.poisson(50 * winter)), meeting)
    assert found.published.month_on_month < -0.5
    assert found.adjusted.low < 0 < found.adjusted.high
    assert found.word == "变化不明显"


def test_what_the_whole_city_does_is_not_an_effect() -> None:
    fewer = np.where(is_after(INDEX), 0.6, 1.0)
    r = np.random.default_rng(4)
    counts = frame(INDEX, {code: r.poisson(80 * fewer) for code in ("0101", *CONTROLS)})
    found = told(counts)
    assert found.word == "变化不明显"
    assert abs(found.adjusted.change) < 0.1
    assert told(counts[counts["category"] == "0101"]).adjusted.change < -0.3, "without controls nothing tells"


def test_controls_that_move_by_themselves_widen_the_interval() -> None:
    r = np.random.default_rng(5)
    restless = {
        code: r.poisson(60 * np.where(is_after(INDEX), factor, 1.0))
        for code, factor in zip(CONTROLS, (0.5, 0.7, 0.9, 1.2, 1.5, 1.9), strict=True)
    }
    calm = panel_of(-0.3)
    counts = pd.concat([calm[calm["category"] == "0101"], frame(INDEX, restless)])
    wide, narrow = told(counts), told(calm)
    assert wide.adjusted.own_moves > 0.2 > narrow.adjusted.own_moves
    assert wide.word == "变化不明显"
    assert narrow.word == "成效明显"
    assert set(wide.controls["series"]) == set(CONTROLS)


def test_the_order_of_rows_does_not_matter(strong: Effect) -> None:
    again = told(panel_of(-0.40).sample(frac=1, random_state=7))
    assert again.adjusted == strong.adjusted
    pd.testing.assert_frame_equal(again.series, strong.series)


def test_missing_rows_are_zeros(strong: Effect) -> None:
    counts = panel_of(-0.40)
    counts.loc[counts.index[::17], "count"] = 0
    assert told(counts[counts["count"] > 0]).adjusted == told(counts).adjusted


def test_ten_times_as_many_tickets_change_by_the_same_share() -> None:
    r = np.random.default_rng(8)
    noisy = panel_of(-0.2)
    noisy["count"] = (noisy["count"] * r.lognormal(0, 0.2, len(noisy))).round().astype(int)
    one, ten = told(noisy), told(noisy.assign(count=noisy["count"] * 10))
    for side in ("change", "low", "high"):
        assert getattr(ten.adjusted, side) == pytest.approx(getattr(one.adjusted, side), abs=0.005)


def test_a_drop_that_also_came_without_a_meeting_is_no_effect() -> None:
    index = INDEX
    dips = np.where(is_after(index), 0.75, 1.0)
    dips[40:66] = 0.6
    r = np.random.default_rng(9)
    counts = with_series(panel_of(), "0101", r.poisson(400 * dips))
    found = told(counts, last_day=last_day(INDEX))
    assert found.placebo_passes is False
    assert found.word == "变化不明显"


def test_a_rebound() -> None:
    index = INDEX
    since = np.cumsum(is_after(index))
    factor = np.select([since == 0, since <= 26], [1.0, 0.4], 1.8)
    r = np.random.default_rng(10)
    found = told(with_series(panel_of(), "0101", r.poisson(100 * factor)))
    assert found.word == "有反弹"
    assert found.windows["high"].iloc[0] < 0 < found.windows["low"].iloc[1]
    assert "回头看" in found.may_say


def test_the_time_of_a_later_meeting_on_the_same_matter_is_not_ours() -> None:
    later = Topic("u", "再次供暖", ("0101",), date(2025, 11, 20))
    index = weeks(170)
    found = effect_of(TOPIC, panel_of(count=170), last_day(index), [later])
    assert found.series["week"].max() == index[-1]
    assert found.windows["last"].max() < pd.Timestamp(2025, 10, 1)


@pytest.mark.parametrize(
    ("counts", "until", "says"),
    [
        (lambda: panel_of(-0.4, count=95), weeks(95), "会后满周的数据只有3周"),
        (lambda: panel_of(-0.4).query("week >= '2024-01-01'"), INDEX, "不足12个月"),
        (lambda: panel_of(-0.4, controls=(), count=100).query("week >= '2023-05-01'"), weeks(100), "不足24个月"),
    ],
    ids=["hardly after", "hardly before", "no controls and short"],
)
def test_too_little_time_gives_no_verdict(counts, until, says: str) -> None:
    found = told(counts(), last_day=last_day(until))
    assert found.word == "观察期不足"
    assert says in found.reason
    assert "仅供参考" in found.may_say
    assert "不能说有成效，也不能说没有成效" in found.may_not_say


def test_one_month_of_history_has_counts_only() -> None:
    found = told(panel_of(-0.4).query("week >= '2024-07-01'"))
    assert (found.word, found.adjusted) == ("观察期不足", None)
    assert found.published.after > 0
    assert "目前只能报告件数" in found.may_say
    assert found.series["expected"].isna().all()


def test_the_day_after_the_meeting() -> None:
    index = weeks(92)
    found = told(panel_of(count=92), last_day=last_day(index))
    assert (found.word, found.after_weeks, found.published.month_on_month) == ("观察期不足", 0, None)
    assert "0周" in found.reason


def test_two_years_without_controls_suffice_and_say_so() -> None:
    found = told(panel_of(-0.5, controls=()))
    assert found.word == "成效明显"
    assert any("没有对照组" in note for note in found.notes)
    assert "全市共同变化" not in found.may_say


def topic_like(**changes) -> Topic:
    return replace(TOPIC, **changes)


@pytest.mark.parametrize(
    ("topic", "others", "says"),
    [
        (topic_like(categories=()), (), "没有对应的诉求类别"),
        (topic_like(meeting=date(2030, 1, 1)), (), "会后还没有数据"),
        (topic_like(chosen=(Period.month(2024, 12),)), (), "选题月份晚于调度会"),
        (TOPIC, (topic_like(key="u", label="冬季供暖", meeting=date(2024, 3, 1)),), "与议题“冬季供暖”"),
        (TOPIC, (topic_like(key="u", label="冬季供暖", meeting=date(2025, 3, 1)),), "类别重叠：0101"),
        (topic_like(categories=("9999",)), (), "一件也没有"),
    ],
)
def test_refusals_name_the_reason(topic: Topic, others: tuple[Topic, ...], says: str) -> None:
    with pytest.raises(EffectRefused, match=says):
        told(panel_of(), topic, others=others)


def test_topics_of_different_districts_or_times_do_not_overlap() -> None:
    counts = panel_of(-0.3)
    far = topic_like(key="u", meeting=date(2020, 1, 10))
    elsewhere = topic_like(key="v", districts=("B",))
    assert told(counts, topic_like(districts=("A",)), others=(far, elsewhere)).adjusted is not None


@pytest.mark.parametrize(("side", "says"), [("after", "会后52周一件也没有"), ("few", "数量太少")])
def test_zero_and_rare_counts_are_refused(side: str, says: str) -> None:
    counts = panel_of(-0.3)
    own = counts["category"] == "0101"
    if side == "after":
        counts.loc[own & (counts["week"] >= "2024-10-01"), "count"] = 0
    else:
        counts.loc[own, "count"] = (np.arange(own.sum()) % 10 == 0).astype(int)
    with pytest.raises(EffectRefused, match=says):
        told(counts)


def test_weeks_before_a_category_was_recorded_do_not_count() -> None:
    counts = panel_of(-0.4)
    own = counts["category"] == "0101"
    counts.loc[own & (counts["week"] < "2023-06-05"), "count"] = 0
    found = told(counts)
    assert found.series["week"].min() == pd.Timestamp(2023, 6, 5)
    assert "自2023-06-05起才有登记" in found.notes[0]


def test_what_moved_next_door_is_shown() -> None:
    r = np.random.default_rng(11)
    moved = frame(INDEX, {"0102": r.poisson(60 + 36 * is_after(INDEX))})
    found = told(pd.concat([panel_of(-0.6), moved]))
    row = found.displacement.iloc[0]
    assert (row["series"], row["is_rise"]) == ("0102", True)
    assert row["extra_per_week"] == pytest.approx(36, abs=8)
    assert found.family.low < 0 < found.family.high or abs(found.family.change) < 0.1
    assert "0102" in found.may_not_say
    assert "0102" not in set(found.controls["series"]), "a neighbour is no control"


def test_scheduled_categories_are_no_controls() -> None:
    other = Topic("u", "停车", (CONTROLS[0],), MEETING)
    found = told(panel_of(-0.3), others=(other,))
    assert set(found.controls["series"]) == set(CONTROLS[1:])


def test_districts_that_were_not_scheduled_are_controls() -> None:
    counts = pd.concat([panel_of(-0.4), panel_of(0.0, seed=2).assign(district="B")])
    found = told(counts, replace(TOPIC, districts=("A",)))
    assert "district:B" in set(found.controls["series"])
    assert found.word == "成效明显"
    whole = told(counts)
    assert -0.3 < whole.adjusted.change < -0.1, "half of the whole city"


def test_free_days_explain_a_quiet_week() -> None:
    free = pd.Series(np.where(np.arange(len(INDEX)) % 13 == 5, 4.0, 0.0), index=INDEX)
    r = np.random.default_rng(12)
    counts = with_series(panel_of(), "0101", r.poisson(100 * (1 - 0.15 * free.to_numpy())))
    blind, seeing = told(counts), told(counts, free_days=free)
    assert seeing.adjusted.dispersion < blind.adjusted.dispersion / 2


def test_averages_are_named(strong: Effect) -> None:
    weak = told(panel_of(0.0, level=240))
    table = over_topics([strong, weak]).set_index(["measure", "kind"])
    changes = [strong.adjusted.change, weak.adjusted.change]
    volumes = [strong.adjusted.expected, weak.adjusted.expected]
    assert table.loc[("adjusted", "simple"), "change"] == pytest.approx(sum(changes) / 2)
    assert table.loc[("adjusted", "weighted"), "change"] == pytest.approx(np.average(changes, weights=volumes))
    assert abs(table.loc[("adjusted", "weighted"), "change"]) < abs(table.loc[("adjusted", "simple"), "change"])
    assert set(table["topics"]) == {2}
    assert table["label"].str.contains("平均|中位数").all()
