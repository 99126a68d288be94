"""督办清单：哪些事项要催办、要销号？"""

from __future__ import annotations

from lib.ui import list_page

list_page.page("supervision", "哪些事项要催办、要销号？")
