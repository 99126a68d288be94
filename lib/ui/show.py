"""Charts and tables on a page, each with its export: PNG and XLSX, made when clicked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any, Literal

import pandas as pd
import streamlit as st

from lib import loaders
from lib.access.moments import city_time
from lib.access.offers import OFFERS, Offer
from lib.access.roles import Resource
from lib.config import Settings
from lib.documents import png, xlsx
from lib.documents.xlsx import Field, Kind
from lib.metrics.catalogue import Metric
from lib.scope import Scope
from lib.store import active_pair
from lib.ui import filters, sitemap
from lib.ui.words import as_of, moment, plain

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PRINTF: dict[Kind, str] = {"count": "%,d", "rate": "%.1f%%", "points": "%+.1f", "hours": "%,.1f", "number": "%,.1f"}
EXPORT = "导出Excel"
DEMO = "演示数据：由程序生成，不是任何城市的真实情况"
# Pixels of half a Chinese character in a cell.
CHARACTER = 8

# Session key: file name → name of the offer of this tab, so that a link stays the same when the page runs again.
_OFFERED = "_offers"

Columns = Mapping[str, str | Field]
Height = int | Literal["auto", "content"]


def column(label: str, kind: Kind = "text", width: int | None = None) -> Field:
    """A column: heading and kind (see documents.xlsx.Field); width in characters, Chinese ones count double."""
    return Field(label, kind, width)


def measured(metric: Metric, label: str | None = None) -> Field:
    """A column of values of the metric, in its unit; headed by its name unless `label` says otherwise."""
    kinds: dict[str, Kind] = {"rate": "rate", "hours": "hours", "count": "count", "per_10k": "number"}
    return Field(label or metric.label, kinds[metric.unit])


def facts(extra: Mapping[str, str] | None = None, *, scope: Scope | None = None) -> list[tuple[str, str]]:
    """What an export must say about itself: period, scope, basis, as-of, version, and 演示数据."""
    pointer = loaders.pointer()
    asked = scope or filters.current_scope()
    said = [
        ("统计期", asked.period.label),
        ("范围与口径", filters.describe(asked)),
        ("数据截至", as_of(pointer.as_of)),
        ("数据版本", pointer.version),
        ("城市", loaders.city().label),
        *(extra or {}).items(),
    ]
    if pointer.is_demo:
        said.append(("注意", DEMO))
    return said


def record_facts(said: str, rows: int) -> list[tuple[str, str]]:
    """What an export of the system's own records says about itself; `said`: what it is restricted to."""
    facts = [("范围", said), ("条数", str(rows)), ("导出时间", moment(city_time(datetime.now(UTC)))),
             ("城市", loaders.city().label)]  # fmt: skip
    if active_pair(Settings.from_env()) == "demo":
        facts.append(("注意", DEMO))
    return facts


def table(
    frame: pd.DataFrame,
    columns: Columns,
    name: str,
    *,
    title: str | None = None,
    height: Height = "auto",
    select: bool | Callable[[], None] = False,
    key: str | None = None,
    extra_facts: Mapping[str, str] | None = None,
) -> list[int]:
    """A table with Chinese headings and an export to Excel; returns the position of the clicked row, if any.

    frame: one row per line; columns: column → heading, or `column(...)` for numbers. name: table and file
    name, unique on the page. title: heading above it (None: none). select: a row may be clicked; a
    function is called then.
    """
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(title)}**" if title else "", width="content")
        export(frame, columns, name, extra_facts=extra_facts)
    return grid(frame, columns, name, height=height, select=select, key=key)


def grid(
    frame: pd.DataFrame,
    columns: Columns,
    name: str,
    *,
    height: Height = "auto",
    select: bool | Callable[[], None] = False,
    key: str | None = None,
    ticks: bool = False,
) -> list[int]:
    """The table alone; arguments and result as in `table`. Its key is `table_<name>` unless given. ticks: rows may
    also be ticked at their edge, several at once (see `ticked`).
    """
    known = fields(frame, columns)
    # A click anywhere in the row, not on a tick box at its edge.
    mode: Any = ["multi-row", "single-cell"] if ticks else "single-cell"
    event = st.dataframe(
        _displayed(frame[list(known)], known),
        hide_index=True,
        height=height,
        column_config={c: _config(f) for c, f in known.items()},
        placeholder="—",
        key=key or f"table_{name}",
        on_select=select if callable(select) else ("rerun" if select else "ignore"),
        selection_mode=mode,
        alt=name,
    )
    return clicked(event) if select else []


def clicked(event: Any) -> list[int]:
    """Position of the row that holds the chosen cell, as a list of none or one."""
    return [int(row) for row, _ in event.selection.cells]


def ticked(key: str) -> list[int]:
    """Positions of the rows that are ticked in the table of that key now, from the top."""
    return sorted(int(row) for row in st.session_state[key].selection.rows) if key in st.session_state else []


def chosen_rows(name: str) -> list[int]:
    """Position of the row that is chosen in the table of that name now, as a list of none or one: for callbacks."""
    return clicked(st.session_state[f"table_{name}"])


def export(frame: pd.DataFrame, columns: Columns, name: str, *, extra_facts: Mapping[str, str] | None = None) -> None:
    """A button that writes the frame to Excel, with a sheet that says what it shows. Arguments as in `table`."""
    known, said = fields(frame, columns), facts(extra_facts)
    download(EXPORT, lambda: xlsx.workbook(frame[list(known)], known, name, said), f"{name}.xlsx", XLSX, facts=said,
             rows=len(frame))  # fmt: skip


def chart(
    drawn: Any,
    name: str,
    height: int | None = None,
    *,
    select: str | None = None,
    key: str | None = None,
    records: str | None = None,
) -> Any:
    """A chart (Altair or Vega-Lite dict) with its PNG; returns the selection event when `select` names one.

    height in pixels applies to single charts; name: file name and description, unique on the page. records: of a
    chart about the system's own records what it is restricted to, its day included.
    """
    size: Any = height or "content"
    options: dict[str, Any] = {"theme": None, "height": size, "key": key or f"chart_{name}", "alt": name}
    if select is not None:
        options |= {"on_select": "rerun", "selection_mode": select}
    with st.container(key=f"chart_box_{name}", gap=None):
        if isinstance(drawn, dict):
            event = st.vega_lite_chart(drawn, width="stretch", **options)
        else:
            event = st.altair_chart(drawn, width="stretch", **options)
        picture(drawn, name, height or 360, records)
    return event


def picture(drawn: Any, name: str, height: int = 360, records: str | None = None) -> None:
    """A button that draws the chart as a PNG with its as-of beneath."""
    pointer = loaders.pointer()
    said = facts() if records is None else record_facts(records, 1)
    note = records or f"数据截至{as_of(pointer.as_of)}"
    note += "　演示数据" if pointer.is_demo else ""
    download("存为图片", lambda: png.picture(drawn, height=height, note=note), f"{name}.png", "image/png", facts=said)


def download(
    label: str,
    make: Callable[[], bytes],
    file_name: str,
    mime: str,
    *,
    icon: str | None = None,
    resource: Resource = "exports",
    facts: Sequence[tuple[str, str]] = (),
    rows: int | None = None,
) -> None:
    """A quiet link that makes its file when clicked; the page does not rerun. Only this session can follow it.

    make: runs outside of the page (see loaders.later). icon: name of a Material symbol. resource: what the role
    must be allowed to read; for others there is no link. facts and rows: what the history says about the export.
    file_name is unique on the page.
    """
    person = loaders.identity()
    if not person.may(resource):
        return
    pair = active_pair(Settings.from_env())
    offer = Offer(person.session_ref, make, file_name, mime, pair, resource, dict(facts), rows)
    offered = st.session_state.setdefault(_OFFERED, {})
    offered[file_name] = OFFERS.register(offer, offered.get(file_name))
    symbol = f'<span aria-hidden="true" translate="no">{escape(icon)}</span>' if icon else ""
    with st.container(key=f"download_{file_name}", width="content"):
        st.html(f'<a href="exports/{offered[file_name]}">{symbol}{escape(label)}</a>', width="content")


def link(label: str, slug: str, scope: Scope, *, icon: str | None = None, keep_words: bool = False, **own: str) -> None:
    """A link to another page about `scope`, with parameters of that page (metric, part, …).

    Whose role has no such page sees no link; keep_words: the words alone, where they say something by themselves.
    """
    if not sitemap.may_open(loaders.identity(), slug):
        if keep_words:
            st.markdown(f"{icon} {label}" if icon else label)
        return
    query = {**filters.parameters(scope), **own}
    st.page_link(f"pages/{slug}.py", label=label, icon=icon, query_params=query)


def fields(frame: pd.DataFrame, columns: Columns) -> dict[str, Field]:
    """Columns with the kind of those that were given a heading only."""
    return {c: f if isinstance(f, Field) else Field(f, _kind(frame[c])) for c, f in columns.items()}


def _kind(values: pd.Series) -> Kind:
    """Kind of a column that was given a heading only."""
    if pd.api.types.is_bool_dtype(values):
        return "text"
    if pd.api.types.is_integer_dtype(values):
        return "count"
    if pd.api.types.is_float_dtype(values):
        return "number"
    return "moment" if pd.api.types.is_datetime64_any_dtype(values) else "text"


def _displayed(frame: pd.DataFrame, known: Mapping[str, Field]) -> pd.DataFrame:
    """Values as the grid shows them: shares and differences in percent, so that its formats fit."""
    percent = {c: pd.to_numeric(frame[c]) * 100 for c, f in known.items() if f.kind in ("rate", "points")}
    return frame.assign(**percent)


def _config(field: Field) -> Any:
    if field.kind in _PRINTF:
        return st.column_config.NumberColumn(field.label, format=_PRINTF[field.kind])
    if field.kind == "date":
        return st.column_config.DateColumn(field.label, format="YYYY-MM-DD", width=105)
    if field.kind == "moment":
        return st.column_config.DatetimeColumn(field.label, format="YYYY-MM-DD HH:mm", width=145)
    return st.column_config.TextColumn(field.label, width=field.width * CHARACTER if field.width else None)
