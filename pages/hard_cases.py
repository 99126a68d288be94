"""疑难包案：哪些事难、谁在包、离清零还有多远？"""

from __future__ import annotations

from lib import answers, loaders
from lib.ui import choices, filters, layout, list_hard_cases

PARTS = (list_hard_cases.ITEMS, list_hard_cases.TICKETS, list_hard_cases.WHISTLES)

scope = filters.current_scope()
layout.header("疑难包案", "哪些事难、谁在包、离清零还有多远？")
cases = loaders.ask_records(answers.hard_cases, loaders.list_view())
list_hard_cases.summary(cases)
part = choices.option("hard_cases", "part", "内容", PARTS)
if part == list_hard_cases.ITEMS:
    list_hard_cases.items(cases)
elif part == list_hard_cases.TICKETS:
    list_hard_cases.tickets(scope)
else:
    list_hard_cases.whistles(cases)
