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
