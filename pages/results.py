"""历次成效：历次月调度解决了什么，承诺兑现了没有？"""

from __future__ import annotations

from lib import loaders
from lib.ui import layout, list_actions, results

layout.records_header("历次成效", "历次月调度解决了什么，承诺兑现了没有？")
list_actions.said()
results.results(loaders.list_view())
