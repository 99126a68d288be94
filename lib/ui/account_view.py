"""Parts of 账号: the list with its search, adding one, and what may be done with one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.access.moments import city_time
from lib.access.roles import ROLES, Identity, NotAllowedError, Role
from lib.access.shared import shared_assessment
from lib.commands import CommandError
from lib.commands.accounts import (
    ADMINISTRATORS,
    ASSIGNABLE,
    AddAccount,
    ChangeRole,
    Command,
    DisableAccount,
    Done,
    EnableAccount,
    ResetPassword,
    handle,
)
from lib.config import Settings
from lib.documents import xlsx
from lib.store import NoDataError, active_pair
from lib.ui import show
from lib.ui.words import moment, plain

NAME = "账号列表"
STATES = ("正常", "待改密码", "已锁定", "已停用")
COLUMNS: show.Columns = {
    "name": show.column("账号", width=16), "display_name": show.column("姓名", width=16),
    "role_label": show.column("角色", width=12), "unit": show.column("单位", width=28),
    "origin_label": show.column("来源", width=14), "state": show.column("状态", width=22),
    "last_sign_in_at": show.column("最近登录", "moment"), "created_at": show.column("建立时间", "moment"),
}  # fmt: skip
# Session keys: what the dialog is about until it is closed (an account as it was clicked, or NEW), the temporary
# password it made, what the last act did, and how many dialogs there were.
_OPEN, _MADE, _SAID, _ROUND = "_account_open", "_account_made", "_account_said", "_account_round"
NEW: dict[str, Any] = {}
CHANGE_ROLE, RESET, DISABLE, ENABLE = "变更角色", "重置密码", "停用", "启用或解锁"
_EXPLAINED = {
    RESET: "生成新的临时密码，原密码立即失效，已登录的会话立即退出。",
    DISABLE: "停用后不能登录，已登录的会话立即退出；办理记录保留，可以再启用。",
    ENABLE: "解除停用和锁定，原密码不变。",
    CHANGE_ROLE: "变更后已登录的会话立即退出，重新登录后按新的角色和单位查看。",
}


def carry_out(command: Command) -> Done | None:
    """Carry out a command for the person of this run; a refusal is shown as its sentence."""
    try:
        return handle(shared_assessment(Settings.from_env()), command, loaders.identity(anew=True))
    except (CommandError, NotAllowedError) as error:
        st.error(plain(error), icon=":material/block:")
        return None


def account_list() -> None:
    """Search, list and export; a click on a row opens the account."""
    person = loaders.identity()
    frame = loaders.ask_records(answers.accounts, person, datetime.now(UTC))
    units = unit_names()
    frame["unit"] = [units.get(code, code) if code else None for code in frame["unit_code"]]
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        found = _searched(frame)
        if person.may("accounts", "write") and st.button("新建账号", type="primary", icon=":material/person_add:"):
            _open(NEW)
    said = st.session_state.pop(_SAID, None)
    if said:
        st.success(plain(said), icon=":material/check:")
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"共 **{len(found)}** 个账号", width="content")
        _export(found)
    shown = found.reset_index(drop=True)

    # A grid of its own after each dialog: a second click on the same cell would only take its mark away.
    key = f"table_{NAME}_{st.session_state.get(_ROUND, 0)}"

    def choose() -> None:
        for row in show.clicked(st.session_state[key]):
            _open(_record(shown.iloc[row]))

    show.grid(shown, COLUMNS, NAME, height=420 if len(shown) > 10 else "content", select=choose, key=key)
    st.caption("点击一行办理停用、重置密码或变更角色。")
    opened = st.session_state.get(_OPEN)
    if opened is not None:
        if opened:
            _account_dialog(opened, units)
        else:
            _add_dialog(units)


def unit_names() -> dict[str, str]:
    """Code → name of every unit; none before the first import."""
    try:
        return loaders.unit_names()
    except NoDataError:
        return {}


def _searched(frame: pd.DataFrame) -> pd.DataFrame:
    words = st.text_input("查找", key="account_words", placeholder="账号、姓名或单位", width=260, max_chars=60,
                          label_visibility="collapsed", autocomplete="off")  # fmt: skip
    role = st.selectbox("角色", list(ROLES), index=None, format_func=lambda r: ROLES[r], placeholder="全部角色",
                        width=170, label_visibility="collapsed", key="account_role")  # fmt: skip
    state = st.selectbox("状态", STATES, index=None, placeholder="全部状态", width=150, key="account_state",
                         label_visibility="collapsed")  # fmt: skip
    found = frame
    if words and words.strip():
        text = found["name"] + "\n" + found["display_name"] + "\n" + found["unit"].fillna("")
        found = found[text.str.contains(words.strip(), case=False, regex=False)]
    if role:
        found = found[found["role"] == role]
    if state:
        found = found[found["state"].str.startswith(state)]
    return found


def _export(frame: pd.DataFrame) -> None:
    known = show.fields(frame, COLUMNS)
    exported = frame[list(known)]
    facts = [("导出时间", moment(city_time(datetime.now(UTC)))), ("账号数", str(len(frame)))]
    if active_pair(Settings.from_env()) == "demo":
        facts.append(("注意", "演示数据"))
    show.download(show.EXPORT, lambda: xlsx.workbook(exported, known, NAME, facts), f"{NAME}.xlsx", show.XLSX,
                  resource="accounts", facts=facts, rows=len(frame))  # fmt: skip


def _open(account: dict[str, Any]) -> None:
    _close()
    st.session_state[_OPEN] = account


def _record(row: pd.Series) -> dict[str, Any]:
    """A row as it was clicked; what is missing is None, not a number that is none."""
    return {str(name): None if pd.isna(value) else value for name, value in row.items()}


def _close() -> None:
    if st.session_state.pop(_OPEN, None) is not None:
        st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    st.session_state.pop(_MADE, None)


@st.dialog("新建账号", on_dismiss=_close)
def _add_dialog(units: dict[str, str]) -> None:
    if _temporary_password():
        return
    name = st.text_input("账号", max_chars=32, placeholder="小写字母、数字，如 wangfang", autocomplete="off")
    display_name = st.text_input("姓名", max_chars=64, autocomplete="off")
    # Administrators are appointed by 安全管理员 or on the command line.
    role = _role_choice([role for role in ASSIGNABLE if role not in ADMINISTRATORS], None)
    unit = _unit_choice(units, None) if role == "unit" else None
    if st.button("新建并生成临时密码", type="primary"):
        done = carry_out(AddAccount(name, display_name, role or "", unit))
        if done is not None:
            st.session_state[_MADE] = (name.strip().lower(), done.temporary_password)
            st.rerun()


@st.dialog("账号", on_dismiss=_close)
def _account_dialog(account: dict[str, Any], units: dict[str, str]) -> None:
    if _temporary_password():
        return
    st.markdown(f"**{plain(account['display_name'])}**　:gray[{plain(account['name'])}　{account['origin_label']}]")
    unit = f"　{plain(account['unit'])}" if account["unit"] else ""
    st.markdown(f"{account['role_label']}{unit}　:gray[{account['state']}]")
    possible = _possible(loaders.identity(), account)
    if not possible:
        st.caption(_why_nothing(account))
        return
    act = st.segmented_control("办理", possible, label_visibility="collapsed", key=f"account_act_{account['name']}")
    if act is None:
        st.caption("请选择要办理的事项。")
        return
    st.caption(_EXPLAINED[act])
    name, version = str(account["name"]), int(account["version"])
    command: Command | None = None
    if act == CHANGE_ROLE:
        role = _role_choice(list(ASSIGNABLE), account["role"])
        unit_code = _unit_choice(units, account["unit_code"]) if role == "unit" else None
        command = ChangeRole(name, role or "", unit_code, version)
    elif act == RESET:
        command = ResetPassword(name, version)
    elif act == DISABLE:
        command = DisableAccount(name, version)
    elif act == ENABLE:
        command = EnableAccount(name, version)
    if command is not None and st.button(f"确认{act}", type="primary"):
        done = carry_out(command)
        if done is None:
            return
        if done.temporary_password:
            st.session_state[_MADE] = (name, done.temporary_password)
        else:
            _close()
            st.session_state[_SAID] = f"账号 {name} 已办理：{act}"
        st.rerun()


def _possible(person: Identity, account: dict[str, Any]) -> list[str]:
    """What the person may do with the account; the command checks it again."""
    if account["name"] == person.account or account["origin"] == "demo":
        return []
    possible = []
    if person.may("accounts", "roles") and account["origin"] != "kiosk":
        possible.append(CHANGE_ROLE)
    if person.may("accounts", "write"):
        if account["origin"] == "local" and account["role"] not in ADMINISTRATORS - {"system_admin"}:
            possible.append(RESET)
        if account["is_disabled"] or account["is_locked"]:
            possible.append(ENABLE)
        if not account["is_disabled"]:
            possible.append(DISABLE)
    return possible


def _why_nothing(account: dict[str, Any]) -> str:
    if account["origin"] == "demo":
        return "演示账号由系统自动维护，不能修改。"
    if account["name"] == loaders.identity().account:
        return "自己的账号不能在这里办理；修改密码请到“我的账号”。"
    return "您的角色不能办理这个账号。"


def _temporary_password() -> bool:
    """Show the password that was just made, once; False when there is none."""
    made = st.session_state.get(_MADE)
    if made is None:
        return False
    name, password = made
    st.markdown(f"账号 **{plain(name)}** 的临时密码：")
    st.code(password, language=None)
    st.caption("只显示这一次，请当面或通过安全渠道告知本人。首次登录须修改密码。")
    if st.button("已记下，关闭"):
        _close()
        st.rerun()
    return True


def _role_choice(roles: list[Role], current: str | None) -> str | None:
    index = roles.index(current) if current in roles else None
    return st.selectbox("角色", roles, index=index, format_func=lambda role: ROLES[role], placeholder="请选择",
                        key=f"account_new_role_{current or ''}")  # fmt: skip


def _unit_choice(units: dict[str, str], current: str | None) -> str | None:
    if not units:
        return st.text_input("单位编码", value=current or "", help="导入工单后可以按名称选择")
    codes = list(units)
    index = codes.index(current) if current in units else None
    return st.selectbox("单位", codes, index=index, format_func=lambda code: units[code],
                        placeholder="输入名称查找", filter_mode="contains")  # fmt: skip
