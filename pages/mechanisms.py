"""政策库与工具箱：调度留下了哪些长效机制？"""

from __future__ import annotations

from lib import loaders
from lib.ui import layout, list_actions, results

layout.records_header("政策库与工具箱", "调度留下了哪些长效机制？")
list_actions.said()
results.mechanisms(loaders.list_view())
