"""审计：谁在什么时候做了什么？"""

from __future__ import annotations

from lib import loaders
from lib.access.roles import require
from lib.ui import audit_view, layout

person = loaders.identity()
require(person, "audit")
layout.records_header("审计", "谁在什么时候做了什么？")
if person.may("audit", "reserved"):
    with layout.card("chain"):
        audit_view.chain(person)
with layout.card("entries"):
    audit_view.entry_list(person, audit_view.form(person))
