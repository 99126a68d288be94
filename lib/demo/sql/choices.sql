CREATE OR REPLACE TEMP TABLE life_a AS
WITH chosen AS (
    SELECT b.*, b.ht = 1 AS referred, w.* EXCLUDE (cat, dist), m.category1_code, m.category2_code, m.children,
        m.question_child, m.problem_children, m.business, m.on_officials, d.district_code, d.unsat_from, d.unsat_to, t.township_code, t.town_unit,
        u(i, 1) < 0.010 AS lost_place, ${lost_matter} AS lost_matter, u(i, 3) < 0.004 AS lost_unit,
        CASE WHEN b.req = 0 THEN 0 WHEN u(i, 4) < 0.007 THEN 2 WHEN u(i, 4) < 0.05 THEN 1 ELSE 0 END AS urg
    FROM base b JOIN lu_who w USING (cat, dist) JOIN lu_matter m USING (cat) JOIN lu_district d USING (dist)
        LEFT JOIN lu_town t USING (town)
    WHERE b.i >= ${low} AND b.i < ${high}
), handled AS (
    SELECT *, CASE
            WHEN NOT referred THEN 'S00'
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
-- Enquiries belong to the question's category, most other tickets to that of their problem.
SELECT p.* EXCLUDE (returns, extends, question_child, problem_children),
    CASE WHEN req = 0 THEN question_child WHEN u(i, 110) < 0.9 THEN pick(problem_children, u(i, 91))
         ELSE secs(u(i, 91) * len(children)) END AS child_no,
    CASE WHEN req <> 0 AND u(i, 110) < 0.9 THEN secs(u(i, 91) * len(problem_children)) END AS problem_no, f.speed, f.unsat, f.extends, f.fakes, f.games, f.shines, f.habit_since,
    y.workday_no AS start_no, coalesce(g.urged_times, 0) AS urged_times, g.last_urged
FROM placed p
    LEFT JOIN lu_unit f ON f.unit_code = p.unit
    LEFT JOIN lu_day y ON y.day_no = p.dispatched // 86400
    LEFT JOIN urged g ON g.parent = p.i AND p.referred
