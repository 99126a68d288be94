"""Streamlit's front end in Chinese: its own words are English and it offers no translation.

At start the pinned front-end files are read, the literals of `front_end_zh.yaml` replaced, and the results
served from memory. The page itself says `lang="zh-CN"`, which also picks the right Han glyphs. Rewritten files
keep their names, so unlike Streamlit's they must not be cached for ever: ETag and no-cache.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import yaml
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

TABLE = Path(__file__).with_name("front_end_zh.yaml")

# The picture in the browser's tab: a speech bubble with a rising line, in the colours of the charts. Named
# pictures (page_icon=":material/…:") would be fetched from outside.
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    "%3Cpath fill='%2312436D' d='M4 4h24a2 2 0 0 1 2 2v16a2 2 0 0 1-2 2H15l-7 6v-6H4"
    "a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z'/%3E"
    "%3Cpath fill='none' stroke='%23fff' stroke-width='3' d='M7 18l5-5 4 3 8-8'/%3E%3C/svg%3E"
)
# Exact strings of index.html and what stands there instead.
INDEX_LITERALS = {
    '<html lang="en">': '<html lang="zh-CN">',
    'href="./favicon.png"': f'href="{ICON}"',
    # An old browser is led away before it fails to read the rest (see lib/server/compat.py).
    "<title>Streamlit</title>": "<title>民声看板</title>"
    '<script src="/compat-syntax.js"></script><script src="/compat.js"></script>',
    '<link rel="service-desc" href="./_stcore/agent/openapi.json" />': "",
}
_NOSCRIPT = re.compile(r"<noscript>.*?</noscript>", re.DOTALL)
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


class FrontEndError(Exception):
    """A literal is not in the installed front end: another Streamlit than the pinned one is installed."""


@dataclass(frozen=True)
class Asset:
    """One rewritten file: its bytes, media type and ETag."""

    body: bytes
    media_type: str
    etag: str

    @classmethod
    def of(cls, text: str, media_type: str) -> Asset:
        """Make one; the ETag is a hash of the bytes, so a new translation is fetched at once."""
        body = text.encode()
        return cls(body, media_type, f'"{hashlib.sha256(body).hexdigest()[:20]}"')

    def respond(self, request: Headers) -> Response:
        """200 with the bytes, or 304 where the browser holds them already."""
        headers = {"ETag": self.etag, "Cache-Control": "no-cache"}
        if self.etag in request.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(self.body, media_type=self.media_type, headers=headers)


@dataclass(frozen=True)
class FrontEnd:
    """The rewritten front end.

    index: the page every address of the application answers with. scripts: rewritten files by their path
    (`/static/js/…`). inline_script_hash: for the content policy.
    """

    index: Asset
    scripts: dict[str, Asset]
    inline_script_hash: str


def load_table(path: Path = TABLE) -> dict[str, dict[str, str]]:
    """File name without hash → {literal: replacement}."""
    table: dict[str, dict[str, str]] = yaml.safe_load(path.read_text("utf-8"))
    return table


def script_files(static_dir: Path, stem: str) -> list[Path]:
    """The built files of that name (`utils` has several, told apart by their hash)."""
    return sorted(path for path in (static_dir / "static" / "js").glob(f"{stem}.*.js"))


def build(static_dir: Path) -> FrontEnd:
    """Read and rewrite the installed front end. Raises FrontEndError when a literal is missing."""
    missing: list[str] = []
    scripts: dict[str, Asset] = {}
    for stem, literals in load_table().items():
        texts = {path: path.read_text("utf-8") for path in script_files(static_dir, stem)}
        missing += [f"{stem}: {old}" for old in literals if not any(old in text for text in texts.values())]
        for path, text in texts.items():
            changed = text
            # The longest first: a short literal may be part of a longer one.
            for old in sorted(literals, key=len, reverse=True):
                changed = changed.replace(old, literals[old])
            if changed != text:
                scripts[f"/static/js/{path.name}"] = Asset.of(changed, "text/javascript")
    page = (static_dir / "index.html").read_text("utf-8")
    missing += [f"index.html: {old}" for old in INDEX_LITERALS if old not in page]
    inline = _INLINE_SCRIPT.findall(page)
    if len(inline) != 1:
        missing.append("index.html: exactly one inline script")
    if missing:
        raise FrontEndError("Streamlit 前端与固定版本不符，缺少：" + "；".join(missing))
    for old, new in INDEX_LITERALS.items():
        page = page.replace(old, new)
    page = _NOSCRIPT.sub("<noscript><p>请启用 JavaScript 后打开民声看板。</p></noscript>", page)
    digest = base64.b64encode(hashlib.sha256(inline[0].encode()).digest()).decode()
    return FrontEnd(Asset.of(page, "text/html"), scripts, f"sha256-{digest}")


class ChineseFrontEnd:
    """ASGI middleware: answers the page and the rewritten scripts from memory, passes everything else on."""

    def __init__(self, app: ASGIApp, front_end: FrontEnd, own_paths: frozenset[str] = frozenset()) -> None:
        """own_paths: addresses of one segment that are answered by our own routes, such as `/healthz`."""
        self.app = app
        self.front_end = front_end
        self.own_paths = own_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        asset = self._asset(scope) if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") else None
        if asset is None:
            await self.app(scope, receive, send)
            return
        await asset.respond(Headers(scope=scope))(scope, receive, send)

    def _asset(self, scope: Scope) -> Asset | None:
        path: str = scope["path"]
        if script := self.front_end.scripts.get(path):
            return script
        # A page address is one segment without a dot; Streamlit's own and ours are left alone.
        is_page = re.fullmatch(r"/[^/.]*", path) is not None
        return self.front_end.index if is_page and path not in self.own_paths else None
