"""承办质效：谁该被帮助，谁该被表扬？"""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from lib import answers, loaders
from lib.answers.peers import OTHERS
from lib.charts import funnel_plot, titles
from lib.metrics.catalogue import CATALOGUE
from lib.metrics.comparison import BAND_WORDS
from lib.ui import choices, empty, filters, layout, unit_league, unit_profile

PAGE, FUNNEL, TABLE, ROWS = "units", "漏斗图", "单位对照表", "_unit_rows"
HEIGHT = 480
# On a tablet held upright funnel and lists have the whole width.
PAIR_WIDTH = 540
OFFERED = tuple(key for key, m in CATALOGUE.items() if m.kind == "ratio" and m.direction is not None)

# Units are compared with each other; a unit chosen in the filter is marked among its peers.
asked = filters.current_scope()
scope = replace(asked, unit_code=None, unit_codes=())
layout.header("承办质效", "谁该被帮助，谁该被表扬？")
groups = list(loaders.ask(answers.peer_groups))
with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    metric = choices.metric(PAGE, OFFERED, "satisfaction_rate")
    group = choices.option(PAGE, "group", "同类组", groups) if groups else None

frame = loaders.ask(answers.funnel, scope, metric.key, group)
if frame.empty:
    empty.no_tickets(scope, f"可计算{metric.label}的工单")
    st.stop()
frame = frame.assign(label=frame["short_name"].fillna(frame["label"]), full_name=frame["label"])
fair, small = frame[~frame["is_small"]], frame[frame["is_small"]]
# Who speaks for one unit sees its profile at once: there is no league to choose from.
own = None if scope.reach is None else loaders.identity().unit_code
known = set(loaders.ask(unit_league.known_units))


def profile(code: str | None) -> None:
    """The profile of the chosen unit, if there is one."""
    if code in known:
        unit_profile.draw(loaders.ask(answers.unit_profile, scope, code), lambda: choices.set_focus(PAGE, None))


if fair.empty:
    limit = loaders.city().rules.small_sample
    empty.state(f"{group or '全部'}单位的样本都不足{limit}件，不能比较",
                "样本太少时高低多半是偶然。请换更长的统计期（如全年），或换一个同类组。")  # fmt: skip
    unit_league.too_small(small, metric)
    profile(own)
    st.stop()
choices.follow_clicks(PAGE, {f"chart_{FUNNEL}": choices.picked, f"table_{TABLE}": choices.picked_row(ROWS),
                             **unit_league.sources()})  # fmt: skip
chosen = choices.focus(PAGE, known) or asked.unit_code or own
if scope.reach is not None and fair["centre"].isna().all():
    empty.not_shown(
        "同类比较", f"同类组中样本足够的其他单位不足{OTHERS}家，为避免推算出个别单位的数字，不显示平均值和界限"
    )
    profile(chosen)
    unit_league.table(fair, metric, TABLE, ROWS)
    unit_league.too_small(small, metric)
    st.stop()

pair = st.grid(2, min_column_width=PAIR_WIDTH, gap="small")
with pair, layout.card("funnel"):
    limit = loaders.city().rules.small_sample
    subtitle = titles.subtitle(metric, f"{group or '全部单位'}{len(fair)}家", scope.period.label,
                               f"不足{limit}件的{len(small)}家另列")  # fmt: skip
    unit_league.funnel(funnel_plot(fair, metric, titles.funnel(fair, metric), subtitle, chosen=chosen, height=HEIGHT),
                       FUNNEL)  # fmt: skip
with pair, st.container():
    unit_league.extremes(fair, metric)
st.caption(f"落在阴影内的单位与同类的差别可能只是偶然。按95%置信区间分档：同一档内{BAND_WORDS}。点一个单位看它的画像。")

profile(chosen)
unit_league.table(fair, metric, TABLE, ROWS)
unit_league.too_small(small, metric)
