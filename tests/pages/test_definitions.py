"""指标口径: every metric of the catalogue, with its parts and an example that adds up."""

from __future__ import annotations

from lib.metrics.catalogue import CATALOGUE
from tests.pages.conftest import Opener, words


def test_every_metric_is_defined_with_an_example(open_page: Opener) -> None:
    said = words(open_page("definitions")).replace("\\", "")
    for metric in CATALOGUE.values():
        assert f"**{metric.label}**" in said
        assert metric.numerator_label in said
        assert metric.exclusions in said
    assert said.count("**本期算例**") == len(CATALOGUE)


def test_a_link_to_one_metric_shows_that_one(open_page: Opener) -> None:
    said = words(open_page("definitions", metric="return_rate"))
    assert said.count("**本期算例**") == 1
    assert "**退单率**" in said


def test_the_example_follows_the_scope(open_page: Opener) -> None:
    assert "2025年受理量为" in words(open_page("definitions", period="2025")).replace("\\", "")
