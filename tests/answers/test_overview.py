"""The generated sentences claim what stands out, and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta

from lib.answers import funnel, hex_density, overview, paired, quality, unit_profile
from lib.period import Period
from lib.scope import Scope
from tests.answers.conftest import Publish
from tests.factories import create_callback, create_ticket

OCTOBER = Scope(Period.parse("2026-10"))
SEPTEMBER_2, OCTOBER_5 = datetime(2026, 9, 2, 9), datetime(2026, 10, 5, 9)


def answered(count: int, satisfied: int, received: datetime, **more) -> tuple[list[dict], list[dict]]:
    """`count` tickets of a day, each with one answer, `satisfied` of them good."""
    tickets, calls = [], []
    for n in range(count):
        word = "satisfied" if n < satisfied else "unsatisfied"
        ticket = create_ticket(received_at=received, satisfaction=word, **more)
        tickets.append(ticket)
        calls.append(create_callback(ticket["ticket_id"], called_at=received + timedelta(days=2), satisfaction=word))
    return tickets, calls


def joined(*groups: tuple[list[dict], list[dict]]) -> tuple[list[dict], list[dict]]:
    return [t for tickets, _ in groups for t in tickets], [c for _, calls in groups for c in calls]


def test_a_clear_rise_a_clear_fall_and_the_worst_place_are_named(publish: Publish) -> None:
    late = {"closed_at": SEPTEMBER_2 + timedelta(days=9)}
    source = publish(*joined(
        answered(200, 196, SEPTEMBER_2, **late), answered(100, 97, SEPTEMBER_2, district_code="410503", **late),
        answered(200, 192, OCTOBER_5), answered(100, 60, OCTOBER_5, district_code="410503"),
    ))  # fmt: skip
    improved, worsened, where = overview(source, OCTOBER).sentences
    assert improved.tone == "good"
    assert improved.text.startswith("按期办结率100.0%，比上月提高100.0个百分点")
    assert worsened.tone == "bad"
    assert "满意率84.0%，比上月下降13.7个百分点" in worsened.text
    assert worsened.query.metric_key in ("satisfaction_rate", "first_round_satisfaction_rate")
    assert where.text == "410503满意率最低（60.0%，低于目标35.0个百分点）。"
    assert where.scope.district_code == "410503"


def test_a_growing_stock_of_overdue_tickets_is_named_without_any_rate(publish: Publish) -> None:
    def overdue(count: int, due: datetime) -> list[dict]:
        fields = {"is_closed": False, "closed_at": None, "first_closed_at": None, "handling_hours": None}
        return [create_ticket(received_at=due - timedelta(days=3), due_at=due, **fields) for _ in range(count)]

    source = publish(overdue(10, SEPTEMBER_2) + overdue(60, OCTOBER_5))
    improved, worsened, _ = overview(source, OCTOBER).sentences
    assert worsened.text == "逾期未结70件，比上月上升600.0%。"
    assert worsened.query.metric_key == "overdue_open"
    assert improved.tone == "neutral"


def test_chance_is_called_chance(publish: Publish) -> None:
    source = publish(*joined(
        answered(60, 56, SEPTEMBER_2), answered(60, 57, SEPTEMBER_2, district_code="410503"),
        answered(60, 57, OCTOBER_5), answered(60, 55, OCTOBER_5, district_code="410503"),
    ))  # fmt: skip
    found = overview(source, OCTOBER)
    assert [s.tone for s in found.sentences] == ["neutral"] * 3
    assert "正常波动" in found.sentences[0].text
    assert found.sentences[2].text == "各区县满意率差异不显著，不作排序。"
    assert all("差异不显著" in place.text for place in found.places)


def test_too_few_answers_are_not_compared(publish: Publish) -> None:
    source = publish(*joined(answered(10, 0, OCTOBER_5), answered(10, 10, OCTOBER_5, district_code="410503")))
    found = overview(source, OCTOBER)
    assert "有效评价不足" in found.sentences[2].text
    assert found.places == ()
    assert "没有上月的可比数据" in found.sentences[0].text


def test_growing_matters_and_group_events_lead_to_their_tickets(publish: Publish) -> None:
    rows = [create_ticket(received_at=SEPTEMBER_2) for _ in range(40)]
    rows += [create_ticket(received_at=OCTOBER_5) for _ in range(41)]
    rows += [create_ticket(received_at=OCTOBER_5, category1_code="02", category2_code="0201", category_code="0201",
                           is_group_event=n < 3) for n in range(30)]  # fmt: skip
    found = overview(publish(rows), OCTOBER)
    assert [item.code for item in found.matters] == ["0201"]
    assert found.matters[0].text == "30件，比上月多30件"
    assert found.group_event_count == 3
    assert found.group_events[0].scope.category_code == "0201"


def test_small_units_stand_apart_in_the_funnel(publish: Publish) -> None:
    groups = [answered(80, 76 - n % 3, OCTOBER_5, unit_code=f"A{n}") for n in range(8)]
    source = publish(
        *joined(*groups, answered(80, 40, OCTOBER_5, unit_code="BAD"), answered(5, 0, OCTOBER_5, unit_code="TINY"))
    )
    frame = funnel(source, OCTOBER, "satisfaction_rate").set_index("code")
    assert frame.loc["BAD", "verdict_label"] == "显著偏低"
    assert frame.index[-1] == "TINY"
    assert frame.loc["TINY", "is_small"]
    assert frame["band"].isna()["TINY"]
    assert frame.loc["A0", "band"] == 1
    assert frame.loc["BAD", "band"] == 2


def test_a_units_profile_compares_it_with_its_peers(publish: Publish) -> None:
    source = publish(*joined(answered(50, 50, OCTOBER_5), answered(50, 25, OCTOBER_5, unit_code="U2")))
    profile = unit_profile(source, OCTOBER, "U2")
    assert profile.figures["satisfaction_rate"].value == 0.5
    peers = profile.peers.set_index("metric_key")
    assert peers.loc["satisfaction_rate", "peer_value"] == 0.75
    assert profile.matters["numerator"].sum() == 50
    assert overview(source, OCTOBER).pairs == paired(source, OCTOBER)
    assert [p.label for p in paired(source, OCTOBER)] == ["办结与满意", "速度与根治", "个案与共性"]


def test_small_hexagons_are_suppressed_and_said_so(publish: Publish) -> None:
    many = [create_ticket(longitude=114.3, latitude=36.1) for _ in range(12)]
    few = [create_ticket(longitude=114.5, latitude=36.2) for _ in range(9)]
    frame = hex_density(publish([*many, *few, create_ticket()]), OCTOBER)
    assert list(frame["received"]) == [12]
    assert frame.attrs == {"suppressed_cells": 1, "suppressed_tickets": 9, "located_tickets": 21}


def test_quality_counts_what_is_missing_and_unmapped(publish: Publish) -> None:
    faults = [{"closed_at": None}, {"district_code": "unmapped", "district_raw": "老城"}, {"due_at": None},
              {"handling_type": "urging", "due_at": None}]  # fmt: skip
    rows = [create_ticket(), *(create_ticket(**fault) for fault in faults)]
    found = quality(publish(rows), OCTOBER)
    fields = found.empty_fields.set_index("field")
    assert found.received == 4
    assert fields.loc["closed_at", ["expected", "empty"]].tolist() == [4, 1]
    assert fields.loc["district_code", "unmapped"] == 1
    assert found.doubtful.set_index("key").loc["without_due", "tickets"] == 1
    assert found.unmapped[["word", "tickets"]].to_numpy().tolist() == [["老城", 1]]
