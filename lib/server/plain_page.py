"""Small pages of the server itself, without Streamlit and without scripts: one card with a sentence."""

from __future__ import annotations

from html import escape

from markupsafe import Markup
from starlette.responses import HTMLResponse

from lib.server.front_end import ICON
from lib.server.templating import environment


def page(title: str, body: str, status: int = 200, *, head: str = "") -> HTMLResponse:
    """A whole page that nobody keeps, in the look of the sign-in page; it asks no database, so that it can stand
    for a fault. title is text; body and head are HTML whose texts are escaped already.
    """
    html = environment.get_template("message.html").render(
        icon=ICON, city="", wide=False, title=title, content=Markup(body), head=Markup(head)
    )
    return HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})


def message(title: str, sentence: str, status: int = 200, *, link: tuple[str, str]) -> HTMLResponse:
    """A sentence and a link on: (label, address)."""
    label, address = link
    return page(title, f'<p>{escape(sentence)}</p><p><a href="{escape(address)}">{escape(label)}</a></p>', status)


def leading_on(title: str, sentence: str, address: str) -> HTMLResponse:
    """A page that leads on by itself; people whose browser does not may follow the link."""
    head = f'<meta http-equiv="refresh" content="0;url={escape(address)}">'
    body = f'<p>{escape(sentence)}</p><p><a href="{escape(address)}">如没有自动进入，请点这里</a></p>'
    return page(title, body, head=head)
