"""Offers belong to a session, lapse, and cannot be taken over."""

from __future__ import annotations

from lib.access.offers import KEPT_PER_SESSION, KEPT_SECONDS, Offer, Offers


def offer(owner: str = "a", content: bytes = b"x") -> Offer:
    return Offer(owner, lambda: content, "表.xlsx", "text/plain", "demo")


def test_only_the_owner_finds_an_offer():
    offers = Offers()
    ref = offers.register(offer("a"))
    assert offers.find(ref, "a") is not None
    assert offers.find(ref, "b") is None
    assert offers.find(ref, "") is None
    assert offers.find("other", "a") is None


def test_nobody_finds_an_offer_without_an_owner():
    offers = Offers()
    assert offers.find(offers.register(offer("")), "") is None


def test_the_same_page_keeps_its_address_and_gets_the_newer_file():
    offers = Offers()
    ref = offers.register(offer("a", b"old"))
    assert offers.register(offer("a", b"new"), ref) == ref
    found = offers.find(ref, "a")
    assert found is not None
    assert found.make() == b"new"


def test_the_name_of_another_session_is_not_taken_over():
    offers = Offers()
    ref = offers.register(offer("a", b"mine"))
    other = offers.register(offer("b", b"theirs"), ref)
    assert other != ref
    assert offers.find(ref, "b") is None
    mine = offers.find(ref, "a")
    assert mine is not None
    assert mine.make() == b"mine"


def test_an_offer_lapses_after_two_hours_unless_its_page_runs_again():
    now = [0.0]
    offers = Offers(lambda: now[0])
    left, kept = offers.register(offer()), offers.register(offer())
    now[0] = KEPT_SECONDS - 1
    offers.register(offer(), kept)
    now[0] = KEPT_SECONDS + 1
    assert offers.find(left, "a") is None
    assert offers.find(kept, "a") is not None


def test_each_session_keeps_its_newest_only():
    offers = Offers()
    other = offers.register(offer("b"))
    refs = [offers.register(offer("a")) for _ in range(KEPT_PER_SESSION + 3)]
    assert [ref for ref in refs if offers.find(ref, "a") is None] == refs[:3]
    assert offers.find(other, "b") is not None


def test_names_cannot_be_guessed():
    offers = Offers()
    refs = {offers.register(offer()) for _ in range(100)}
    assert len(refs) == 100
    assert min(len(ref) for ref in refs) >= 22
