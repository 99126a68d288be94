"""Which letter may be issued when and by whom, what it is called and numbered."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lib.config import CITIES_DIR, ConfigError
from lib.lists.letters import LETTERS, document_no, issued_by, placeholders, refusal, titled, word_of
from lib.lists.profile import load_lists, read_lists
from lib.lists.reply import ReplyError, _numbered, number
from lib.schema.list_terms import STATES


def test_every_letter_is_offered_exactly_where_nothing_stands_against_it() -> None:
    for kind in ("problem", "supervision"):
        for state in (None, *STATES):
            offered = set(issued_by(kind, state))
            assert offered == {key for key in LETTERS if refusal(key, kind, state) is None}


def test_each_office_issues_its_own() -> None:
    assert "hand_over" in issued_by("problem", "handling")
    assert "hand_over" not in issued_by("supervision", "handling")
    assert issued_by("supervision") == ["report", "circular"]
    assert issued_by("problem") == []
    assert "handed_over" not in LETTERS["notice"].states


def test_numbers_run_by_the_word_of_the_office_and_forms_by_their_own() -> None:
    demo, anyang = load_lists("demo"), load_lists("anyang")
    assert word_of(LETTERS["notice"], "supervision", anyang) == "安督办"
    assert word_of(LETTERS["extension"], "supervision", demo) == "示督办审"
    assert word_of(LETTERS["hand_over"], "problem", demo) == "示热办"
    assert document_no("安督办", 2026, 15) == "安督办〔2026〕15号"


def test_headings_hold_the_matter_cut_to_two_lines() -> None:
    assert titled(LETTERS["escalation"], "供水改造", "") == "关于提级督办“供水改造”的函"
    assert len(titled(LETTERS["escalation"], "长" * 200, "")) == 36
    assert titled(LETTERS["report"], "", "督办清单") == "关于督办清单办理情况的专报"


def test_letters_about_a_list_name_nothing_of_an_item() -> None:
    assert "事项" in placeholders("notice")
    assert "事项" not in placeholders("report")


@pytest.mark.parametrize("words", ["{problem: 示督办, supervision: 示督办}", "{problem: '', supervision: 示督办}",
                                   "{problem: 示督办督办督办督办督办督办, supervision: 示督}"])  # fmt: skip
def test_words_of_numbers_are_checked(tmp_path: Path, words: str) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(CITIES_DIR / "demo", folder)
    file = folder / "lists.yaml"
    said = file.read_text("utf-8").replace("{problem: 示热办, supervision: 示督办}", words)
    file.write_text(said, "utf-8")
    with pytest.raises(ConfigError, match="document_words"):
        read_lists(folder)


def test_every_slip_of_one_character_in_a_reply_number_is_noticed() -> None:
    right = number("demo", "督2026-0012", "S01/2")
    assert _numbered(right, "demo") == ("督2026-0012", "S01/2")
    seen = 0
    for place, old in enumerate(right):
        for new in "0379ZK督问/":
            wrong = right[:place] + new + right[place + 1 :]
            if new != old and new.upper() != old:
                with pytest.raises(ReplyError):
                    _numbered(wrong, "demo")
                seen += 1
    assert seen > 100
