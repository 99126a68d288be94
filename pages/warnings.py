"""预警：哪些苗头和偏差要盯住？"""

from __future__ import annotations

from lib.ui import layout, list_actions, list_warnings

layout.records_header("预警", "哪些苗头和偏差要盯住？")
list_actions.said()
list_warnings.registering()
with layout.card("warnings"):
    list_warnings.register()
