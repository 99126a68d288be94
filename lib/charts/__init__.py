"""Charts: tidy frame → Vega-Lite specification or deck.gl map. Pure functions; no Streamlit, no SQL."""

from lib.charts import titles
from lib.charts.bars import movers, ranked_bar, share_bar, worst_first
from lib.charts.funnel import funnel_plot
from lib.charts.heat import heat_profile
from lib.charts.series import trend_line
from lib.charts.style import Chart

__all__ = [
    "Chart",
    "funnel_plot",
    "heat_profile",
    "movers",
    "ranked_bar",
    "share_bar",
    "titles",
    "trend_line",
    "worst_first",
]
