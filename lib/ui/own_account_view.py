"""Parts of 我的账号: one's password, open sessions and attempts to sign in."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from lib import answers, loaders
from lib.access.passwords import MIN_LENGTH
from lib.access.roles import ROLES
from lib.commands.accounts import ChangeOwnPassword, EndSession
from lib.ui import layout, show
from lib.ui.account_view import carry_out
from lib.ui.words import moment, plain

SIGN_INS = "我的登录记录"
COLUMNS: show.Columns = {
    "at": show.column("时间", "moment"), "outcome": show.column("结果", width=14),
    "peer": show.column("网络地址", width=24), "browser": show.column("浏览器", width=30),
}  # fmt: skip


def password() -> None:
    """Change one's own password."""
    person = loaders.identity()
    with layout.card("own_password"):
        st.markdown(f"**修改密码**　:gray[{plain(person.account)}　{ROLES[person.role]}]")
        if not loaders.ask_records(answers.has_password, person):
            st.caption("您的账号在本系统没有密码：演示账号无需密码，统一身份认证的密码请在认证平台修改。")
            return
        with st.form("own_password", clear_on_submit=True, border=False):
            current = st.text_input("原密码", type="password", autocomplete="current-password")
            new = st.text_input("新密码", type="password", autocomplete="new-password")
            again = st.text_input("再输一次新密码", type="password", autocomplete="new-password")
            st.caption(f"至少{MIN_LENGTH}位，含大写字母、小写字母、数字、符号中的三类，不含账号名和姓名。")
            if not st.form_submit_button("修改密码", type="primary"):
                return
        if new != again:
            st.error("两次输入的新密码不一致")
        elif carry_out(ChangeOwnPassword(current, new)) is not None:
            st.success("密码已修改，其他地方登录的会话已退出。", icon=":material/check:")


def open_sessions() -> None:
    """Where one is signed in just now, each with a button that ends it."""
    with layout.card("own_sessions"):
        st.markdown("**正在登录的会话**　:gray[不认识的请结束，并修改密码]")
        ended: str | None = None
        for found in loaders.ask_records(answers.own_sessions, loaders.identity(), datetime.now(UTC)):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                mark = "（当前）" if found.is_current else ""
                st.markdown(
                    f"{plain(found.browser)}{mark}　:gray[{plain(found.peer)}　登录 {moment(found.started_at)}"
                    f"　最近操作 {moment(found.last_seen_at)}]",
                    width="content",
                )
                if not found.is_current and st.button("结束", key=f"end_{found.session_ref}", type="tertiary"):
                    ended = found.session_ref
        if ended is not None and carry_out(EndSession(ended)) is not None:
            st.rerun()


def sign_ins() -> None:
    """Who tried to sign in with one's account, failures included."""
    frame = loaders.ask_records(answers.own_sign_ins, loaders.identity())
    with layout.card("own_sign_ins"):
        st.markdown(f"**登录记录**　:gray[含失败的尝试，最近{answers.SHOWN_SIGN_INS}次]")
        show.grid(frame, COLUMNS, SIGN_INS, height=360 if len(frame) > 8 else "content")
