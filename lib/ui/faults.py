"""What a page shows in place of what failed: a sentence and what to do; for what nobody foresaw, a number."""

from __future__ import annotations

import logging

from lib import logs
from lib.access.roles import NotAllowedError
from lib.access.runs import SignedOutError
from lib.config import ConfigError
from lib.store import DamagedDataError, NoDataError
from lib.ui import empty

log = logging.getLogger("minsheng.page")


def show(error: Exception, page: str = "") -> None:
    """The designed state for the error. page: its slug, for the log."""
    if isinstance(error, SignedOutError):
        empty.signed_out(str(error))
    elif isinstance(error, ConfigError):
        log.error("wrong setting: %s", error)
        empty.state("系统设置有误", str(error), icon=":material/error:")
    elif isinstance(error, NotAllowedError):
        empty.state("没有权限", str(error), icon=":material/block:")
    elif isinstance(error, NoDataError):
        empty.no_data(str(error))
    elif isinstance(error, DamagedDataError):
        log.error("the ticket data cannot be read", exc_info=error)
        empty.damaged(str(error))
    else:
        number = logs.fault_number()
        extra = {"fault": number, **({"page": page} if page else {})}
        log.error("fault %s on page %s", number, page, exc_info=error, extra=extra)
        empty.fault(number)


def on_script_error(error: Exception) -> bool:
    """What Streamlit calls for errors outside of the page itself: callbacks, fragments. True: the person was told."""
    show(error)
    return True
