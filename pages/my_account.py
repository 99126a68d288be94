"""我的账号：谁用我的账号登录过？"""

from __future__ import annotations

import streamlit as st

from lib.ui import layout, own_account_view

layout.records_header("我的账号", "谁用我的账号登录过？")
left, right = st.columns([1, 2], gap="small")
with left:
    own_account_view.password()
with right:
    own_account_view.open_sessions()
    own_account_view.sign_ins()
