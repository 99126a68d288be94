"""Words from data inside our own sentences: escaped, and written as officials write them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~$:-])")


def plain(text: object) -> str:
    """Text that Markdown shows as it is: a name from an import never becomes a link, picture or formula."""
    return _MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))


def as_of(value: datetime) -> str:
    """How an as-of is written: 2026年10月31日 24:00 for the midnight that ends a day, else 2026年10月31日 17:30."""
    if (value.hour, value.minute, value.second) == (0, 0, 0):
        day = value - timedelta(days=1)
        return f"{day.year}年{day.month}月{day.day}日 24:00"
    return moment(value)


def moment(value: datetime) -> str:
    """2026年10月31日 17:30."""
    return f"{value.year}年{value.month}月{value.day}日 {value:%H:%M}"
