"""The life of each ticket, from acceptance to the last answer, as if nothing were cut off.

Statements run on the generating DuckDB connection. Every choice is `u(i, k)`: a number in [0, 1) that
depends on the seed, the row's number and the choice's number only, never on threads or on order.
Times are seconds since 1970 until the last step. What lies after the extraction is cut in lib/demo/facts.
"""

from __future__ import annotations

from datetime import datetime

import duckdb

# Working hours of the demo profile as seconds of the day; checked against the profile by the tests.
MACROS = """
CREATE OR REPLACE TEMP MACRO u(i, k) AS (hash(i, k, {seed}) >> 11) * 1.1102230246251565e-16;
CREATE OR REPLACE TEMP MACRO waiting(x) AS -ln(1 - x);
CREATE OR REPLACE TEMP MACRO bell(a, b) AS sqrt(-2 * ln(1 - a)) * cos(6.283185307179586 * b);
CREATE OR REPLACE TEMP MACRO daytime(s, x) AS CASE
    WHEN s % 86400 < 27000 THEN s - s % 86400 + 27000 + CAST(x * 7200 AS BIGINT)
    WHEN s % 86400 >= 72000 THEN s - s % 86400 + 113400 + CAST(x * 7200 AS BIGINT)
    ELSE s END;
CREATE OR REPLACE TEMP MACRO secs(x) AS CAST(floor(x) AS BIGINT);
CREATE OR REPLACE TEMP MACRO pick(words, x) AS words[1 + CAST(floor(x * len(words)) AS BIGINT)];
"""

_CHOICES = """
CREATE OR REPLACE TEMP TABLE life_a AS
WITH chosen AS (
    SELECT b.*, b.ht = 1 AS referred, w.* EXCLUDE (cat, dist), m.category1_code, m.category2_code, m.children,
        m.business, m.on_officials, d.district_code, d.unsat_from, d.unsat_to, t.township_code, t.town_unit,
        u(i, 1) < 0.010 AS lost_place, u(i, 2) < 0.013 AS lost_matter, u(i, 3) < 0.004 AS lost_unit,
        CASE WHEN b.req = 0 THEN 0 WHEN u(i, 4) < 0.007 THEN 2 WHEN u(i, 4) < 0.05 THEN 1 ELSE 0 END AS urg
    FROM base b JOIN lu_who w USING (cat, dist) JOIN lu_matter m USING (cat) JOIN lu_district d USING (dist)
        LEFT JOIN lu_town t USING (town)
    WHERE b.i >= {low} AND b.i < {high}
), handled AS (
    SELECT *, CASE
            WHEN NOT referred THEN '{centre}'
            WHEN u(i, 5) < to_local THEN local_unit
            WHEN u(i, 5) < to_central THEN central_unit
            WHEN u(i, 5) < to_sub THEN pick(sub_units, u(i, 6))
            WHEN u(i, 5) < to_town THEN coalesce(town_unit, local_unit)
            ELSE government END AS first_unit,
        CASE WHEN s % 86400 < 25200 OR s % 86400 >= 77400 THEN urg < 2 ELSE false END AS at_night
    FROM chosen
), limited AS (
    SELECT h.*, l.amount, l.by_hour, l.extension_amount, l.extensions_max, f.returns, f.extends, f.speed AS first_speed,
        -- The desk also works at night, but hands ordinary matters over in the morning.
        CASE WHEN at_night THEN s - s % 86400 + (CASE WHEN s % 86400 >= 77400 THEN 86400 ELSE 0 END) + 27000
                + secs(u(i, 7) * 5400)
             ELSE s + 120 + secs(waiting(u(i, 7)) * CASE WHEN h.urg = 2 THEN 120 ELSE 1500 END) END AS dispatched
    FROM handled h
        LEFT JOIN lu_limit l ON l.cat = CASE WHEN h.lost_matter THEN -1 ELSE h.cat END AND l.req = h.req AND l.urg = h.urg
        LEFT JOIN lu_unit f ON f.unit_code = h.first_unit
), received AS (
    SELECT *,
        dispatched + 60 + secs(waiting(u(i, 8)) * first_speed * CASE WHEN u(i, 9) < 0.04 THEN 30000 ELSE 3000 END
            * CASE WHEN urg = 2 THEN 0.1 ELSE 1 END) AS acknowledged,
        u(i, 10) < 0.032 * returns AND urg < 2 AS returned,
        u(i, 11) < 0.58 AS return_agreed
    FROM limited
), moved AS (
    SELECT *,
        CASE WHEN returned THEN acknowledged + 900 + secs(u(i, 12) * 18000) END AS returned_at,
        CASE WHEN returned AND return_agreed THEN 1 WHEN u(i, 13) >= 0.045 OR urg = 2 THEN 0
             WHEN u(i, 14) < 0.07 THEN 2 WHEN u(i, 14) < 0.085 THEN 3 ELSE 1 END AS transfers
    FROM received
), placed AS (
    SELECT * EXCLUDE (transfers), CASE WHEN referred THEN transfers ELSE 0 END AS transfers,
        CASE WHEN transfers = 0 OR NOT referred THEN first_unit
             WHEN first_unit <> local_unit THEN local_unit
             WHEN u(i, 15) < 0.5 THEN central_unit ELSE coalesce(town_unit, central_unit) END AS unit,
        CASE WHEN returned AND return_agreed THEN returned_at + 3600 + secs(u(i, 16) * 14400)
             WHEN transfers > 0 THEN acknowledged + 1800 + secs(u(i, 16) * 21600) END AS transferred_at
    FROM moved
)
SELECT p.* EXCLUDE (returns, extends), f.speed, f.unsat, f.extends, f.fakes, f.games, f.shines, f.habit_since,
    y.workday_no AS start_no, coalesce(g.urged_times, 0) AS urged_times, g.last_urged
FROM placed p
    LEFT JOIN lu_unit f ON f.unit_code = p.unit
    LEFT JOIN lu_day y ON y.day_no = p.dispatched // 86400
    LEFT JOIN urged g ON g.parent = p.i AND p.referred
"""

_CLOSING = """
CREATE OR REPLACE TEMP TABLE life_b AS
WITH habits AS (
    SELECT *,
        referred AND fakes > 0 AND s >= habit_since AND u(i, 20) < fakes AS fake,
        referred AND games > 0 AND s >= habit_since AND u(i, 21) < games AND NOT by_hour AS gamed,
        referred AND shines > 0 AND s >= habit_since AND u(i, 22) < shines AS shining,
        CASE WHEN NOT referred OR extensions_max = 0 OR u(i, 23) >= 0.04 * extends * CASE WHEN amount > 10 THEN 2.5 ELSE 1 END
             THEN 0 WHEN extensions_max > 1 AND u(i, 24) < 0.15 THEN 2 ELSE 1 END AS extensions
    FROM life_a
), limits AS (
    SELECT h.*,
        CASE WHEN by_hour THEN dispatched + secs(amount * 3600) ELSE o.limit_day * 86400 + {closing} END AS original_due,
        CASE WHEN by_hour THEN dispatched + secs(amount * 3600) ELSE e.limit_day * 86400 + {closing} END AS due
    FROM habits h
        LEFT JOIN lu_workday o ON o.workday_no = h.start_no + CAST(h.amount AS INTEGER)
        LEFT JOIN lu_workday e ON e.workday_no = h.start_no + CAST(h.amount + h.extensions * h.extension_amount AS INTEGER)
), contacts AS (
    SELECT *,
        -- Who waits for the morning still answers within a day; a few do not.
        CASE WHEN urg = 2 THEN greatest(acknowledged, coalesce(transferred_at, 0)) + 300
             ELSE greatest(coalesce(transferred_at, 0), coalesce(returned_at, 0), acknowledged, least(
                daytime(acknowledged + 600 + secs(waiting(u(i, 25)) * 9000), u(i, 26)),
                CASE WHEN u(i, 27) < 0.75 THEN dispatched + 84000 ELSE 9000000000000 END)) + 240 END
            + CASE WHEN u(i, 28) < 0.035 THEN 80000 ELSE 0 END AS contacted,
        CASE WHEN fake THEN 0.05 + 0.08 * u(i, 30)
             WHEN shining THEN 0.12 + 0.2 * u(i, 30)
             WHEN u(i, 29) < 0.010 THEN 1.1 + 3.5 * u(i, 30)
             ELSE exp(-0.75 + 0.40 * bell(u(i, 31), u(i, 32))) * speed END AS pace
    FROM limits
), closings AS (
    SELECT *,
        CASE WHEN NOT referred THEN s + 100 + secs(waiting(u(i, 33)) * 420)
             WHEN gamed AND pace < 1.2 THEN due - 60 * (1 + hash(unit, due // 86400) % 55)::BIGINT - secs(u(i, 34) * 50)
             ELSE daytime(dispatched + secs((due - dispatched)
                    * CASE WHEN pace BETWEEN 1 AND 1.12 AND u(i, 35) < 0.62 THEN 0.97 ELSE pace END), u(i, 36)) END AS wanted,
        u(i, 37) < CASE WHEN s > {cut} - 120 * 86400 THEN 0.006 ELSE 0.0008 END AS never
    FROM contacts
)
SELECT *,
    CASE WHEN referred AND never THEN NULL
         WHEN NOT referred THEN wanted
         ELSE greatest(wanted, contacted + 600 + secs(u(i, 38) * 1800), coalesce(last_urged + 7200, 0)) END AS closed1
FROM closings
"""

# Answers: satisfaction s/b/n (satisfied, basically, not), resolution r/p/n, NULL where not asked or not said.
_ANSWERS = """
CREATE OR REPLACE TEMP TABLE life_c AS
WITH calls AS (
    SELECT *,
        CASE WHEN ht <> 2 AND u(i, 40) < CASE WHEN referred THEN 0.95 ELSE 0.86 END THEN
            CASE WHEN referred THEN daytime(closed1 + 3600 + secs(u(i, 41) * 140000), u(i, 42))
                 ELSE closed1 + 300 + secs(u(i, 41) * 1500) END END AS called1,
        CASE WHEN u(i, 43) < CASE WHEN referred THEN 0.76 ELSE 0.90 END THEN 'reached'
             WHEN u(i, 43) < CASE WHEN referred THEN 0.79 ELSE 0.91 END THEN 'refused' ELSE 'unreachable' END AS outcome1
    FROM life_b
), calls2 AS (
    SELECT *,
        CASE WHEN referred AND outcome1 = 'unreachable' AND u(i, 44) < 0.9
             THEN daytime(called1 + 72000 + secs(u(i, 45) * 30000), u(i, 46)) END AS called2,
        CASE WHEN u(i, 47) < 0.62 THEN 'reached' ELSE 'unreachable' END AS outcome2
    FROM calls
), calls3 AS (
    SELECT *,
        CASE WHEN outcome2 = 'unreachable' AND u(i, 48) < 0.6
             THEN daytime(called2 + 72000 + secs(u(i, 49) * 90000), u(i, 50)) END AS called3,
        CASE WHEN u(i, 51) < 0.45 THEN 'reached' ELSE 'unreachable' END AS outcome3
    FROM calls2
), answered AS (
    SELECT *,
        CASE WHEN u(i, 52) >= CASE WHEN referred THEN 0.955 ELSE 0.87 END THEN NULL
             WHEN outcome1 = 'reached' THEN called1
             WHEN outcome2 = 'reached' AND called2 IS NOT NULL THEN called2
             WHEN outcome3 = 'reached' AND called3 IS NOT NULL THEN called3 END AS answered1,
        CASE WHEN fake THEN 0.72
             WHEN NOT referred THEN 0.016 + 0.4 * share
             WHEN shining THEN 0.02
             ELSE greatest(0.01, 0.075 + unsat + share + CASE WHEN repeats THEN 0.06 ELSE 0 END
                + CASE WHEN amount > 10 THEN 0.05 ELSE 0 END + CASE WHEN closed1 > due THEN 0.07 ELSE 0 END
                + CASE WHEN gamed THEN 0.06 ELSE 0 END - CASE WHEN req = 0 THEN 0.03 ELSE 0 END) END AS p_unsat
    FROM (SELECT c.*, l.earlier IS NOT NULL AS repeats, l.earlier,
              unsat_from + (unsat_to - unsat_from) * (s - {start}) / ({cut} - {start}) AS share
          FROM calls3 c LEFT JOIN links l USING (i))
), first_round AS (
    SELECT *,
        CASE WHEN answered1 IS NULL THEN NULL WHEN u(i, 53) < p_unsat THEN 'n' WHEN u(i, 54) < 0.2 THEN 'b' ELSE 's' END AS sat1
    FROM answered
), solved AS (
    SELECT *,
        CASE WHEN sat1 IS NULL OR u(i, 55) >= 0.97 THEN NULL
             WHEN sat1 = 'n' THEN CASE WHEN u(i, 56) < 0.08 AND NOT fake THEN 'r' WHEN u(i, 56) < 0.30 THEN 'p' ELSE 'n' END
             WHEN u(i, 56) < CASE WHEN referred THEN 0.90 ELSE 0.945 END THEN 'r' WHEN u(i, 56) < 0.97 THEN 'p' ELSE 'n' END AS res1,
        CASE WHEN referred AND sat1 = 'n' AND u(i, 57) < 0.68
             THEN daytime(answered1 + 1200 + secs(u(i, 58) * 20000), u(i, 59)) END AS again1
    FROM first_round
), second_round AS (
    SELECT *,
        CASE WHEN again1 IS NOT NULL
             THEN daytime(again1 + 14400 + secs(waiting(u(i, 60)) * 200000 * speed), u(i, 61)) END AS closed2
    FROM solved
), second_call AS (
    SELECT *,
        CASE WHEN u(i, 62) < 0.93 THEN daytime(closed2 + 3600 + secs(u(i, 63) * 120000), u(i, 64)) END AS called4,
        CASE WHEN u(i, 65) < 0.84 THEN 'reached' WHEN u(i, 65) < 0.88 THEN 'refused' ELSE 'unreachable' END AS outcome4,
        u(i, 66) < 0.96 AS says4
    FROM second_round
), second_answer AS (
    SELECT *,
        CASE WHEN outcome4 = 'reached' AND says4 THEN called4 END AS answered2,
        CASE WHEN called4 IS NULL OR outcome4 <> 'reached' OR NOT says4 THEN NULL
             WHEN u(i, 67) < CASE WHEN fake THEN 0.6 ELSE 0.33 END THEN 'n' WHEN u(i, 68) < 0.35 THEN 'b' ELSE 's' END AS sat2
    FROM second_call
), third_round AS (
    SELECT *,
        CASE WHEN sat2 IS NULL THEN NULL
             WHEN sat2 = 'n' THEN CASE WHEN u(i, 69) < 0.3 THEN 'p' ELSE 'n' END
             WHEN u(i, 69) < 0.8 THEN 'r' ELSE 'p' END AS res2,
        CASE WHEN sat2 = 'n' AND u(i, 70) < 0.4
             THEN daytime(answered2 + 3600 + secs(u(i, 71) * 40000), u(i, 72)) END AS again2
    FROM second_answer
), third_closing AS (
    SELECT *, CASE WHEN again2 IS NOT NULL
        THEN daytime(again2 + 20000 + secs(waiting(u(i, 73)) * 260000), u(i, 74)) END AS closed3
    FROM third_round
)
SELECT *,
    CASE WHEN u(i, 75) < 0.85 THEN daytime(closed3 + 7200 + secs(u(i, 76) * 120000), u(i, 77)) END AS called5,
    CASE WHEN closed3 IS NULL OR u(i, 75) >= 0.85 THEN NULL WHEN u(i, 78) < 0.4 THEN 'n' WHEN u(i, 79) < 0.5 THEN 'b' ELSE 's' END AS sat3
FROM third_closing
"""


def install(raw: duckdb.DuckDBPyConnection, seed: int) -> None:
    """Define the macros on the connection."""
    raw.execute(MACROS.format(seed=int(seed)))


def prepare(raw: duckdb.DuckDBPyConnection, repeat_days: int) -> None:
    """From the table `base`: who urged whom (urged) and who follows whom (links), for all rows at once.

    links repeats the definition of lib/ingest/repeats on the narrow base, which spares a rewrite of the
    wide table; a test holds the two against each other.
    """
    raw.execute(
        "CREATE OR REPLACE TEMP TABLE urged AS SELECT parent, count(*)::INTEGER AS urged_times, max(s) AS last_urged, "
        "list(s ORDER BY i) AS urged_at FROM base WHERE parent > 0 GROUP BY parent"
    )
    raw.execute(f"""
        CREATE OR REPLACE TEMP TABLE links AS
        WITH known AS (
            SELECT i, s, cat, CASE WHEN requester > 0 THEN requester END AS requester,
                CASE WHEN {has_place()} THEN town * 100000 + place END AS place
            FROM base WHERE ht <> 2 AND NOT u(i, 2) < 0.013
        ), followed AS (
            SELECT i, s, lag(i) OVER w AS earlier, lag(s) OVER w AS earlier_s FROM known
            WHERE requester IS NOT NULL WINDOW w AS (PARTITION BY requester, cat ORDER BY s, i)
            UNION ALL
            SELECT i, s, lag(i) OVER w, lag(s) OVER w FROM known
            WHERE place IS NOT NULL WINDOW w AS (PARTITION BY place, cat ORDER BY s, i)
        )
        SELECT i, max(earlier) AS earlier FROM followed WHERE s - earlier_s <= {int(repeat_days)} * 86400 GROUP BY i
    """)


def has_place() -> str:
    """The condition under which a ticket carries a recognisable place; the same in every statement."""
    return "town >= 0 AND NOT u(i, 1) < 0.010 AND u(i, 80) < 0.62"


def live(raw: duckdb.DuckDBPyConnection, low: int, high: int, start: datetime, cut: datetime, closing: int) -> None:
    """Fill life_c with the rows i in [low, high): their whole lives, uncut.

    start and cut bound the generated time; closing is the second of the day at which a working day ends.
    """
    values = {
        "low": int(low),
        "high": int(high),
        "centre": "S00",
        "start": _second(start),
        "cut": _second(cut),
        "closing": int(closing),
    }
    for statement in (_CHOICES, _CLOSING, _ANSWERS):
        raw.execute(statement.format(**values))


def _second(moment: datetime) -> int:
    return int((moment - datetime(1970, 1, 1)).total_seconds())
