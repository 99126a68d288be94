"""`python -m lib prove nomination`: how suggestions and cases are matched, and that the rules keep what is promised."""

import json

import pytest

from lib.cli import main
from lib.lists.rules import FUZZY, PARAMETERS
from lib.prove.nomination import Score, as_values, matched


def test_a_suggestion_matches_one_case_with_half_of_the_tickets_of_both():
    cases = [{1, 2, 3, 4}, {10, 11}]
    assert matched([{1, 2, 5, 6}, {10, 11, 12}], cases) == {0: 0, 1: 1}
    assert matched([{1, 5, 6, 7}], cases) == {}  # a quarter of it
    assert matched([{1}], cases) == {}  # a quarter of the case
    assert matched([{1, 2}, {3, 4}], cases[:1]) == {0: 0}  # not two for one
    assert matched([], cases) == {}


def test_as_many_as_possible_are_matched():
    # The first could take either case, the second only the first.
    assert matched([{1, 2, 3, 4}, {1, 2}], [{1, 2}, {3, 4}]) == {0: 1, 1: 0}


def test_shares_of_nothing_are_none_and_do_not_hold():
    empty = Score("overdue", "长期逾期")
    assert (empty.recall, empty.precision, empty.holds) == (None, None, False)
    good = Score("template_reply", "答复雷同", cases=10, suggestions=11, matched=9)
    assert (good.recall, good.holds) == (0.9, True)
    assert not Score("overdue", "长期逾期", cases=10, suggestions=10, matched=9).holds
    assert as_values(good)["precision"] == pytest.approx(9 / 11)


@pytest.mark.proof
def test_the_rules_find_what_was_hidden_and_little_else(capsys):
    assert main(["prove", "nomination", "--seeds", "404", "--json"]) == 0
    said = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert {row["rule"] for row in said["rules"]} == set(PARAMETERS)
    for row in said["rules"]:
        wanted = (0.9, 0.8) if row["rule"] in FUZZY else (1, 1)
        assert row["recall"] >= wanted[0], row
        assert row["precision"] >= wanted[1], row
        assert row["cases"] >= 3
    near = {row["rule"]: row["near_misses"] for row in said["rules"]}
    assert min(near[rule] for rule in FUZZY) >= 10
