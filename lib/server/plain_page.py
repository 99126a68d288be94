"""Small pages of the server itself, without Streamlit and without scripts: one card with a sentence."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse

_STYLE = """
body{margin:0;background:#F4F6F8;color:#1B2733;font:16px/1.7 'Noto Sans CJK SC','Noto Sans SC','Source Han Sans SC',
'Microsoft YaHei','PingFang SC',sans-serif}
main{max-width:26rem;margin:14vh auto 0;padding:2rem 2.2rem;background:#FFF;border:1px solid #D5DBE1;border-radius:6px}
.name{color:#55626E;font-size:.95rem}h1{font-size:1.35rem;margin:.2rem 0 .8rem}p{margin:.5rem 0}
a{color:#12436D}label{display:block;margin:.9rem 0 .3rem}
input{box-sizing:border-box;width:100%;font:inherit;padding:.45rem .6rem;border:1px solid #8A96A1;border-radius:6px}
button{margin-top:1.1rem;width:100%;font:inherit;padding:.5rem;border:0;border-radius:6px;background:#12436D;color:#FFF}
.why{color:#B3261E}.small{color:#55626E;font-size:.9rem}
footer{text-align:center;margin-top:1.4rem;color:#55626E;font-size:.85rem}
"""
FOOTER = "本系统不得处理、存储涉密信息"


def page(title: str, body: str, status: int = 200, *, head: str = "") -> HTMLResponse:
    """A whole page that nobody keeps. title is text; body and head are HTML whose texts are escaped already."""
    html = (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(title)} · 民声看板</title>'
        f'<meta name="viewport" content="width=device-width">{head}<style>{_STYLE}</style></head><body><main>'
        f'<div class="name">民声看板</div><h1>{escape(title)}</h1>{body}</main><footer>{FOOTER}</footer></body></html>'
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
