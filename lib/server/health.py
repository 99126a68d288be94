"""Health for monitoring: does the ticket data open, and which version is shown."""

from __future__ import annotations

import logging
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from lib.config import Settings
from lib.store import DAMAGED, DamagedDataError, NoDataError, open_store

logger = logging.getLogger(__name__)


def check(settings: Settings) -> tuple[int, dict[str, object]]:
    """Open the current version as a page would and read from it: status code and what to say.

    200 with version and as_of; 503 with a Chinese sentence when there is no data or it is damaged. The facts
    are read as well as the pointer: a truncated file may still open.
    """
    try:
        store = open_store(settings)
    except (NoDataError, DamagedDataError) as error:
        return 503, {"status": "unavailable", "reason": str(error)}
    except (SQLAlchemyError, OSError) as error:
        logger.exception("health: the ticket database cannot be reached")
        return 503, {"status": "unavailable", "reason": f"工单库无法打开（{type(error).__name__}），请检查数据库服务"}
    try:
        count = store.count_tickets()
    except SQLAlchemyError:
        logger.exception("health: the ticket database opens but cannot be read")
        return 503, {"status": "unavailable", "reason": DAMAGED}
    finally:
        store.dispose()
    pointer = store.pointer
    return 200, {
        "status": "ok",
        "version": pointer.version,
        "as_of": pointer.as_of.isoformat(),
        "published_at": pointer.published_at.isoformat(),
        "city": pointer.city,
        "is_demo": pointer.is_demo,
        "tickets": count,
    }


def health_endpoint(read_settings: Callable[[], Settings]) -> Callable[[Request], object]:
    """The handler of `/healthz`; the settings are read at each call, as pages do."""

    async def healthz(_request: Request) -> JSONResponse:
        status, body = await run_in_threadpool(check, read_settings())
        return JSONResponse(body, status_code=status)

    return healthz
