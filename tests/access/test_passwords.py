"""Passwords: what may be one, and how it is kept."""

from __future__ import annotations

import pytest
from argon2.profiles import RFC_9106_LOW_MEMORY

from lib.access import passwords
from lib.access.passwords import STANDARD, Hashing
from tests.access.stores import QUICK


@pytest.mark.parametrize("password", ["Xiheqiao-88", "三月桥头Ab12柳絮飞了", "tr0ub4dor&3Z", "kettle 7 Orchard"])
def test_a_good_password_has_no_faults(password):
    assert passwords.faults(password, "wang", "王芳") == []


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("Ab1!xyz", "至少10位"),
        ("Ab1!" + "kettleorch" * 13, "最多128位"),
        ("abcdefghij12", "至少三类"),
        ("WangLei-2026x", "不能包含账号名或姓名"),
        ("Ab12王芳-kettle", "不能包含账号名或姓名"),
        ("Admin@123456", "过于常见"),
        ("P@ssw0rd2026", "过于常见"),
        ("1qaz@WSX3edc", "过于常见"),
        ("Anyang#20261", "过于常见"),
        ("Ab1Ab1Ab1Ab1", "过于常见"),
        ("Kettle7-or\nchard", "不可见字符"),
    ],
)
def test_each_rule_has_its_sentence(password, said):
    found = passwords.faults(password, "wanglei", "王芳")
    assert len(found) == 1, found
    assert said in found[0]


def test_every_broken_rule_is_named_at_once():
    assert len(passwords.faults("wang", "wang")) == 4


def test_temporary_passwords_keep_the_rules_and_differ():
    made = {passwords.generate() for _ in range(50)}
    assert len(made) == 50
    assert [passwords.faults(password) for password in made] == [[]] * 50
    assert not set("".join(made)) & set("0O1lI")


def test_a_hash_knows_its_password_only():
    stored = QUICK.hash("Kettle-7orchard")
    assert QUICK.hash("Kettle-7orchard") != stored
    assert QUICK.matches(stored, "Kettle-7orchard")
    assert QUICK.matches(stored, "Ｋettle－７orchard"), "the input method's full-width characters are the same"
    for wrong in ("kettle-7orchard", "", "Kettle-7orchard "):
        assert not QUICK.matches(stored, wrong)
    assert not QUICK.matches("not a hash", "Kettle-7orchard")


def test_without_a_hash_the_same_work_is_done(monkeypatch):
    hashing = Hashing(QUICK.parameters)
    verified = []
    verify = hashing._verify
    monkeypatch.setattr(
        hashing, "_verify", lambda stored, password: verified.append(stored) or verify(stored, password)
    )
    assert not hashing.matches(None, "Kettle-7orchard")
    assert verified
    assert verified[0].split("$")[:4] == QUICK.hash("x").split("$")[:4], "a dummy of other cost would tell"


def test_the_product_uses_the_profile_of_the_standard():
    stored = STANDARD.hash("Kettle-7orchard")
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert STANDARD.parameters == RFC_9106_LOW_MEMORY
    assert STANDARD.matches(stored, "Kettle-7orchard")
    assert not STANDARD.is_outdated(stored)
    assert STANDARD.is_outdated(QUICK.hash("Kettle-7orchard"))
