"""录入一件: the form that puts an item on a list, filled in from tickets, with its draft and what it may double."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import streamlit as st

from lib import loaders
from lib.access.roles import NotAllowedError
from lib.access.shared import shared_assessment
from lib.answers import list_entry as answers
from lib.answers.list_entry import Duplicate, TicketKey
from lib.commands import CommandError
from lib.commands.lists import items
from lib.commands.lists.desk import Desk
from lib.config import Settings
from lib.lists.fields import fields_of
from lib.lists.process import RESOURCES
from lib.schema.list_terms import LIST_KINDS
from lib.ui import drafts, layout, sitemap
from lib.ui.list_entry_form import fields_form, names, widget_key
from lib.ui.words import plain

# Ways to enter items, as the page offers them.
WAYS = ("录入一件", "批量录入", "台账往返", "旧表导入")
USUAL = {"urgency": "normal", "source": None}
_NUMBERS = re.compile(r"[\s,，、;；]+")
# Session key: the form whose doubles were warned of, with them.
_WARNED = "_entry_warned"


def refusals(error: Exception) -> None:
    """Show why a write was refused."""
    st.error(plain(error), icon=":material/block:")


def item_link(item_no: str, label: str | None = None) -> None:
    """A link to the page of an item; its number alone where the person has no such page."""
    if "list_item" in sitemap.PLACES and sitemap.may_open(loaders.identity(), "list_item"):
        st.page_link("pages/list_item.py", label=label or item_no, query_params={"no": item_no})
    else:
        st.markdown(plain(label or item_no))


def named(tickets: Sequence[TicketKey]) -> str:
    """Tickets as they stand in the address."""
    return ",".join(f"{source}~{number}" for source, number in tickets)


def enlist_link(*, tickets: Sequence[TicketKey] = (), unit_code: str | None = None) -> None:
    """A link that opens the form with what these tickets say, or for that unit; nothing for who keeps no list."""
    person = loaders.identity()
    kept = [LIST_KINDS[kind] for kind, resource in RESOURCES.items() if person.may(resource, "write")]
    if not kept or not sitemap.may_open(person, "list_entry"):
        return
    query = {"way": WAYS[0]}
    if tickets:
        query["tickets"] = named(tickets)
    if unit_code:
        query["unit"] = unit_code
    st.page_link("pages/list_entry.py", label=f"列入{'、'.join(kept)}", icon=":material/playlist_add:",
                 query_params=query)  # fmt: skip


def form(desk: Desk, list_kind: str) -> None:
    """Everything of 录入一件: what was saved just now, or the form."""
    key = drafts.form_key()
    # Also where the server carried the form out and was gone before it could say so.
    made = loaders.ask_records(answers.made_by_form, key)
    if made is not None:
        _saved(list_kind, made)
        return
    tickets = _tickets(list_kind)
    about = hashlib.sha256(repr(tickets).encode()).hexdigest()[:12] if tickets else ""
    draft_form = f"add:{list_kind}" + (f":{about}" if about else "")
    proposed = loaders.ask(answers.proposal, tickets) if tickets else None
    begin = {**USUAL, **(proposed.values if proposed else {})}
    if (unit := st.query_params.get("unit")) in desk.units:
        begin.setdefault("lead_unit_code", unit)
    if proposed and proposed.missing:
        st.warning(plain(f"工单库中没有这些工单，未带出：{'、'.join(proposed.missing)}"), icon=":material/help:")
    rules = fields_of(list_kind, desk.profile)
    prefix = drafts.widgets_prefix()
    _offer(draft_form, desk, list_kind)
    with st.container(key="entry_form"):
        with st.form("entry", border=False, enter_to_submit=False):
            values = fields_form(list_kind, begin, rules, prefix)
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                sent = st.form_submit_button("保存（拟列）", type="primary", key="entry_save", icon=":material/save:")
                st.caption("Ctrl+回车 保存；保存后为“拟列”，经审核列入", width="content")
        drafts.keep(
            draft_form, {widget_key(prefix, field): field for field in rules}, form_key=key, box="entry_form",
            begin=drafts.words(begin, rules, names()),
            about={"tickets": named(tickets)} if tickets else None,
            submit="entry_save", focus=widget_key(prefix, "title"),
        )  # fmt: skip
    if sent:
        _save(desk, list_kind, values, tickets, key, draft_form)
    elif st.session_state.get(_WARNED, (None,))[0] == key:
        _warn(desk, list_kind, values, tickets, key, draft_form)


def _tickets(list_kind: str) -> tuple[TicketKey, ...]:
    """The tickets that the form is about: of the address (`tickets=source~no,…`), or searched here by number."""
    given = st.query_params.get("tickets", "")
    asked = tuple(tuple(part.split("~", 1)) for part in given.split(",") if "~" in part)
    found: tuple[TicketKey, ...] = tuple((source, number) for source, number in asked)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        said = st.text_input("从工单带出（可填多个工单编号，用逗号隔开）", key="entry_numbers", width=520,
                             placeholder="不填则直接录入", autocomplete="off")  # fmt: skip
        if st.button("带出", key="entry_fetch") and said.strip():
            found = _by_number(tuple(dict.fromkeys(n for n in _NUMBERS.split(said) if n)), found)
            st.query_params["tickets"] = named(found)
            drafts.new_form()
            st.rerun()
        if found and st.button("不再关联工单", type="tertiary", key="entry_no_tickets"):
            st.query_params.pop("tickets", None)
            drafts.new_form()
            st.rerun()
    if found:
        st.caption(plain(f"关联工单{len(found)}件：{'、'.join(number for _, number in found[:12])}"))
    return found


def _by_number(numbers: tuple[str, ...], standing: tuple[TicketKey, ...]) -> tuple[TicketKey, ...]:
    known = loaders.ask(answers.tickets_by_number, numbers)
    none = [number for number in numbers if not known.get(number)]
    if none:
        st.session_state["_entry_unknown"] = none
    new = [key for number in numbers for key in known.get(number, ())]
    return tuple(dict.fromkeys((*standing, *new)))


def _offer(draft_form: str, desk: Desk, list_kind: str) -> None:
    """The draft that waits, with the choice between going on with it and throwing it away."""
    unknown = st.session_state.pop("_entry_unknown", None)
    if unknown:
        st.warning(plain(f"工单库中没有这些工单，请核对编号：{'、'.join(unknown)}"), icon=":material/help:")
    unread = st.session_state.pop("_entry_unread", None)
    if unread:
        st.warning(plain(f"草稿中这些内容没有选定，请重新选择：{unread}"), icon=":material/help:")
    waiting = drafts.offer(draft_form, drafts.form_key())
    if waiting is None:
        if draft_form == f"add:{list_kind}":
            _offer_of_tickets(list_kind)
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="draft_offer", gap="small"):
        title = str(dict(waiting.body.get(drafts.FIELDS) or {}).get("title") or "（未填标题）")
        st.markdown(f"有一份没有保存的草稿：**{plain(title[:40])}**　:gray[保存于 {drafts.saved_at(waiting)}]",
                    width="content")  # fmt: skip
        if st.button("恢复草稿", type="primary", key="draft_restore"):
            rules = fields_of(list_kind, desk.profile)
            values, unread = drafts.values(waiting, rules, names(), desk.today)
            key = drafts.key_of(waiting) or drafts.form_key()
            drafts.new_form(key=key)
            for field, value in values.items():
                held = list(value) if isinstance(value, tuple) else value
                st.session_state[widget_key(drafts.widgets_prefix(), field)] = held
            if unread:
                said = "，".join(f"{rules[f].label(list_kind)}“{words}”" for f, words in unread.items())
                st.session_state["_entry_unread"] = said
            drafts.settle(draft_form, key)
            st.rerun()
        if st.button("放弃", key="draft_drop"):
            drafts.drop(draft_form, drafts.form_key())
            st.rerun()


def _offer_of_tickets(list_kind: str) -> None:
    """Drafts of forms that were filled in from tickets: each is opened with its tickets, and offered there."""
    waiting = [draft for draft in drafts.others(f"add:{list_kind}:") if draft.body.get("tickets")]
    if not waiting:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="draft_others"):
        st.caption(
            f"另有{len(waiting)}份从工单带出的草稿没有保存，最近一份保存于 {drafts.saved_at(waiting[0])}",
            width="content",
        )
        if st.button("打开最近一份", type="tertiary", key="draft_open_other"):
            st.query_params["tickets"] = str(waiting[0].body["tickets"])
            drafts.new_form()
            st.rerun()


def _save(
    desk: Desk, list_kind: str, values: dict[str, Any], tickets: tuple[TicketKey, ...], key: str, draft_form: str
) -> None:
    """Warn of doubles first, once; then make the item."""
    found = loaders.ask_records(
        answers.duplicates, list_kind, values.get("title") or "", values.get("lead_unit_code"), tickets
    )
    if found:
        st.session_state[_WARNED] = (key, found)
        _warn(desk, list_kind, values, tickets, key, draft_form)
        return
    _add(desk, list_kind, values, tickets, key, draft_form)


def _warn(
    desk: Desk, list_kind: str, values: dict[str, Any], tickets: tuple[TicketKey, ...], key: str, draft_form: str
) -> None:
    found: list[Duplicate] = st.session_state[_WARNED][1]
    with st.container(border=True, key="entry_doubles"):
        st.markdown(f"**:material/content_copy: 可能与已有的{len(found)}个事项重复，尚未保存**")
        for double in found[:5]:
            item_link(double.item_no, plain(f"{double.item_no}　{double.title}（{double.state}）：{double.why}"))
        if st.button("不是同一件事，仍要保存", key="entry_anyway"):
            _add(desk, list_kind, values, tickets, key, draft_form)


def _add(
    desk: Desk, list_kind: str, values: dict[str, Any], tickets: tuple[TicketKey, ...], key: str, draft_form: str
) -> None:
    given = {field: value for field, value in values.items() if value not in (None, "", (), False)}
    store = shared_assessment(Settings.from_env())
    try:
        items.add(store, desk, items.AddItem(list_kind, given, tickets, form_key=key))
    except (CommandError, NotAllowedError) as error:
        refusals(error)
        return
    drafts.drop(draft_form, key)
    st.session_state.pop(_WARNED, None)
    st.rerun()


def _saved(list_kind: str, number: str) -> None:
    with layout.card("entry_saved"):
        st.success(plain(f"已保存到{LIST_KINDS[list_kind]}（拟列）：{number}"), icon=":material/check:")
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            if st.button("再录一件", type="primary", key="entry_more"):
                for name in ("tickets", "unit"):
                    st.query_params.pop(name, None)
                drafts.new_form()
                st.rerun()
            item_link(number, f"打开 {number}")
