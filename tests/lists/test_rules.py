"""The rule file of the suggestions: what stands in it, from when to when, and what is refused."""

from datetime import date, datetime

import pytest
import yaml

from lib.config import ConfigError
from lib.lists.rules import PARAMETERS, RULES_FILE, read_rules

SHIPPED = yaml.safe_load(RULES_FILE.read_text("utf-8"))


def written(tmp_path, **changes):
    """The shipped file with one entry of `reworked` changed, or other rules altogether."""
    said = yaml.safe_load(RULES_FILE.read_text("utf-8"))
    said["rules"] = changes.pop("rules", None) or [{**said["rules"][0], **changes}]
    file = tmp_path / "nomination_rules.yaml"
    file.write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
    return file


def test_every_rule_of_the_issue_is_shipped_and_says_its_numbers():
    rules = read_rules().on(date(2026, 11, 1))
    assert set(rules) == set(PARAMETERS)
    for rule in rules.values():
        assert "{" not in rule.definition
    assert "不少于3轮" in rules["reworked"].definition


def test_a_changed_rule_holds_from_its_day_and_the_version_names_the_file(tmp_path):
    old = {**SHIPPED["rules"][0], "valid_to": date(2026, 7, 1)}
    new = {**SHIPPED["rules"][0], "valid_from": date(2026, 7, 1), "parameters": {"window_days": 60, "rounds": 4}}
    book = read_rules(written(tmp_path, rules=[old, new]))
    assert book.on(date(2026, 6, 30))["reworked"].parameters["rounds"] == 3
    assert book.on(date(2026, 7, 1))["reworked"].parameters["rounds"] == 4
    assert book.at(datetime(2026, 7, 1))["reworked"].parameters["rounds"] == 3  # the midnight ends 30 June
    assert book.on(date(2019, 1, 1)) == {}
    assert book.version != read_rules().version
    assert len(read_rules().version) <= 32


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"key": "guessed"}, "不认识规则 guessed"),
        ({"definition": "多次", "parameters": {"rounds": 3}}, "参数应为 window_days、rounds"),
        ({"parameters": {"window_days": 90, "rounds": 0}}, "不小于1的整数"),
        ({"problem_type": "bad"}, "problem_type 只能是"),
        ({"valid_to": date(2019, 1, 1)}, "valid_to 须晚于 valid_from"),
        ({"valid_from": "昨天"}, "不是日期"),
        ({"definition": "不少于{none}轮"}, "缺少或写错字段"),
    ],
)
def test_a_wrong_rule_is_refused_with_a_sentence(tmp_path, changes, said):
    with pytest.raises(ConfigError, match=said):
        read_rules(written(tmp_path, **changes))


def test_two_rules_of_one_key_may_not_hold_at_once(tmp_path):
    with pytest.raises(ConfigError, match="两条同时有效"):
        read_rules(written(tmp_path, rules=[SHIPPED["rules"][0], SHIPPED["rules"][0]]))


def test_a_missing_file_and_no_yaml_say_so(tmp_path):
    with pytest.raises(ConfigError, match="读不出来"):
        read_rules(tmp_path / "none.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("rules: [", "utf-8")
    with pytest.raises(ConfigError, match="缺少或写错字段"):
        read_rules(broken)
