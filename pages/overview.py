"""总体情况：这个月城市答得怎么样？"""

from __future__ import annotations

import streamlit as st

from lib import answers, loaders
from lib.answers import Item
from lib.documents import monthly, one_page
from lib.metrics.catalogue import CATALOGUE
from lib.metrics.formats import show_count
from lib.ui import empty, figures, filters, layout, list_overview, show
from lib.ui.words import as_of, plain

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ASKED = {"month": "这个月", "quarter": "这个季度", "year": "这一年", "day": "这一天"}
TONES = {"good": ":material/trending_up:", "bad": ":material/priority_high:", "neutral": ":material/info:"}
SPARK_MONTHS = 13
CARD_WIDTH = 300

scope = filters.current_scope()
layout.header("总体情况", f"{ASKED.get(scope.period.kind, '这段时间')}城市答得怎么样？")
seen = loaders.ask(answers.overview, scope)
if not seen.figures["received"].value:
    empty.no_tickets(scope)
    st.stop()
months = loaders.ask(answers.trends, scope, tuple(seen.figures), SPARK_MONTHS, with_last_year=False)


def print_sheet() -> None:
    """The button that makes the one-page print."""
    pointer = loaders.pointer()
    sheet = monthly.sheet(seen, loaders.city().label, filters.describe(scope), as_of(pointer.as_of), pointer.is_demo)
    show.download("打印一页纸", lambda: one_page.document(sheet), f"总体情况{scope.period.label}.docx", DOCX,
                  icon="print", facts=show.facts())  # fmt: skip


def short_list(title: str, items: tuple[Item, ...], slug: str, nothing: str, name: str) -> None:
    """At most three lines, each a link to the page that explains it."""
    with layout.card(name):
        st.markdown(title)
        for item in items:
            flags = {"flag": ",".join(item.query.flags)} if item.query and item.query.flags else {}
            words = f"{plain(item.label)}　:gray[{plain(item.text)}]"
            show.link(words, slug, item.scope, icon=":material/chevron_right:", keep_words=True, **flags)
        if not items:
            st.caption(nothing)


with layout.card("sentences"), st.container(horizontal=True, vertical_alignment="top", gap="small"):
    with st.container(gap=None):
        for sentence in seen.sentences:
            slug = "districts" if sentence.scope != scope else "trends"
            show.link(plain(sentence.text), slug, sentence.scope, icon=TONES[sentence.tone], metric=sentence.metric_key)
    print_sheet()
# A running month holds fewer tickets than a whole one: its count would look like a fall.
figures.row(seen.figures, {
    key: frame.loc[~frame["is_running"] | (CATALOGUE[key].unit == "rate"), "value"].tolist()
    for key, frame in months.items()
})  # fmt: skip

with st.grid(3, min_column_width=CARD_WIDTH, gap="small"):
    short_list("**满意率较低的区县**", seen.places, "districts", "各区县有效评价不足，暂不比较。", "places")
    short_list("**增长较多的事项**", seen.matters, "trends", "没有超出正常波动的增长。", "matters")
    total = f"**突发及群体性诉求　{show_count(seen.group_event_count)}件**"
    short_list(total, seen.group_events, "tickets", "本期没有突发及群体性诉求。", "events")

list_overview.lists()

st.markdown("**对照分析**")
with st.grid(3, min_column_width=CARD_WIDTH, gap="small"):
    for pair in seen.pairs:
        with layout.card(f"pair_{pair.label}"):
            st.markdown(f"**{pair.label}**　:gray[{pair.warning}]")
            st.markdown(plain(pair.reading))

line = seen.enterprise
received = line.figures["received"].value or 0
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.markdown("**企业诉求：诉求—办理—反馈—评价**", width="content")
    show.link("只看企业诉求", "overview", line.scope)
if received:
    with st.grid(len(line.stages), min_column_width=CARD_WIDTH, gap="small"):
        for stage, keys in line.stages.items():
            with layout.card(f"stage_{stage}"):
                st.markdown(f"**{stage}**")
                for key in keys:
                    figures.line(line.figures[key], beside=line.everyone[key])
else:
    empty.not_shown("企业诉求", "本期没有标注为企业诉求的工单，或数据源没有提供该标识")
