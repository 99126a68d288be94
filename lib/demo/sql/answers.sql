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
             WHEN NOT referred THEN 0.023 + 0.4 * share
             WHEN shining THEN 0.02
             ELSE greatest(0.01, 0.092 + unsat + share + CASE WHEN repeats THEN 0.06 ELSE 0 END
                + CASE WHEN amount > 10 THEN 0.05 ELSE 0 END + CASE WHEN closed1 > due THEN 0.07 ELSE 0 END
                + CASE WHEN gamed THEN 0.06 ELSE 0 END - CASE WHEN req = 0 THEN 0.03 ELSE 0 END) END AS p_unsat
    FROM (SELECT c.*, l.earlier IS NOT NULL AS repeats, l.earlier,
              unsat_from + (unsat_to - unsat_from) * (s - ${start}) / (${cut} - ${start}) AS share
          FROM calls3 c LEFT JOIN links l USING (i))
), first_round AS (
    SELECT *,
        CASE WHEN answered1 IS NULL THEN NULL WHEN u(i, 53) < p_unsat THEN 'n' WHEN u(i, 54) < 0.2 THEN 'b' ELSE 's' END AS sat1
    FROM answered
), solved AS (
    SELECT *,
        CASE WHEN sat1 IS NULL OR u(i, 55) >= 0.97 THEN NULL
             WHEN sat1 = 'n' THEN CASE WHEN u(i, 56) < 0.08 AND NOT fake THEN 'r' WHEN u(i, 56) < 0.30 THEN 'p' ELSE 'n' END
             WHEN u(i, 56) < CASE WHEN referred THEN 0.89 ELSE 0.93 END THEN 'r' WHEN u(i, 56) < 0.97 THEN 'p' ELSE 'n' END AS res1,
        CASE WHEN referred AND sat1 = 'n' AND u(i, 57) < 0.68
             THEN daytime(answered1 + 1200 + secs(u(i, 58) * 20000), u(i, 59)) END AS again1
    FROM first_round
), second_round AS (
    SELECT *,
        CASE WHEN again1 IS NOT NULL
             THEN office(again1 + 14400 + secs(waiting(u(i, 60)) * 200000 * speed), u(i, 61)) END AS closed2
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
        THEN office(again2 + 20000 + secs(waiting(u(i, 73)) * 260000), u(i, 74)) END AS closed3
    FROM third_round
)
SELECT *,
    CASE WHEN u(i, 75) < 0.85 THEN daytime(closed3 + 7200 + secs(u(i, 76) * 120000), u(i, 77)) END AS called5,
    CASE WHEN closed3 IS NULL OR u(i, 75) >= 0.85 THEN NULL WHEN u(i, 78) < 0.4 THEN 'n' WHEN u(i, 79) < 0.5 THEN 'b' ELSE 's' END AS sat3
FROM third_closing
