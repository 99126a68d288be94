"""Charts as PNG, drawn on the server with its own fonts: nothing is fetched."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.sax.saxutils import escape

import vl_convert

# What the offices have on their machines is not what the server has; the first that is installed is taken.
CHINESE_FONTS = ("Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "Microsoft YaHei", "SimHei")
SCALE = 2.0
NOTE_HEIGHT = 24.0


def picture(chart: Any, width: int = 900, height: int = 360, note: str = "") -> bytes:
    """A PNG of an Altair chart or a Vega-Lite dict, on white, at twice the size for print.

    width and height in pixels replace sizes that only a browser can know ("container"). note: a line
    beneath the chart (as-of, 演示数据), because a picture travels without its page.
    Raises ValueError when the chart is not valid.
    """
    spec: dict[str, Any] = chart if isinstance(chart, dict) else chart.to_dict()
    spec = json.loads(json.dumps(spec))
    _fixed_size(spec, width, height)
    config = spec.setdefault("config", {})
    config.setdefault("font", ", ".join(CHINESE_FONTS))
    config.setdefault("background", "white")
    drawn = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    return bytes(vl_convert.svg_to_png(_with_note(drawn, note) if note else drawn, scale=SCALE))


def _with_note(drawn: str, note: str) -> str:
    """The SVG, higher by one line that holds the note."""
    size = re.search(r'width="([\d.]+)" height="([\d.]+)" viewBox="0 0 [\d.]+ [\d.]+"', drawn)
    if size is None:
        raise ValueError("the drawn chart does not say its size")
    width, height = float(size[1]), float(size[2])
    higher = height + NOTE_HEIGHT
    frame = f'width="{width}" height="{higher}" viewBox="0 0 {width} {higher}"'
    fonts = ", ".join(CHINESE_FONTS)
    line = (
        f'<rect y="{height}" width="{width}" height="{NOTE_HEIGHT}" fill="white"/>'
        f'<text x="5" y="{height + NOTE_HEIGHT - 8}" font-family="{fonts}" font-size="12" fill="#55626E">'
        f"{escape(note)}</text></svg>"
    )
    return drawn.replace(size[0], frame, 1).removesuffix("</svg>") + line


def _fixed_size(spec: dict[str, Any], width: int, height: int) -> None:
    """Give every part that asks for its container's size a size of its own."""
    for name, size in (("width", width), ("height", height)):
        if spec.get(name) == "container" or (name not in spec and ("mark" in spec or "layer" in spec)):
            spec[name] = size
    spec.pop("autosize", None)
    for part in ("hconcat", "vconcat", "concat"):
        for child in spec.get(part, ()):
            _fixed_size(child, width, height)
