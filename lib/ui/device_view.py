"""投影设备, a part of the page 账号: the devices, registering one, revoking one."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from lib import loaders
from lib.access import devices as known
from lib.access.devices import Device
from lib.access.moments import city_time, clock
from lib.access.roles import NotAllowedError
from lib.access.shared import shared_assessment
from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.commands.devices import LABEL_LENGTH, RegisterDevice, Registered, RevokeDevice, register, revoke
from lib.config import Settings
from lib.ui import show
from lib.ui.words import moment, plain

TITLE = "投影设备"
# The code of the device that this person has just registered; shown until the next act, stored nowhere else.
_REGISTERED = "device_registered"


def devices() -> None:
    """The whole section; forms only for whom the matrix lets write accounts."""
    store, may_write = shared_assessment(Settings.from_env()), loaders.identity().may("accounts", "write")
    with store.reading() as conn:
        found = known.all_devices(conn, now=datetime.now(UTC))
    with st.container(border=True, key="card_devices", gap="xsmall"):
        st.markdown(f"**{TITLE}**　:gray[会议室的电脑，只能打开会议页面]")
        if found:
            show.grid(_table(found), _COLUMNS, TITLE, height="content")
        else:
            st.caption("还没有登记投影设备。登记后在会议室电脑的浏览器中打开本系统地址加 /kiosk，输入配对码即可。")
        if may_write:
            _registered()
            left, right = st.columns(2, gap="small")
            with left:
                _register_form(store)
            with right:
                _revoke_form(store, [d for d in found if d.state != "revoked"])


_COLUMNS: show.Columns = {
    "label": show.column("位置", width=20), "state": show.column("状态", width=12),
    "bound": show.column("绑定时间", width=18), "seen": show.column("最近使用", width=18),
    "ref": show.column("编号", width=18),
}  # fmt: skip


def _table(found: list[Device]) -> pd.DataFrame:
    rows = [
        {"label": d.label, "state": known.STATES[d.state], "bound": _said(d.bound_at), "seen": _said(d.last_seen_at),
         "ref": d.device_ref}
        for d in found
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _said(at: datetime | None) -> str:
    return moment(city_time(at)) if at else "—"


def _registered() -> None:
    made: Registered | None = st.session_state.get(_REGISTERED)
    if made is not None:
        st.success(
            f"已登记“{plain(made.label)}”。配对码 **{plain(made.code)}**，{clock(made.until)}前有效，只显示这一次。",
            icon=":material/tv:",
        )


def _register_form(store: AssessmentStore) -> None:
    with st.form("register_device", clear_on_submit=True):
        label = st.text_input("位置", max_chars=LABEL_LENGTH, placeholder="例如 市委一号会议室")
        if st.form_submit_button("登记并生成配对码"):
            st.session_state.pop(_REGISTERED, None)
            try:
                made = register(store, loaders.identity(anew=True), RegisterDevice(label), now=datetime.now(UTC))
            except (CommandError, NotAllowedError) as error:
                st.error(plain(error))
                return
            st.session_state[_REGISTERED] = made
            st.rerun()


def _revoke_form(store: AssessmentStore, open_devices: list[Device]) -> None:
    if not open_devices:
        return
    labels = {d.device_ref: d.label for d in open_devices}
    with st.form("revoke_device", clear_on_submit=True):
        chosen = st.selectbox(
            "停用设备", list(labels), index=None, format_func=labels.__getitem__, placeholder="请选择"
        )
        reason = st.text_input("停用原因", max_chars=100, placeholder="例如 会议室改造")
        if st.form_submit_button("停用"):
            st.session_state.pop(_REGISTERED, None)
            if chosen is None or not reason.strip():
                st.error("请选择设备并填写停用原因")
                return
            try:
                command = RevokeDevice(chosen, reason.strip())
                revoke(store, loaders.identity(anew=True), command, now=datetime.now(UTC))
            except (CommandError, NotAllowedError) as error:
                st.error(plain(error))
                return
            st.rerun()
