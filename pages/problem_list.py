"""问题清单：哪些问题要督促整改、要移交？"""

from __future__ import annotations

from lib.ui import list_page

list_page.page("problem", "哪些问题要督促整改、要移交？")
