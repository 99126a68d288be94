"""趋势研判：什么在涨？"""

from __future__ import annotations

import streamlit as st

from lib import answers, loaders
from lib.answers.source import compared_with
from lib.charts import heat_profile, movers, share_bar, titles, trend_line
from lib.metrics.catalogue import CATALOGUE
from lib.ui import choices, empty, filters, layout, show
from lib.ui.words import plain

PAGE = "trends"
# On a tablet held upright every chart has the whole width.
PAIR_WIDTH, TRIPLE_WIDTH = 540, 400
RECEIVED, DESK_RATE = CATALOGUE["received"], CATALOGUE["desk_rate"]
MOVER_COLUMNS: show.Columns = {
    "label": "事项", "parent_label": "一级事项", "received": show.column("受理量", "count"),
    "previous": show.column("上期", "count"), "extra": show.column("增减", "count"),
    "change": show.column("环比", "rate"), "last_year": show.column("去年同期", "count"),
    "last_year_change": show.column("同比", "rate"), "judged": "是否超出随机波动", "season": "季节性",
}  # fmt: skip
CHANNEL_COLUMNS: show.Columns = {
    "label": "渠道", "group_name": "类别", "received": show.column("受理量", "count"),
    "share": show.column("占比", "rate"), "previous_share": show.column("上期占比", "rate"),
    "desk_rate": show.column("直办率", "rate"),
    "satisfaction_rate": show.column("满意率", "rate"), "answers": show.column("有效评价", "count"),
}  # fmt: skip

scope = filters.current_scope()
layout.header("趋势研判", "什么在涨？")
moved = loaders.ask(answers.category_movers, scope)
if not moved["received"].sum() and not moved["previous"].sum():
    empty.no_tickets(scope)
    st.stop()
than = compared_with(scope.period, loaders.pointer().as_of)
place, period = filters.describe(scope), scope.period.label

left, right = st.columns([1, 5], gap="small", vertical_alignment="center")
with left:
    metric = choices.metric(PAGE, tuple(CATALOGUE), RECEIVED.key)
right.markdown(plain(titles.movers_sentence(moved, than)))

beside = DESK_RATE if metric.key != DESK_RATE.key else RECEIVED
followed = loaders.ask(answers.trends, scope, (metric.key, beside.key))
months = f"{followed[metric.key]['label'].iloc[0]}至{followed[metric.key]['label'].iloc[-1]}"

wide = st.grid(2, min_column_width=PAIR_WIDTH, gap="small")
with wide, layout.card("trend"):
    frame = followed[metric.key]
    show.chart(
        trend_line(frame, metric, titles.trend(frame, metric), titles.subtitle(metric, place, months), 290),
        f"{metric.label}趋势",
    )
with wide, layout.card("movers"):
    subtitle = f"受理量 · {place} · {period}比{than} · 只列超出随机波动的事项"
    event = show.chart(movers(moved, titles.movers(moved), subtitle, compared=than, limit=5, height=290),
                       "事项增减", select="chosen")  # fmt: skip

profile, mix = loaders.ask(answers.hour_profile, scope), loaders.ask(answers.channel_mix, scope)
narrow = st.grid(3, min_column_width=TRIPLE_WIDTH, gap="small")
with narrow, layout.card("profile"):
    show.chart(heat_profile(profile, titles.heat(profile), f"受理量 · {place} · {period}", 250), "受理时段")
with narrow, layout.card("channels"):
    show.chart(
        share_bar(mix, titles.channels(mix), f"受理渠道 · {place} · {period} · 分母：受理工单数", limit=6, height=250),
        "受理渠道",
    )
with narrow, layout.card("beside"):
    frame = followed[beside.key]
    show.chart(
        trend_line(frame, beside, titles.trend(frame, beside), titles.subtitle(beside, place, months), 250),
        f"{beside.label}走势",
    )

code = choices.picked(event)
if code is not None:
    inside = filters.with_category(scope, code)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(moved.set_index('code')['label'].get(code, code))}**", width="content")
        show.link("只看这类事项的趋势", PAGE, inside, icon=":material/trending_up:")
        show.link("看这些工单", "tickets", inside, icon=":material/list:")

with layout.card("categories"):
    table = moved.assign(
        judged=moved["differs"].map({True: "是", False: "否"}),
        season=moved["is_seasonal"].map({True: "季节性", False: ""}),
    )
    show.table(
        table, MOVER_COLUMNS, "事项增减明细", title=f"各类事项增减（{period}比{than}，同比去年同期）", height=420
    )
    st.caption("“季节性”事项随季节起伏，请以同比为准；“是否超出随机波动”按95%置信水平判断。")
with layout.card("channel_table"):
    show.table(mix, CHANNEL_COLUMNS, "受理渠道明细", title="各渠道受理与质量")
