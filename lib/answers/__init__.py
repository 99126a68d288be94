"""Answers: queries composed with metrics. Pages, documents and the command line ask here.

Every answer is called as `answer(source, scope, *small_arguments)` and returns a picklable
dataclass or a DataFrame.
"""

from lib.answers.figures import Compared, Figure, Share, figures
from lib.answers.source import Source, for_category, for_unit

__all__ = ["Compared", "Figure", "Share", "Source", "figures", "for_category", "for_unit"]
