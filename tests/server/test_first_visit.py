import asyncio

import pytest

from lib.server.first_visit import open_pages
from lib.server.headers import SecurityHeaders, content_policy

LAST = b"last"


class Pages:
    """An application that answers each question with two messages, or never to the end."""

    def __init__(self, unfinished=()):
        self.unfinished, self.asked, self.left = unfinished, [], 0

    async def __call__(self, scope, receive, send):
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        question = (await receive())["bytes"]
        self.asked.append(question)
        await send({"type": "websocket.send", "bytes": b"first"})
        if question not in self.unfinished:
            await send({"type": "websocket.send", "bytes": LAST})
        assert (await receive())["type"] == "websocket.disconnect"
        self.left += 1


def opened(app, questions, seconds=5.0):
    return asyncio.run(open_pages(app, questions, lambda raw: raw == LAST, seconds))


def test_every_page_is_opened_in_a_session_that_is_left_again():
    pages = Pages()
    assert opened(pages, [b"overview", b"trends"]) == 2
    assert pages.asked == [b"overview", b"trends"]
    assert pages.left == 2


def test_the_visit_passes_the_gate():
    pages = Pages()
    assert opened(SecurityHeaders(pages, content_policy("sha256-x=")), [b"overview"]) == 1


def test_a_page_that_does_not_end_delays_the_start_no_longer_than_allowed():
    pages = Pages(unfinished=[b"trends"])
    assert opened(pages, [b"overview", b"trends", b"units"], seconds=0.3) == 1
    assert pages.asked == [b"overview", b"trends"]


def test_without_budget_nothing_is_opened():
    pages = Pages()
    assert opened(pages, [b"overview"], seconds=0) == 0
    assert pages.asked == []


def test_a_fault_of_the_application_is_not_hidden():
    async def broken(scope, receive, send):
        raise RuntimeError("no runtime")

    with pytest.raises(RuntimeError, match="no runtime"):
        opened(broken, [b"overview"])
