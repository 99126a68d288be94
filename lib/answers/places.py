"""Density on the map: hexagons of tickets with coordinates, small cells suppressed."""

from __future__ import annotations

import h3
import pandas as pd

from lib.answers.source import Source
from lib.queries.hexes import grid_counts
from lib.scope import Scope


def hex_density(source: Source, scope: Scope, resolution: int = 8) -> pd.DataFrame:
    """One row per H3 hexagon with enough received tickets: hex, received; most first.

    Hexagons below the city's small_cell are left out, because they could point at a household;
    attrs: "suppressed_cells", "suppressed_tickets", "located_tickets" say how much that is.
    """
    grid = grid_counts(source.conn, scope, scope.period.cut(source.as_of), as_of=source.as_of)
    cells = [
        h3.latlng_to_cell(lat, lon, resolution) for lat, lon in zip(grid["latitude"], grid["longitude"], strict=True)
    ]
    frame = grid.assign(hex=cells).groupby("hex", as_index=False)["received"].sum()
    shown = frame[frame["received"] >= source.city.rules.small_cell]
    shown = shown.sort_values(["received", "hex"], ascending=[False, True], ignore_index=True)
    hidden = len(frame) - len(shown)
    located = int(frame["received"].sum())
    shown.attrs = {
        "suppressed_cells": hidden,
        "suppressed_tickets": located - int(shown["received"].sum()),
        "located_tickets": located,
    }
    return shown
