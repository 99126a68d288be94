"""From whole lives to what the hotline's database would hold at the extraction: tickets and narrow facts.

What lies at or after the extraction has not happened. Derived fields follow the same definitions as
lib/ingest derives them by; tests compare the two.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import duckdb
from sqlalchemy import Table

from lib.demo.lives import has_place
from lib.schema import tickets as t

Emit = Callable[[Table, str], None]

MACROS = """
CREATE OR REPLACE TEMP MACRO seen(s) AS CASE WHEN s < {cut} THEN s END;
CREATE OR REPLACE TEMP MACRO moment(s) AS make_timestamp(s * 1000000);
CREATE OR REPLACE TEMP MACRO satisfaction_word(x) AS CASE x WHEN 's' THEN 'satisfied' WHEN 'b' THEN 'basically_satisfied'
    WHEN 'n' THEN 'unsatisfied' END;
CREATE OR REPLACE TEMP MACRO resolution_word(x) AS CASE x WHEN 'r' THEN 'resolved' WHEN 'p' THEN 'partly_resolved'
    WHEN 'n' THEN 'unresolved' END;
CREATE OR REPLACE TEMP MACRO day_hours(s) AS ({day_hours}) / 3600.0;
"""

# What has been seen by the extraction. `v_` marks what is cut; a unit is the one that holds the ticket by then.
_SEEN = """
CREATE OR REPLACE TEMP TABLE seen_a AS
WITH cutting AS (
    SELECT * EXCLUDE (unit, transfers),
        CASE WHEN referred THEN seen(dispatched) END AS v_dispatched,
        CASE WHEN referred THEN seen(acknowledged) END AS v_acknowledged,
        CASE WHEN referred THEN seen(contacted) END AS v_contacted,
        CASE WHEN referred THEN seen(returned_at) END AS v_returned,
        CASE WHEN referred AND transfers > 0 THEN seen(transferred_at) END AS v_transferred,
        CASE WHEN transfers > 0 AND seen(transferred_at) IS NOT NULL THEN transfers ELSE 0 END AS transfers,
        CASE WHEN transfers > 0 AND seen(transferred_at) IS NULL THEN first_unit ELSE unit END AS unit,
        dispatched + secs(0.8 * (original_due - dispatched)) AS extended_at,
        seen(closed1) AS v_closed1, seen(again1) AS v_again1, seen(closed2) AS v_closed2,
        seen(again2) AS v_again2, seen(closed3) AS v_closed3,
        seen(called1) AS v_called1, seen(called2) AS v_called2, seen(called3) AS v_called3,
        seen(called4) AS v_called4, seen(called5) AS v_called5,
        seen(answered1) AS v_answered1, seen(answered2) AS v_answered2,
        CASE WHEN sat3 IS NOT NULL THEN seen(called5) END AS v_answered3,
        CASE WHEN sat3 IS NULL THEN NULL WHEN sat3 = 'n' THEN 'n' ELSE 'r' END AS res3
    FROM life_c
), rounds AS (
    SELECT *, 1 + (v_again1 IS NOT NULL)::INTEGER + (v_again2 IS NOT NULL)::INTEGER AS round_count,
        referred AND extensions > 0 AND seen(extended_at) IS NOT NULL AND (closed1 IS NULL OR extended_at < closed1) AS is_extended
    FROM cutting
), finals AS (
    SELECT *, CASE round_count WHEN 1 THEN v_closed1 WHEN 2 THEN v_closed2 ELSE v_closed3 END AS v_final,
        CASE WHEN v_dispatched IS NULL THEN NULL WHEN is_extended THEN due ELSE original_due END AS v_due
    FROM rounds
), lost AS (
    SELECT *, coalesce(referred AND round_count = 1 AND v_final IS NOT NULL AND v_called1 IS NULL AND u(i, 100) < 0.02, false)
        AS lost_closing
    FROM finals
)
SELECT l.*, {has_place} AS has_place, l.parent > 0 AS is_urging,
    coalesce(referred AND v_final IS NOT NULL AND NOT lost_closing AND u(i, 88) < 0.015, false) AS asks_exclusion,
    coalesce(referred AND v_final IS NOT NULL AND NOT lost_closing AND u(i, 88) < 0.012
        AND seen(v_final + 3 * 86400) IS NOT NULL, false) AS is_excluded,
    strftime(moment(s), '%Y%m%d') || lpad(i::VARCHAR, 8, '0') AS ticket_no,
    CASE WHEN v_answered3 IS NOT NULL THEN sat3 WHEN v_answered2 IS NOT NULL THEN sat2 WHEN v_answered1 IS NOT NULL THEN sat1 END
        AS v_sat,
    CASE WHEN v_answered3 IS NOT NULL THEN res3 WHEN v_answered2 IS NOT NULL THEN res2 WHEN v_answered1 IS NOT NULL THEN res1 END
        AS v_res,
    greatest(s, v_dispatched, v_acknowledged, v_contacted, v_returned, v_transferred, v_closed1, v_again1, v_closed2,
        v_again2, v_closed3, v_called1, v_called2, v_called3, v_called4, v_called5, seen(last_urged)) AS last_event
FROM lost l
"""

_TICKETS = """
SELECT x.i AS ticket_id, '{source}' AS source_code, x.ticket_no,
    CASE WHEN is_urging THEN strftime(moment(parent_s), '%Y%m%d') || lpad(x.parent::VARCHAR, 8, '0') END AS parent_ticket_no,
    1 AS import_no, {segment} AS segment_no,
    CASE x.ht WHEN 0 THEN 'desk' WHEN 1 THEN 'referred' ELSE 'urging' END AS handling_type,
    ({request_types})[1 + x.req] AS request_type, (['normal', 'urgent', 'emergency'])[1 + urg] AS urgency,
    CASE WHEN u(x.i, 85) < on_officials THEN 'official' WHEN u(x.i, 86) < 0.0002 THEN 'secret'
         WHEN u(x.i, 86) < 0.0005 THEN 'threat' END AS restricted_class,
    u(x.i, 83) < business AS is_enterprise,
    x.req IN (1, 2) AND NOT is_urging AND u(x.i, 87) < 0.0005 AS is_group_event,
    round_count >= 3 OR transfers >= 3 OR (amount > 10 AND u(x.i, 90) < 0.06) OR (referred AND u(x.i, 90) < 0.003) AS is_hard_case,
    CASE WHEN lost_place THEN 'unmapped' ELSE district_code END AS district_code,
    CASE WHEN lost_place OR township_code IS NULL OR (NOT has_place AND u(x.i, 82) < 0.08) THEN 'unmapped'
         ELSE township_code END AS township_code,
    CASE WHEN lost_matter THEN 'unmapped' ELSE category1_code END AS category1_code,
    CASE WHEN lost_matter THEN 'unmapped' ELSE category2_code END AS category2_code,
    CASE WHEN lost_matter THEN 'unmapped' WHEN u(x.i, 84) < 0.9 THEN pick(children, u(x.i, 91)) ELSE category2_code END
        AS category_code,
    {channel} AS channel_code,
    CASE WHEN lost_unit AND referred THEN 'unmapped' ELSE unit END AS unit_code,
    CASE WHEN lost_unit AND referred THEN 'unmapped' ELSE first_unit END AS first_unit_code,
    CASE WHEN lost_place THEN pick(['市区', '不详', '外地', '城乡结合部', '经济协作区', '跨区县'], u(x.i, 92)) END AS district_raw,
    CASE WHEN lost_matter THEN pick(['其他', '综合类', '待定', '其他事项-其他', '历史遗留', '无法归类'], u(x.i, 93)) END AS category_raw,
    CASE WHEN u(x.i, 94) < 0.002 THEN pick(['电视问政', '来访登记', '短信平台'], u(x.i, 95)) END AS channel_raw,
    CASE WHEN lost_unit AND referred THEN pick(['原市政工程处', '老旧小区改造专班', '筹建处', '临时指挥部'], u(x.i, 96)) END
        AS unit_raw,
    CASE WHEN requester > 0 THEN printf('%016x', hash(requester, 'caller', {seed})) || printf('%016x', hash(requester, {seed}))
         END AS requester_hash,
    CASE WHEN has_place THEN a.place_key END AS place_key,
    CASE WHEN NOT lost_place AND u(x.i, 81) < 0.43 THEN g.longitude END AS longitude,
    CASE WHEN NOT lost_place AND u(x.i, 81) < 0.43 THEN g.latitude END AS latitude,
    moment(x.s) AS received_at, moment(v_dispatched) AS dispatched_at, moment(v_acknowledged) AS acknowledged_at,
    moment(v_dispatched + {acknowledge}) AS acknowledge_due_at, moment(v_contacted) AS first_contacted_at,
    moment(v_dispatched + {contact}) AS contact_due_at,
    CASE WHEN v_dispatched IS NOT NULL THEN moment(original_due) END AS original_due_at, moment(v_due) AS due_at,
    v_final IS NOT NULL AS is_closed,
    CASE WHEN v_final IS NOT NULL THEN '已办结' WHEN round_count > 1 THEN '重办中' WHEN NOT referred THEN '受理中'
         WHEN v_dispatched IS NULL THEN '待派单' WHEN v_acknowledged IS NULL THEN '待签收' ELSE '办理中' END AS status_raw,
    CASE WHEN NOT lost_closing THEN moment(v_closed1) END AS first_closed_at,
    CASE WHEN NOT lost_closing THEN moment(v_final) END AS closed_at,
    moment(v_again1) AS reworked_at, round_count, transfers::INTEGER AS transfer_count,
    (v_returned IS NOT NULL)::INTEGER AS return_count, CASE WHEN is_extended THEN extensions ELSE 0 END::INTEGER AS extension_count,
    CASE WHEN referred THEN urged_times ELSE 0 END::INTEGER AS urging_count,
    CASE WHEN NOT lost_closing THEN c.before + CASE WHEN c.works THEN day_hours(v_final % 86400) ELSE 0 END
        - r.before - CASE WHEN r.works THEN day_hours(x.s % 86400) ELSE 0 END END AS handling_hours,
    moment(v_called1) AS callback_attempted_at,
    moment(CASE WHEN v_called1 IS NOT NULL AND outcome1 = 'reached' THEN v_called1
                WHEN v_called2 IS NOT NULL AND outcome2 = 'reached' THEN v_called2
                WHEN v_called3 IS NOT NULL AND outcome3 = 'reached' THEN v_called3
                WHEN v_called4 IS NOT NULL AND outcome4 = 'reached' THEN v_called4
                ELSE v_called5 END) AS callback_reached_at,
    moment(coalesce(v_answered3, v_answered2, v_answered1)) AS answered_at,
    satisfaction_word(v_sat) AS satisfaction, resolution_word(v_res) AS resolution,
    repeats AS is_repeat, earlier AS repeat_of_id, is_excluded,
    moment(least({cut} - 60, last_event + CASE WHEN u(x.i, 97) < 0.02 THEN 432000 + secs(u(x.i, 98) * 3000000)
        ELSE secs(u(x.i, 98) * 300) END)) AS source_updated_at
FROM seen_a x
    LEFT JOIN (SELECT i AS parent_i, s AS parent_s FROM base) q ON q.parent_i = x.parent
    LEFT JOIN lu_day r ON r.day_no = x.s // 86400
    LEFT JOIN lu_day c ON c.day_no = x.v_final // 86400
    LEFT JOIN lu_place a ON a.town = x.town AND a.place = x.place
    LEFT JOIN lu_point g ON g.town = x.town AND g.point = (x.place * 7 + x.town) % {points}
ORDER BY x.i
"""

_CALLBACKS = """
WITH attempts AS (
    SELECT i, 1 AS attempt_no, 1 AS round_no, v_called1 AS called, outcome1 AS outcome,
        CASE WHEN answered1 = called1 THEN sat1 END AS sat, CASE WHEN answered1 = called1 THEN res1 END AS res,
        answered1 = called1 AS is_valid, coalesce(v_answered2, v_answered3) AS superseded FROM seen_a
    UNION ALL
    SELECT i, 2, 1, v_called2, outcome2, CASE WHEN answered1 = called2 THEN sat1 END,
        CASE WHEN answered1 = called2 THEN res1 END, answered1 = called2, coalesce(v_answered2, v_answered3) FROM seen_a
    UNION ALL
    SELECT i, 3, 1, v_called3, outcome3, CASE WHEN answered1 = called3 THEN sat1 END,
        CASE WHEN answered1 = called3 THEN res1 END, answered1 = called3, coalesce(v_answered2, v_answered3) FROM seen_a
    UNION ALL
    SELECT i, 1 + (v_called1 IS NOT NULL)::INTEGER + (v_called2 IS NOT NULL)::INTEGER + (v_called3 IS NOT NULL)::INTEGER, 2,
        v_called4, outcome4, sat2, res2, answered2 IS NOT NULL, v_answered3 FROM seen_a
    UNION ALL
    SELECT i, 2 + (v_called1 IS NOT NULL)::INTEGER + (v_called2 IS NOT NULL)::INTEGER + (v_called3 IS NOT NULL)::INTEGER, 3,
        v_called5, 'reached', sat3, res3, sat3 IS NOT NULL, NULL FROM seen_a
)
SELECT i AS ticket_id, attempt_no, round_no, moment(called) AS called_at, outcome,
    satisfaction_word(sat) AS satisfaction, resolution_word(res) AS resolution,
    coalesce(is_valid, false) AS is_valid, coalesce(is_valid, false) AND round_no = 1 AS is_first_valid,
    CASE WHEN coalesce(is_valid, false) THEN moment(superseded) END AS superseded_at
FROM attempts WHERE called IS NOT NULL ORDER BY i, attempt_no
"""

_RETURNS = """
SELECT i AS ticket_id, 1 AS return_no, CASE WHEN lost_unit THEN 'unmapped' ELSE first_unit END AS unit_code,
    moment(v_returned) AS returned_at, {verdict} AS verdict
FROM seen_a WHERE v_returned IS NOT NULL ORDER BY i
"""

VERDICT = (
    "CASE WHEN return_agreed THEN CASE WHEN v_transferred IS NULL THEN 'pending' ELSE 'agreed' END "
    "WHEN seen(v_returned + 14400) IS NULL THEN 'pending' ELSE 'refused' END"
)

_EXCLUSIONS = """
SELECT '{source}' AS source_code, ticket_no,
    pick(['unreachable', 'unreachable', 'refused', 'unreasonable', 'unreasonable', 'duplicate', 'judicial', 'not_accepted'], u(i, 89))
        AS exclusion_code,
    CASE WHEN is_excluded THEN pick(['复核一组', '复核二组', '复核三组'], u(i, 99)) END AS approved_by,
    CASE WHEN is_excluded THEN CAST(moment(v_final + 2 * 86400) AS DATE) END AS approved_on,
    pick(['三次回访录音', '并件核对表', '法院受理通知书', '现场核查笔录', '承办单位情况说明'], u(i, 101)) AS evidence
FROM seen_a WHERE asks_exclusion ORDER BY i
"""

# Cumulative shares of intake channels; the enterprise line first for firms.
CHANNELS = (
    ("L1", 0.640), ("L3", 0.668), ("W1", 0.758), ("W2", 0.842), ("A1", 0.880), ("M1", 0.906), ("B1", 0.914), ("B2", 0.924),
    ("B3", 0.944), ("W3", 0.949), ("P1", 0.953), ("P2", 0.962), ("P3", 0.981), ("P4", 1.0),
)  # fmt: skip
ENTERPRISE_SHARE_OF_LINE = 0.6


def install(raw: duckdb.DuckDBPyConnection, cut: datetime, working_hours: list[tuple[int, int]]) -> None:
    """Define the macros. working_hours: opening and closing seconds of the day."""
    parts = " + ".join(f"least(greatest(s - {a}, 0), {b - a})" for a, b in working_hours)
    raw.execute(MACROS.format(cut=_second(cut), day_hours=parts))


def write(
    raw: duckdb.DuckDBPyConnection,
    emit: Emit,
    *,
    cut: datetime,
    segment: int,
    seed: int,
    source: str,
    points: int,
    acknowledge_hours: float,
    contact_hours: float,
) -> None:
    """Cut the lives in life_c at the extraction and emit their tickets, callbacks, returns and exclusions."""
    raw.execute(_SEEN.format(has_place=has_place()))
    channel = (
        "CASE WHEN u(x.i, 94) < 0.002 THEN 'unmapped' WHEN u(x.i, 83) < business AND u(x.i, 102) < {} THEN 'L2' {} END"
    )
    tail = " ".join(f"WHEN u(x.i, 103) < {share} THEN '{code}'" for code, share in CHANNELS)
    request_types = "[" + ", ".join(f"'{word}'" for word in t.REQUEST_TYPES) + "]"
    emit(
        t.tickets,
        _TICKETS.format(
            source=source,
            segment=int(segment),
            seed=int(seed),
            cut=_second(cut),
            points=int(points),
            request_types=request_types,
            channel=channel.format(ENTERPRISE_SHARE_OF_LINE, tail),
            acknowledge=int(acknowledge_hours * 3600),
            contact=int(contact_hours * 3600),
        ),
    )
    emit(t.callbacks, _CALLBACKS)
    emit(t.ticket_returns, _RETURNS.format(verdict=VERDICT))
    emit(t.ticket_exclusions, _EXCLUSIONS.format(source=source))


def _second(moment: datetime) -> int:
    return int((moment - datetime(1970, 1, 1)).total_seconds())
