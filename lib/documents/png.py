"""Charts as PNG, drawn on the server with its own fonts: nothing is fetched."""

from __future__ import annotations

import json
from typing import Any

import vl_convert

# What the offices have on their machines is not what the server has; the first that is installed is taken.
CHINESE_FONTS = ("Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "Microsoft YaHei", "SimHei")
SCALE = 2.0


def picture(chart: Any, width: int = 900, height: int = 360) -> bytes:
    """A PNG of an Altair chart or a Vega-Lite dict, on white, at twice the size for print.

    width and height in pixels replace sizes that only a browser can know ("container").
    Raises ValueError when the chart is not valid.
    """
    spec: dict[str, Any] = chart if isinstance(chart, dict) else chart.to_dict()
    spec = json.loads(json.dumps(spec))
    _fixed_size(spec, width, height)
    config = spec.setdefault("config", {})
    config.setdefault("font", ", ".join(CHINESE_FONTS))
    config.setdefault("background", "white")
    return bytes(vl_convert.vegalite_to_png(spec, scale=SCALE, allowed_base_urls=[]))


def _fixed_size(spec: dict[str, Any], width: int, height: int) -> None:
    """Give every part that asks for its container's size a size of its own."""
    for name, size in (("width", width), ("height", height)):
        if spec.get(name) == "container" or (name not in spec and ("mark" in spec or "layer" in spec)):
            spec[name] = size
    spec.pop("autosize", None)
    for part in ("hconcat", "vconcat", "concat"):
        for child in spec.get(part, ()):
            _fixed_size(child, width, height)
