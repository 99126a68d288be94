"""Kaplan–Meier against published figures and against a count by hand."""

import random

import pytest

from lib.analysis.survival import at_risk_after, kaplan_meier

# Weeks of remission under 6-MP: Freireich et al. (1963), the textbook example; intervals as SAS prints them.
ENDED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
WATCHED = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
PUBLISHED = [
    (6, 21, 3, 0.8571, 0.6197, 0.9516), (7, 17, 1, 0.8067, 0.5631, 0.9228), (10, 15, 1, 0.7529, 0.5032, 0.8894),
    (13, 12, 1, 0.6902, 0.4316, 0.8491), (16, 11, 1, 0.6275, 0.3675, 0.8049), (22, 7, 1, 0.5378, 0.2678, 0.7468),
    (23, 6, 1, 0.4482, 0.1881, 0.6801),
]  # fmt: skip


def test_the_textbook_example():
    found = kaplan_meier(ENDED + WATCHED, [True] * len(ENDED) + [False] * len(WATCHED))
    assert [tuple(row) for row in found.round(4).itertuples(index=False)] == PUBLISHED


def test_without_losses_it_is_the_plain_share():
    lots = random.Random(1)
    days = [lots.randint(0, 50) for _ in range(200)]
    found = kaplan_meier(days, [True] * 200)
    for row in found.itertuples():
        assert row.survival == pytest.approx(sum(day > row.day for day in days) / 200)
    assert found["survival"].iloc[-1] == pytest.approx(0)
    assert found["low"].isna().iloc[-1]


def test_the_interval_covers_the_truth_as_often_as_it_says():
    lots, covered, trials = random.Random(7), 0, 400
    for _ in range(trials):
        lasting = [lots.expovariate(1 / 100) for _ in range(80)]
        watched = [lots.uniform(20, 150) for _ in range(80)]
        pairs = list(zip(lasting, watched, strict=True))
        found = kaplan_meier([min(pair) for pair in pairs], [a <= b for a, b in pairs])
        last = found[found["day"] <= 60].iloc[-1]
        covered += last["low"] <= 2.718281828 ** (-60 / 100) <= last["high"]
    # 95 % of 400 with three standard deviations.
    assert 367 <= covered <= 393


def test_nothing_ended_and_nothing_watched():
    assert kaplan_meier([5, 9], [False, False]).empty
    assert list(kaplan_meier([], []).columns) == ["day", "at_risk", "ended", "survival", "low", "high"]
    assert at_risk_after([5, 9, 30], [0, 9, 10, 31]) == [3, 2, 1, 0]
    with pytest.raises(ValueError, match="negative"):
        kaplan_meier([-1], [True])
