"""Maps on a page: deck.gl where the browser has WebGL 2, otherwise the same map as a Vega chart.

A map is never blank: the Vega drawing is shown until the browser has reported that it can do better.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import pydeck as pdk
import streamlit as st

from lib import answers
from lib.charts import shapes, style
from lib.charts.style import Chart
from lib.ui import choices, show

_SUPPORT = "_webgl"
# Runs at every rerun of the page; the state is set once, so that nothing reruns twice.
_PROBE = """
export default function (component) {
  const { setStateValue, data } = component;
  if (data.known !== null) return;
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('webgl2');
  setStateValue('webgl', context !== null);
  context?.getExtension('WEBGL_lose_context')?.loseContext();
}
"""
# st.components.v2 registers by name: once per process, not once per run.
_probe = st.components.v2.component("minsheng_webgl", js=_PROBE)


def has_webgl() -> bool:
    """True once this browser has reported WebGL 2; False before, and where it is missing."""
    known: bool | None = st.session_state.get(_SUPPORT)
    with st.container(key="webgl_probe"):
        result = _probe(key="webgl", data={"known": known}, default={"webgl": None}, on_webgl_change=_reported)
    reported = result.webgl if known is None else known
    st.session_state[_SUPPORT] = reported
    return bool(reported)


def _reported() -> None:
    """The report itself makes the page run again; there is nothing more to do."""


def outlines(source: answers.Source) -> dict[str, Any] | None:
    """Boundaries of the city's divisions, light enough for a page; None where the city has none.

    Asked through loaders.ask, so that they are made lighter once per version.
    """
    boundaries = source.city.boundaries
    return None if not boundaries or not boundaries["features"] else shapes.simplify(boundaries)


def draw(
    deck: Callable[[], pdk.Deck],
    vega: Callable[[bool], Chart],
    name: str,
    *,
    height: int,
    selectable: bool = False,
    chosen: str | None = None,
) -> None:
    """Show a map and its PNG. A click is read by `sources` in the next run.

    deck, vega: draw the same map; vega takes whether a legend belongs into the picture. chosen: code that is
    marked already; a choice mounts the deck.gl map anew, because Streamlit pales everything but a selection.
    """
    if not has_webgl():
        show.chart(vega(False), name, select="chosen" if selectable else None)
        return
    drawn = vega(True)
    with st.container(key=f"chart_box_{name}", gap=None):
        _heading(drawn)
        st.pydeck_chart(deck(), height=height, key=_deck_key(name, chosen), alt=name,
                        on_select="rerun" if selectable else "ignore")  # fmt: skip
        show.picture(drawn, name)


def _deck_key(name: str, chosen: str | None) -> str:
    return f"deck_{name}_{chosen or ''}"


def sources(name: str, layer: str, chosen: str | None) -> dict[str, choices.Reader]:
    """Where a click on this map stands, for choices.follow_clicks.

    layer: id of the deck.gl layer; chosen: what was marked in the last run.
    """

    def read_deck(state: Any) -> str | None:
        objects = state.get("selection", {}).get("objects", {}).get(layer) or []
        return str(objects[0]["properties"]["code"]) if objects else None

    return {f"chart_{name}": choices.picked, _deck_key(name, chosen): read_deck}


def legend(classes: shapes.Classes, note: str, *, grey: bool = False) -> None:
    """Colours with their words under a map, and what must be said about it. grey: explain the grey places."""
    pairs = list(zip(classes.colours, classes.words, strict=True))
    pairs += [(style.NO_VALUE, "样本不足或无数据")] if grey else []
    box = "display:inline-block;width:12px;height:12px;margin-right:5px;vertical-align:-1px"
    boxes = "".join(
        '<span style="white-space:nowrap;margin-right:14px">'
        f'<span style="{box};border:1px solid {style.GREY};background:{colour}"></span>{escape(words)}</span>'
        for colour, words in pairs
    )
    st.html(f'<div style="font-size:12px;color:{style.MUTED};line-height:1.9">{boxes}<br>{escape(note)}</div>')


def _heading(drawn: Chart) -> None:
    """Title and subtitle as the Vega charts beside it write them."""
    said = drawn["title"]
    lines = "<br>".join(escape(line) for line in said.get("subtitle", []))
    st.html(
        f'<div style="font-size:{style.TITLE_SIZE}px;font-weight:600;color:{style.INK};line-height:1.3">'
        f'{escape(said["text"])}</div><div style="font-size:{style.TEXT_SIZE}px;color:{style.MUTED};line-height:1.4;'
        f'margin-top:3px">{lines}</div>'
    )
