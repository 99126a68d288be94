"""From tickets to findings: batches, events, templates, and which matter speaks for which."""

from datetime import datetime, timedelta

import pandas as pd
import pytest

from lib.analysis import nomination as a

START = datetime(2026, 9, 1, 9)
EVENT = {"event_days": 7, "event_percent": 60}
TEMPLATE = {"replies": 6, "similarity_percent": 80, "categories": 3, "share_percent": 10, "one_kind_percent": 30}
BULK = {"minutes": 3, "batch": 2, "tickets": 6, "share_percent": 15}
SAYS_NOTHING = "您好，您反映的问题我单位高度重视，已安排专人办理，感谢您的理解与支持。"


def replies(count, *, text=SAYS_NOTHING, unit="U1", days=3.0, kinds=6, place=None, first=0, start=START):
    """Replies of one unit: so many, one every `days`, over so many third-level categories."""
    return pd.DataFrame({
        "ticket_id": range(first, first + count), "unit_code": unit, "reply": text, "place_key": place,
        "category_code": [f"0101{k % kinds:02d}" for k in range(count)],
        "category2_code": [f"01{k % kinds:02d}" for k in range(count)],
        "received_at": [start + timedelta(days=days * k) for k in range(count)],
        "closed_at": [start + timedelta(days=days * k + 1) for k in range(count)],
    })  # fmt: skip


def of_substance(count, first=1000):
    """Replies that say something else each time."""
    texts = [
        f"经现场查看第{'甲乙丙丁戊己庚辛'[k % 8] * (k + 3)}段路面，{'更换修补清理加固疏通拆除'[k % 12] * 4}完成"
        for k in range(count)
    ]
    frame = replies(count, first=first)
    return frame.assign(reply=texts)


def template(*frames):
    return a.template_replies(pd.concat(frames, ignore_index=True), **TEMPLATE, **EVENT)


def test_one_reply_under_many_matters_is_found_with_its_figures():
    [found] = template(replies(8), of_substance(12))
    assert (found.rule, found.unit_code, found.tickets, found.minimum) == ("template_reply", "U1", tuple(range(8)), 6)
    assert (found.figures["tickets"], found.figures["unit_replies"], found.figures["categories"]) == (8, 20, 6)
    assert found.figures["share"] == pytest.approx(0.4)


@pytest.mark.parametrize(
    "near_miss",
    [
        pytest.param([replies(5), of_substance(12)], id="too few"),
        pytest.param([replies(8, days=0.3, kinds=1), of_substance(12)], id="one event within days"),
        pytest.param([replies(8, place="幸福小区"), of_substance(12)], id="one place over weeks"),
        pytest.param([replies(8, kinds=1), of_substance(40)], id="one matter explained alike"),
        pytest.param([replies(8), of_substance(120)], id="a small part of the unit's replies"),
        pytest.param([of_substance(40)], id="substance"),
    ],
)
def test_what_only_looks_alike_is_no_finding(near_miss):
    assert template(*near_miss) == []


def test_one_matter_is_found_when_it_is_most_of_what_the_unit_says():
    [found] = template(replies(10, kinds=1), of_substance(8))
    assert found.tickets == tuple(range(10))


def test_texts_of_two_units_do_not_add_up():
    assert template(replies(5), replies(5, unit="U2", first=50), of_substance(10)) == []


def closings(count, *, per_day=3, gap=1.0, left=30.0, kinds=4, days=1.0):
    """Closings of U1, so many a day, `gap` minutes apart, `left` minutes before the limit; received day by day."""
    rows = []
    for k in range(count):
        due = START.replace(hour=18) + timedelta(days=k // per_day)
        rows.append({
            "ticket_id": k, "unit_code": "U1", "category2_code": f"01{k % kinds:02d}", "place_key": None,
            "received_at": START + timedelta(days=days * (k // per_day) - 7), "due_at": due,
            "closed_at": due - timedelta(minutes=left) + timedelta(minutes=gap * (k % per_day)),
        })  # fmt: skip
    return pd.DataFrame(rows)


def test_batches_before_the_limit_are_found_with_their_figures():
    [found] = a.bulk_closings(closings(9), {"U1": 30}, **BULK, **EVENT)
    assert found.tickets == tuple(range(9))
    assert (found.figures["days"], found.figures["minutes_left"]) == (3, 29.0)
    assert found.remarks[0] == pytest.approx(30)


@pytest.mark.parametrize(
    ("frame", "closed"),
    [
        pytest.param(closings(9, gap=25), 30, id="one by one"),
        pytest.param(closings(4), 10, id="too few"),
        pytest.param(closings(9), 100, id="a small part of what the unit closes"),
        pytest.param(closings(9, kinds=1, days=0.1), 30, id="one event"),
    ],
)
def test_other_closings_are_no_finding(frame, closed):
    assert a.bulk_closings(frame, {"U1": closed}, **BULK, **EVENT) == []


def test_a_batch_is_so_many_within_the_minutes():
    times = pd.Series([START + timedelta(minutes=m) for m in (0, 2, 4, 20, 40, 41)])
    assert list(a.in_batches(times, 4, 3)) == [True, True, True, False, False, False]
    assert list(a.in_batches(times, 3, 2)) == [True, True, True, False, True, True]
    assert list(a.in_batches(times.iloc[:1], 3, 2)) == [False]


def test_a_place_speaks_for_the_requesters_who_brought_the_same_up():
    def rows(same, matter, ids):
        return [
            {"ticket_id": i, "same": same, "matter": matter, "category2_code": "0101", "unit_code": "U1"} for i in ids
        ]

    frame = pd.DataFrame(rows("place", "小区", range(6)) + rows("requester", "a", range(4))
                         + rows("requester", "b", (3, 10, 11, 12)))  # fmt: skip
    found = a.repeated_matters(frame, 4)
    assert [(f.matter[:2], len(f.tickets)) for f in found] == [(("place", "小区"), 6), (("requester", "b"), 4)]


def test_groups_name_the_unit_only_where_there_is_one():
    frame = pd.DataFrame({"ticket_id": [3, 1, 2], "unit_code": ["U1", "U1", "unmapped"],
                          "category2_code": ["0101", "0101", None], "round_count": [3, 4, 5]})  # fmt: skip
    first, second = a.by_unit_and_category("reworked", frame, "round_count")
    assert (first.unit_code, first.tickets, first.remarks) == ("U1", (1, 3), {3: 3, 1: 4})
    assert (second.unit_code, second.matter) == (None, ("unit", "unmapped", "category", "unmapped"))
