"""复核与回头看：真解决了吗？"""

from __future__ import annotations

from lib.ui import choices, filters, layout, list_actions, list_reinspection, list_samples

PARTS = (list_reinspection.QUEUE, list_reinspection.DUE, list_samples.PART)

scope = filters.current_scope()
layout.header("复核与回头看", "真解决了吗？")
list_actions.said()
part = choices.option("reinspection", "part", "内容", PARTS)
if part == list_reinspection.QUEUE:
    list_reinspection.queue(scope)
elif part == list_reinspection.DUE:
    list_reinspection.due_items()
else:
    with layout.card("drawing"):
        list_samples.drawing(scope)
    list_samples.results()
