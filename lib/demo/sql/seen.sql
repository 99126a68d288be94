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
SELECT l.*, ${has_place} AS has_place, l.parent > 0 AS is_urging,
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
