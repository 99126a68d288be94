"""文书与催办：今天该催谁，发了哪些文，单位报回来了没有？"""

from __future__ import annotations

from lib.ui import layout, list_letters

layout.records_header("文书与催办", "今天该催谁、发了哪些文？")
list_letters.page()
