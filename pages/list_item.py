"""清单事项：这件事办到哪一步、下一步谁来办？"""

from __future__ import annotations

from lib.ui import layout, list_item_page

layout.records_header("清单事项", "办到哪一步、下一步谁来办？")
list_item_page.page()
