"""Answers: queries composed with metrics. Pages, documents and the command line ask here.

Every answer is called as `answer(source, scope, *small_arguments)` and returns a picklable
dataclass or a DataFrame.
"""

from lib.answers.breakdown import BREAKDOWNS, by_dimension, funnel, peer_groups
from lib.answers.figures import Compared, Figure, Share, figures
from lib.answers.labels import dimension
from lib.answers.source import Source, for_category, for_unit
from lib.answers.trends import category_movers, channel_mix, hour_profile, trend, trends

__all__ = [
    "BREAKDOWNS",
    "Compared",
    "Figure",
    "Share",
    "Source",
    "by_dimension",
    "category_movers",
    "channel_mix",
    "dimension",
    "figures",
    "for_category",
    "for_unit",
    "funnel",
    "hour_profile",
    "peer_groups",
    "trend",
    "trends",
]
