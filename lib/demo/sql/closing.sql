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
        CASE WHEN by_hour THEN dispatched + secs(amount * 3600) ELSE o.limit_day * 86400 + ${closing} END AS original_due,
        CASE WHEN by_hour THEN dispatched + secs(amount * 3600) ELSE e.limit_day * 86400 + ${closing} END AS due
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
             WHEN u(i, 29) < 0.008 THEN 1.1 + 3.5 * u(i, 30)
             ELSE exp(-0.83 + 0.38 * bell(u(i, 31), u(i, 32))) * speed END AS pace
    FROM limits
), closings AS (
    SELECT *,
        CASE WHEN NOT referred THEN s + 100 + secs(waiting(u(i, 33)) * 420)
             WHEN gamed AND pace < 1.2 THEN due - 60 * (1 + hash(unit, due // 86400) % 55)::BIGINT - secs(u(i, 34) * 50)
             ELSE office(dispatched + secs((due - dispatched)
                    * CASE WHEN pace BETWEEN 1 AND 1.12 AND u(i, 35) < 0.62 THEN 0.97 ELSE pace END), u(i, 36)) END AS wanted,
        u(i, 37) < CASE WHEN s > ${cut} - 120 * 86400 THEN 0.006 ELSE 0.0008 END AS never
    FROM contacts
)
SELECT c.*,
    CASE WHEN referred AND never THEN NULL
         WHEN NOT referred THEN wanted
         -- Few close on a day off: the same time of the next working day.
         ELSE greatest(wanted + CASE WHEN urg < 2 AND u(i, 39) < 0.88 THEN coalesce(y.next_workday - y.day_no, 0) * 86400 ELSE 0 END,
            contacted + 600 + secs(u(i, 38) * 1800), coalesce(last_urged + 7200, 0)) END AS closed1
FROM closings c LEFT JOIN lu_day y ON y.day_no = c.wanted // 86400
