"""`POST /drafts/<form>`: keeps what somebody is typing, for the person of the session; answered after the commit.

The gate has looked at the session and at Origin before; nothing here is read back over the network.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lib.access.moments import city_time
from lib.access.roles import Identity, NotAllowedError
from lib.access.shared import shared_assessment
from lib.commands import CommandError
from lib.commands.lists.drafts import LARGEST_BYTES, SaveDraft, save_draft
from lib.config import Settings

PATH = "/drafts/{form}"
# The body is wrapped in a few words more than the draft itself.
_LARGEST_REQUEST = LARGEST_BYTES + 1024


def drafts_endpoint(read_settings: Callable[[], Settings], touch: Callable[[str], None]) -> Callable[[Request], Any]:
    """The handler of `/drafts/<form>`. touch: notes that the person of a session is at work.

    200 with the time at which the draft was kept; 401 without a session, 400 for what is no draft, 403 for roles
    that fill in nothing, 413 beyond 100 KB. Answers are JSON with `said`, a sentence.
    """

    def kept(person: Identity, command: SaveDraft) -> str:
        touch(person.session_ref)
        saved_at = save_draft(shared_assessment(read_settings()), person, command, now=datetime.now(UTC))
        return city_time(saved_at).strftime("%H:%M:%S")

    async def draft(request: Request) -> Response:
        if request.method != "POST":
            return Response(status_code=405, headers={"Allow": "POST", "Cache-Control": "no-store"})
        session = request.scope.get("state", {}).get("session")
        if session is None or not session.identity.session_ref:
            return _said("登录已失效，请重新登录", 401)
        raw = b""
        async for part in request.stream():
            raw += part
            if len(raw) > _LARGEST_REQUEST:
                return _said("内容超过100KB，草稿没有保存；请分几次录入", 413)
        command = _command(request.path_params["form"], raw)
        if command is None:
            return _said("草稿的格式不对，请刷新页面后重试", 400)
        try:
            saved_at = await run_in_threadpool(kept, session.identity, command)
        except NotAllowedError as error:
            return _said(str(error), 403)
        except CommandError as error:
            return _said(str(error), 400)
        return JSONResponse({"saved_at": saved_at}, headers={"Cache-Control": "no-store"})

    return draft


def _command(form: str, raw: bytes) -> SaveDraft | None:
    """What was sent, or None where it is no draft."""
    try:
        given = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(given, dict) or not isinstance(given.get("body"), dict):
        return None
    sequence = given.get("sequence")
    if not isinstance(sequence, int) or isinstance(sequence, bool) or not 0 < sequence < 2**31:
        return None
    return SaveDraft(form, given["body"], sequence)


def _said(sentence: str, status: int) -> Response:
    return JSONResponse({"said": sentence}, status_code=status, headers={"Cache-Control": "no-store"})
