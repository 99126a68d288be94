"""What a unit may know of its peers: their pooled rate, and only where it is the rate of many.

This is the one place where an answer looks beyond the asker's reach. What leaves it is pooled over the units
of a peer group of which at least OTHERS lie beyond the reach and have enough cases for a fair rate, so that no
single unit's figure can be worked out of it.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from lib.access.roles import EVERYTHING
from lib.answers.source import Source
from lib.scope import Scope

OTHERS = 5


def is_limited(source: Source, scope: Scope) -> bool:
    """True when the asker may not see every unit."""
    return source.access.reach is not None or scope.reach is not None


def unlimited(source: Source, scope: Scope) -> tuple[Source, Scope]:
    """The same question about all units. Its answer must be pooled before it is given (see enough_others)."""
    return replace(source, access=EVERYTHING), replace(scope, reach=None, unit_code=None, unit_codes=())


def enough_others(units: pd.DataFrame, scope: Scope) -> bool:
    """Whether a pooled rate of these units may be shown.

    units: rows of one peer group as by_dimension(…, "unit") gives them to somebody who may see all.
    """
    beyond = ~units["code"].isin(scope.reach or ())
    return int((beyond & ~units["is_small"] & units["value"].notna()).sum()) >= OTHERS
