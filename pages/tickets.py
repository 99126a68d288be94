"""工单查询：这个数背后是哪些件？"""

from __future__ import annotations

import streamlit as st

from lib import answers, loaders
from lib.documents import xlsx
from lib.metrics.formats import show_count
from lib.ui import empty, filters, layout, show, ticket_search, ticket_view

EXPORT_MAX = 10_000
NAME = "工单列表"
COLUMNS: show.Columns = {
    "ticket_no": "工单编号", "title": "标题", "received_at": "受理时间", "district": show.column("区县", width=14),
    "category": "事项",
    "unit": "主办单位", "due_at": "办理时限", "status": "状态", "satisfaction": "满意度",
}  # fmt: skip
EXPORTED: show.Columns = {
    **COLUMNS,
    "handling_type": "办理类型", "request_type": "诉求类型", "channel": "受理渠道", "closed_at": "办结时间",
    "handling_hours": show.column("办理时长（工作小时）", "hours"), "round_count": show.column("办理轮次", "count"),
    "resolution": "是否解决", "is_repeat": "重复诉求", "is_group_event": "突发及群体性",
}  # fmt: skip

scope = filters.current_scope()
layout.header("工单查询", "这个数背后是哪些件？")
query = ticket_search.form()
total = loaders.ask(answers.ticket_count, scope, query)
ticket_view.open_asked()
if total == 0:
    empty.no_tickets(scope)
    st.stop()

frame = ticket_search.page(scope, query)
listed = loaders.later(answers.ticket_list, scope, query, None, EXPORT_MAX)
fields, facts = show.fields(frame, EXPORTED), show.facts({"工单数": f"{show_count(min(total, EXPORT_MAX))}件"})


def choose() -> None:
    """Open the ticket of the row that was clicked."""
    for row in show.chosen_rows(NAME):
        ticket_view.ask_for(frame["source_code"].iloc[row], frame["ticket_no"].iloc[row])


with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    ticket_search.said(query, scope, total)
    show.download(show.EXPORT, lambda: xlsx.workbook(listed(), fields, NAME, facts), f"{NAME}.xlsx", show.XLSX,
                  facts=facts, rows=min(total, EXPORT_MAX))  # fmt: skip
show.grid(frame, COLUMNS, NAME, height=600, select=choose)
ticket_search.turn(scope, query, total, frame)
note = "点击一行查看办理全过程。个人信息已脱敏。"
if total > EXPORT_MAX:
    note += f"导出Excel最多{show_count(EXPORT_MAX)}件（按受理时间从新到旧），请缩小范围后分次导出。"
st.caption(note)
