import io
import json
from itertools import pairwise

import altair
import pandas as pd
import pytest
from PIL import Image

from lib.charts import (
    funnel_plot,
    heat_profile,
    movers,
    ranked_bar,
    share_bar,
    style,
    titles,
    trend_line,
)
from lib.documents.png import picture
from lib.metrics.catalogue import CATALOGUE
from tests.charts.frames import channel_frame, funnel_frame, hour_frame, movers_frame, ranked_frame, trend_frame

SATISFACTION, RECEIVED, RETURNS = (CATALOGUE[k] for k in ("satisfaction_rate", "received", "return_rate"))
HOURS, PER_10K = CATALOGUE["handling_hours_median"], CATALOGUE["per_10k"]
SUBTITLE = titles.subtitle(SATISFACTION, "全市 · 全口径", "2026年10月")


def trend_of(frame, metric=SATISFACTION):
    return trend_line(frame, metric, titles.trend(frame, metric), SUBTITLE)


def ranked_of(frame, metric=SATISFACTION, **more):
    return ranked_bar(frame, metric, titles.ranked(frame, metric), SUBTITLE, **more)


def funnel_of(frame, metric=SATISFACTION, **more):
    return funnel_plot(frame, metric, titles.funnel(frame, metric), SUBTITLE, **more)


def movers_of(frame):
    return movers(frame, titles.movers(frame), SUBTITLE)


def share_of(frame):
    return share_bar(frame, titles.channels(frame), SUBTITLE)


def heat_of(frame):
    return heat_profile(frame, titles.heat(frame), SUBTITLE)


MONTHS = [0.93 + 0.002 * k for k in range(24)]
CHARTS = {
    "trend": lambda: trend_of(trend_frame(MONTHS)),
    "trend of counts": lambda: trend_of(trend_frame([4000 + 10 * k for k in range(24)], target=None), RECEIVED),
    "trend of hours": lambda: trend_of(trend_frame([12.5] * 24, target=10), HOURS),
    "trend without a value": lambda: trend_of(trend_frame([float("nan")] * 24, target=None)),
    "trend of one month": lambda: trend_of(trend_frame([0.9], running=False)),
    "trend of one running month": lambda: trend_of(trend_frame([0.9])),
    "trend of zeros": lambda: trend_of(trend_frame([0.0] * 24, target=None), RECEIVED),
    "trend, empty": lambda: trend_of(trend_frame([])),
    "ranked": lambda: ranked_of(ranked_frame([90, 400, 5], [100, 410, 6]), target=0.95, average=0.93, chosen="c1"),
    "ranked low rates": lambda: ranked_of(ranked_frame([1, 4, 9], [100, 410, 300]), RETURNS, target=0.02),
    "ranked zero denominators": lambda: ranked_of(ranked_frame([0, 0], [0, 0]), target=0.95),
    "ranked one row": lambda: ranked_of(ranked_frame([50], [50])),
    "ranked per 10k": lambda: ranked_of(ranked_frame([90, 400], [100, 410]).assign(low=None, high=None), PER_10K),
    "ranked 997 units": lambda: ranked_of(funnel_frame(997)),
    "ranked, empty": lambda: ranked_of(ranked_frame([], [])),
    "funnel": lambda: funnel_of(funnel_frame(60), chosen="c3"),
    "funnel of 997": lambda: funnel_of(funnel_frame(997)),
    "funnel of one": lambda: funnel_of(funnel_frame(1)),
    "funnel, empty": lambda: funnel_of(funnel_frame(2).iloc[:0]),
    "movers": lambda: movers_of(movers_frame([(100, 40), (30, 0), (10, 90), (50, 50)])),
    "movers, only growing": lambda: movers_of(movers_frame([(100, 40)])),
    "movers by chance": lambda: movers_of(movers_frame([(100, 95)])),
    "movers, empty": lambda: movers_of(movers_frame([])),
    "shares": lambda: share_of(channel_frame([50, 20, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1, 1, 1])),
    "shares of nothing": lambda: share_of(channel_frame([0, 0])),
    "shares, empty": lambda: share_of(channel_frame([])),
    "heat": lambda: heat_of(hour_frame((1, 10))),
    "heat of nothing": lambda: heat_of(hour_frame()),
}


@pytest.mark.parametrize("name", CHARTS)
def test_chart_is_valid_and_draws_something_in_chinese(name):
    drawn = CHARTS[name]()
    altair.Chart.from_dict(drawn, validate=True)
    json.dumps(drawn, allow_nan=False)
    image = Image.open(io.BytesIO(picture(drawn, width=560))).convert("L")
    assert image.getextrema()[0] < 200, "nothing dark was drawn"
    assert len(drawn["title"]["text"]) <= style.TITLE_LIMIT


def test_a_clickable_chart_stays_clickable_without_rows():
    # show.chart asks for the selection whatever the frame holds; Streamlit refuses a chart without one.
    for name in ("ranked", "ranked, empty", "funnel", "funnel, empty", "movers", "movers, empty"):
        layers = CHARTS[name]()["layer"]
        assert [p["name"] for each in layers for p in each.get("params", ())] == ["chosen"], name


def test_a_thousand_units_stay_small_enough_to_send():
    assert len(json.dumps(CHARTS["funnel of 997"]())) < 400_000
    ranking = CHARTS["ranked 997 units"]()
    assert ranking["height"] < 1000
    assert "共997个" in "".join(ranking["title"]["subtitle"])


def test_running_month_is_hollow_and_never_the_title():
    frame = trend_frame([0.96, 0.97, 0.10])
    assert titles.trend(frame, SATISFACTION) == "9月满意率为97.0%"
    marks = [each.get("mark", {}) for each in trend_of(frame)["layer"]]
    assert any(mark.get("fill") == style.PAPER for mark in marks if isinstance(mark, dict))


def test_missed_target_stands_in_the_title():
    frame = trend_frame([0.93, 0.938], running=False)
    assert titles.trend(frame, SATISFACTION) == "10月满意率低于目标1.2个百分点"
    hours = trend_frame([12.5], target=10, running=False)
    assert titles.trend(hours, HOURS) == "办理时长中位数高于目标2.5小时"


def test_met_target_compares_with_last_year():
    frame = trend_frame([0.96] * 12 + [0.98], running=False)
    assert titles.trend(frame, SATISFACTION) == "10月满意率同比提高2.0个百分点"


def test_titles_of_every_metric_fit_for_the_longest_names():
    place = ranked_frame([90, 400], [100, 410], ["示例市高新技术产业开发区管理委员会", "乙"])
    frame = trend_frame([0.5] * 13, running=False)
    for metric in CATALOGUE.values():
        for title in (titles.trend(frame, metric), titles.ranked(place, metric),
                      titles.against(place, metric, 0.95, 0.9), titles.funnel(funnel_frame(30), metric)):  # fmt: skip
            assert 0 < len(title) <= style.TITLE_LIMIT, title


def test_ranking_begins_with_who_needs_help():
    frame = ranked_frame([99, 80, 20], [100, 100, 20], ["好", "差", "小"])
    assert titles.ranked(frame, SATISFACTION) == "差满意率最低：80.0%"
    axis = next(each["encoding"]["y"] for each in ranked_of(frame)["layer"] if "y" in each["encoding"])
    assert axis["scale"]["domain"] == ["c1", "c0", "_apart", "c2"]
    returns = ranked_frame([1, 9], [100, 100], ["少", "多"])
    assert titles.ranked(returns, RETURNS) == "多退单率最高：9.0%"


def test_only_an_interval_wholly_beyond_the_target_is_marked():
    frame = ranked_frame([80, 93], [100, 100])
    names = next(each for each in ranked_of(frame, target=0.95)["layer"]
                 if each["mark"].get("align") == "right" and each["encoding"]["x"] == {"value": "width"})  # fmt: skip
    assert [row["shown"] for row in names["data"]["values"]] == ["▼ 80.0%", "93.0%"]
    assert titles.against(frame, SATISFACTION, 0.95, None) == "1个区县显著低于目标"


def test_rules_of_target_and_average_do_not_share_a_side():
    texts = [
        (each["mark"]["align"], each["data"]["values"][0]["text"])
        for each in ranked_of(ranked_frame([90], [100]), target=0.95, average=0.951)["layer"]
        if each["mark"].get("y") == -6
    ]
    assert sorted(texts) == [("left", "平均 95.1%"), ("right", "目标 95.0%")]


def test_movers_leave_chance_out_and_say_so():
    frame = movers_frame([(100, 40), (102, 100), (10, 90)])
    shown = [row["text"] for row in movers_of(frame)["layer"][0]["data"]["values"]]
    assert shown == ["▲ +60件（+150%）", "▼ -80件（-89%）"]
    assert titles.movers(movers_frame([(100, 95)])) == "没有事项明显增长"
    assert titles.movers_sentence(frame, "上月") == (
        "与上月相比，增长最多：第0类事项+60件（+150%）；下降最多：第2类事项-80件（-89%）。"
    )


def test_busiest_hour_is_named_as_people_say_it():
    assert titles.heat(hour_frame((1, 10))) == "周一上午10时受理最多"
    assert titles.heat(hour_frame((7, 20))) == "周日晚上8时受理最多"
    assert titles.heat(hour_frame()) == "没有带受理时刻的工单"


def test_rest_of_the_channels_is_one_row_and_parts_make_the_whole():
    rows = CHARTS["shares"]()["layer"][0]["data"]["values"]
    assert rows[-1]["label"] == "其他7个"
    assert sum(row["share"] for row in rows) == pytest.approx(1)


def test_longer_title_is_refused():
    with pytest.raises(ValueError, match="18"):
        style.heading("一" * 19)
    assert style.fit("一" * 19, "二" * 18) == "二" * 18
    assert style.fit("一" * 19) == "一" * 17 + "…"


def test_subtitle_is_broken_at_its_separators():
    assert style.wrap("满意率 · 全市 · 2026年10月", columns=16) == ["满意率 · 全市", "2026年10月"]
    assert style.wrap("") == []


@pytest.mark.parametrize("positions", [[10, 12, 11], [0, 0, 0], [95, 99, 100], [50]])
def test_labels_are_spread_and_stay_inside(positions):
    placed = style.spread(positions, gap=15, low=0, high=100)
    ordered = sorted(placed)
    assert all(b - a >= 15 - 1e-9 for a, b in pairwise(ordered))
    assert ordered[0] >= 0
    assert ordered[-1] <= 100


def test_missing_numbers_never_reach_the_browser_as_nan():
    frame = pd.DataFrame(
        {"value": [float("nan"), float("inf"), 1.5], "day": [pd.NaT, None, pd.Timestamp("2026-10-01")]}
    )
    assert style.records(frame, ("value", "day")) == [
        {"value": None, "day": None}, {"value": None, "day": None}, {"value": 1.5, "day": "2026-10-01"},
    ]  # fmt: skip


def test_limits_of_one_volume_are_a_band_around_it():
    frame = funnel_frame(1)
    (volume,) = frame["denominator"]
    curve = funnel_of(frame)["layer"][0]["data"]["values"]
    assert curve[0]["denominator"] < volume < curve[1]["denominator"]
    assert curve[0]["low95"] == curve[1]["low95"] == pytest.approx(frame["low95"][0], abs=1e-5)
