"""区域分布：哪里最需要人去？"""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from lib import answers, loaders
from lib.charts import maps, ranked_bar, shapes, titles
from lib.metrics.catalogue import CATALOGUE
from lib.metrics.formats import show_count
from lib.schema.tickets import UNMAPPED
from lib.ui import choices, district_view, empty, filters, layout, show
from lib.ui import maps as map_view

PAGE = "districts"
MAP, RANKING, TABLE, ROWS = "区域分布图", "区县排列", "区县明细", "_district_rows"
HEIGHT, TALL = 430, 480
# On a tablet held upright map and ranking have the whole width.
PAIR_WIDTH = 540
CELL_RESOLUTION = 7
OFFERED = tuple(key for key, m in CATALOGUE.items() if m.kind != "calls")
PER_10K = "per_10k"
SMALL, NO_RESIDENTS = "样本不足或未归类，不作比较", "没有人口数据，不作比较"
RECEIVED = CATALOGUE["received"]

# The map compares all districts; a chosen one is marked, not the only one.
asked = filters.current_scope()
scope = replace(asked, district_code=None)
layout.header("区域分布", "哪里最需要人去？")
with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    # Places that an import brought along have no residents on record: nothing can then be shown per head.
    residents = loaders.ask(answers.by_dimension, scope, PER_10K, "district")
    per_head = bool((residents["value"].fillna(0) > 0).any())
    offered = OFFERED if per_head else tuple(key for key in OFFERED if key != PER_10K)
    metric = choices.metric(PAGE, offered, PER_10K if per_head else RECEIVED.key)
    view = choices.option(PAGE, "map", "地图", ("按区县", "按网格"))
    deeper = "颜色越深越需要关注" if metric.direction else "颜色越深数值越大"
    st.caption(f"{deeper}。点地图、条形或表格中的区县，下面列出它的乡镇街道、事项和承办单位。", width="stretch")

frame = loaders.ask(answers.by_dimension, scope, metric.key, "district")
# A stock of zero is an answer, and so is a rate of zero; no tickets at all are none.
if frame["value"].isna().all() or (metric.kind in ("count", "population") and not frame["numerator"].sum()):
    empty.no_tickets(scope)
    st.stop()
whole = loaders.ask(answers.figures, scope, (metric.key,))[metric.key]
known = set(frame["code"])
marked = choices.focus(PAGE, known) or asked.district_code
choices.follow_clicks(PAGE, {
    **map_view.sources(MAP, maps.DISTRICT_LAYER, marked), f"chart_{RANKING}": choices.picked,
    f"table_{TABLE}": choices.picked_row(ROWS),
})  # fmt: skip
chosen = choices.focus(PAGE, known) or asked.district_code
place, period = filters.describe(scope), scope.period.label
labelled = frame.assign(
    label=frame["short_name"].fillna(frame["label"]), is_small=frame["is_small"] | frame["code"].eq(UNMAPPED)
)
borders = loaders.ask(map_view.outlines)
# An import may bring along other places than the city's own: a map on which nothing happened says nothing.
drawn = {feature["properties"]["district_code"] for feature in borders["features"]} if borders else set()
with_border = residents.loc[residents["numerator"] > 0, "code"].isin(drawn).any()
note = loaders.city().map_note

pair = st.grid(2, min_column_width=PAIR_WIDTH, gap="small")
with pair, layout.card("map"):
    if borders is None or not with_border:
        empty.not_shown("地图", "这些区县在城市配置中没有边界数据，请看右侧排列")
    elif view == "按区县":
        parts = maps.district_parts(borders, labelled, metric, chosen, HEIGHT)
        title, subtitle = titles.ranked(labelled, metric), titles.subtitle(metric, place, period)
        map_view.draw(
            lambda: maps.choropleth_deck(parts, height=HEIGHT),
            lambda legend: maps.choropleth_vega(parts, title, subtitle, height=TALL, with_legend=legend),
            MAP, height=HEIGHT, selectable=True, chosen=chosen,
        )  # fmt: skip
        map_view.legend(parts.classes, note, grey=True)
    else:
        density = loaders.ask(answers.hex_density, scope, CELL_RESOLUTION)
        cells, scale = shapes.hexagons(density, RECEIVED)
        title, subtitle = titles.cells(density), f"受理量 · {place} · {period} · 有坐标的工单，约5平方公里一格"
        map_view.draw(
            lambda: maps.hex_deck(cells, borders, height=HEIGHT),
            lambda legend: maps.hex_vega(cells, scale, borders, title, subtitle, height=TALL, with_legend=legend),
            "诉求密度图", height=HEIGHT,
        )  # fmt: skip
        hidden, unseen = (show_count(density.attrs[name]) for name in ("suppressed_cells", "suppressed_tickets"))
        small = loaders.city().rules.small_cell
        map_view.legend(scale, f"{note}；不足{small}件的{hidden}格（共{unseen}件）为保护隐私不显示")
with pair, layout.card("ranking"):
    average = whole.value if metric.unit in ("rate", "per_10k") else None
    ranking = ranked_bar(labelled, metric, titles.against(labelled, metric, whole.target, average),
                         titles.subtitle(metric, place, period), target=whole.target, average=average, chosen=chosen,
                         height=TALL + 45, apart=NO_RESIDENTS if metric.kind == "population" else SMALL)  # fmt: skip
    show.chart(ranking, RANKING, select="chosen")

district_view.table(frame, metric, TABLE, ROWS)
if chosen is None:
    empty.not_shown("区县明细", "请在地图、条形或表格中点选一个区县")
else:
    name = frame.set_index("code")["label"].get(chosen, chosen)
    district_view.inside(filters.with_district(scope, chosen), metric, str(name), lambda: choices.set_focus(PAGE, None))
