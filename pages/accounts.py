"""账号：谁能用、能看什么？"""

from __future__ import annotations

from lib.ui import account_view, device_view, layout

layout.records_header("账号", "谁能用、能看什么？")
with layout.card("accounts"):
    account_view.account_list()
device_view.devices()
