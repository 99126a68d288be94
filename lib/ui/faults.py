"""Faults of pages: the person sees a Chinese sentence and a number, the log has the rest under that number."""

from __future__ import annotations

import logging

from lib import logs
from lib.ui import empty

log = logging.getLogger("minsheng.page")


def show(error: BaseException, page: str = "") -> None:
    """Say that this page cannot be shown. page: its slug, for the log."""
    number = logs.fault_number()
    extra = {"fault": number, **({"page": page} if page else {})}
    log.error("fault %s on page %s", number, page, exc_info=error, extra=extra)
    empty.fault(number)


def on_script_error(error: Exception) -> bool:
    """What Streamlit calls for errors outside of the page itself: callbacks, fragments. True: the person was told."""
    show(error)
    return True
