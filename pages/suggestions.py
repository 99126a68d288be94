"""拟列建议：哪些事项值得列入清单？"""

from __future__ import annotations

from lib import answers, loaders
from lib.ui import layout, list_suggestion, list_suggestions

layout.header("拟列建议", "哪些事项值得列入清单？", scoped=False)
desk = loaders.desk()
view = loaders.view_of(desk)
may_decide = desk.person.may("suggestions", "write")
list_suggestions.run_bar(view, desk if may_decide else None)
asked = list_suggestions.bar(view)
list_suggestions.rules(view, asked)
with layout.card("suggestions"):
    frame = loaders.ask_records(answers.suggestions, view, asked)
    list_suggestions.listing(frame, asked, may_decide)
list_suggestion.opened(desk, view)
