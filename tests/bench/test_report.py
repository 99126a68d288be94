import argparse
from datetime import date

import pandas as pd
import pytest

from lib.bench.command import _sizes
from lib.bench.measure import Measured
from lib.bench.report import document, machine, verdicts


def measured(cold=0.2, warm=0.05, ours=0.005, load=1.0, seconds=3.0):
    """One size with figures that reach every goal, unless told otherwise."""
    return Measured(
        tickets=1_000_000,
        made_seconds=30,
        main_mb=200,
        segments_mb=300,
        questions=pd.DataFrame(
            [("当月指标", True, ours, 0.3, 0.6)], columns=["label", "rollup", "ours", "direct", "pandas"]
        ),
        pandas_load=load,
        pandas_mb=2800,
        pages=pd.DataFrame(
            [("overview", "默认范围", cold, warm, 90, 60.0), ("overview", "三个筛选", 1.5, warm, 90, 60.0)],
            columns=["page", "scope", "cold", "warm", "elements", "sent_kb"],
        ),
        server_mb=500,
        start_seconds=3,
        bucket_groups=100,
        imported={"rows": 5000, "total_seconds": seconds, "publish_seconds": 2.0, "bytes_copied": 10**8},
    )


def missed(m):
    """Goals that were not reached."""
    return [line.split("|")[1].strip() for line in verdicts(m) if "**no**" in line]


def test_all_goals_reached():
    assert missed(measured()) == []


@pytest.mark.parametrize(
    ("change", "goal"),
    [
        ({"cold": 0.51}, "cold page, default scope or one filter"),
        ({"warm": 0.11}, "warm page, default scope or one filter"),
        ({"seconds": 5.1}, "import of 5,000 rows, reading included"),
        ({"ours": 0.1}, "rollup questions against pandas, which loads the table first"),
    ],
)
def test_a_missed_goal_is_said(change, goal):
    assert goal in missed(measured(**change))


def test_the_document_names_the_machine_and_every_table():
    text = document([measured()], date(2026, 11, 21))
    assert machine() in text
    for heading in ("## 1,000,000 tickets", "### Eight questions", "### Pages", "### Import and medians"):
        assert heading in text
    assert "2026-11-21" in text


def test_sizes_are_millions():
    assert _sizes("1,10") == (1.0, 10.0)
    for wrong in ("eins", "0", "-1"):
        with pytest.raises(argparse.ArgumentTypeError):
            _sizes(wrong)
