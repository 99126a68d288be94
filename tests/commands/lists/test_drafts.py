"""Drafts: the newest counts, they are the person's own, and they end when their form is carried out."""

from datetime import timedelta

import pytest

from lib.access.roles import Identity, NotAllowedError
from lib.commands import CommandError
from lib.commands.lists import drafts, items
from lib.commands.lists.drafts import DropDraft, SaveDraft, draft_of, drafts_of, drop_draft, save_draft
from lib.schema import assessment as a
from tests.access.stores import rows
from tests.commands.lists.desks import NOW, keeper

ME = keeper("supervision").person
FORM = "add:supervision"


def save(store, sequence, text="草稿", form=FORM, person=ME, now=NOW, **more):
    return save_draft(store, person, SaveDraft(form, {"fields": {"title": text}, **more}, sequence), now=now)


def standing(store, form=FORM, account=ME.account):
    with store.reading() as conn:
        return draft_of(conn, account, form)


def test_the_newest_sequence_stands_and_an_older_one_changes_nothing(any_store):
    later = NOW + timedelta(seconds=1)
    assert save(any_store, 1, "一") == NOW.replace(tzinfo=None)
    assert save(any_store, 3, "三", now=later) == later.replace(tzinfo=None)
    assert save(any_store, 2, "二", now=later + timedelta(seconds=9)) == later.replace(tzinfo=None)
    found = standing(any_store)
    assert (found.body["fields"]["title"], found.sequence) == ("三", 3)
    drop_draft(any_store, ME, DropDraft(FORM))
    drop_draft(any_store, ME, DropDraft(FORM))
    assert standing(any_store) is None


def test_drafts_are_the_persons_own_and_of_one_form(store):
    other = keeper("supervision", second=True).person
    save(store, 1)
    save(store, 1, "报告", form="report:督2026-0012", now=NOW + timedelta(minutes=1))
    save(store, 5, "别人的", person=other)
    assert standing(store, account=other.account).body["fields"]["title"] == "别人的"
    with store.reading() as conn:
        assert [d.form for d in drafts_of(conn, ME.account)] == ["report:督2026-0012", FORM]
    drop_draft(store, other, DropDraft(FORM))
    assert standing(store) is not None


def test_a_form_that_was_carried_out_leaves_no_draft_not_even_a_late_one(any_store):
    key = "0" * 32
    save(any_store, 1, form_key=key)
    items.add(any_store, keeper("supervision"), items.AddItem("supervision", {"title": "x", "source": "other"},
                                                              form_key=key))  # fmt: skip
    assert standing(any_store) is None
    save(any_store, 2, "迟到的", form_key=key)
    assert standing(any_store) is None
    save(any_store, 1, "下一件", form_key="1" * 32)
    assert standing(any_store).body["fields"]["title"] == "下一件"


@pytest.mark.parametrize(
    ("form", "text", "said"),
    [
        ("../etc", "x", "表单名称"),
        ("add:" + "x" * 40, "x", "表单名称"),
        (FORM, "字" * 40_000, "100KB"),
    ],
)
def test_what_is_no_draft_is_refused(store, form, text, said):
    with pytest.raises(CommandError, match=said):
        save(store, 1, text, form=form)
    assert standing(store) is None


def test_nobody_fills_the_disk_with_drafts(store, monkeypatch):
    monkeypatch.setattr(drafts, "MOST_DRAFTS", 2)
    for number in range(2):
        save(store, 1, form=f"add:{number}")
    with pytest.raises(CommandError, match="先处理或放弃"):
        save(store, 1, form="add:2")
    save(store, 2, form="add:1")


@pytest.mark.parametrize("role", ["leader", "kiosk", "system_admin"])
def test_roles_that_fill_in_nothing_keep_none(store, role):
    with pytest.raises(NotAllowedError):
        save(store, 1, person=Identity("x", "某", role))


def test_strange_characters_do_not_hurt_and_the_history_stays_quiet(any_store):
    before = len(rows(any_store, a.audit_entries))
    save(any_store, 1, "a\0b\ud800😀")
    assert standing(any_store).body["fields"]["title"].startswith("ab")
    assert len(rows(any_store, a.audit_entries)) == before
