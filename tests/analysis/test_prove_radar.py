"""The promises of the topic radar at length: `python -m lib prove radar` on six generated cities."""

import json

import pytest

from lib.cli import main

pytestmark = pytest.mark.proof


def test_surges_are_found_in_time_with_few_false_alarms_and_forecasts_hold(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(tmp_path))
    assert main(["prove", "radar", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert figures["detected"] >= 0.9
    assert figures["false_alarms_per_category_year"] <= 1
    assert 0.75 <= figures["forecast_coverage"] <= 0.85
    assert figures["mae_ratio"] < 1
    assert figures["surges"] >= 300
    assert figures["category_years"] >= 1000
