"""民情日记：走访中群众说了什么？"""

from __future__ import annotations

from lib.ui import layout, list_actions, list_visits

layout.records_header("民情日记", "走访中群众说了什么？")
list_actions.said()
list_visits.writing()
with layout.card("visits"):
    list_visits.notes()
