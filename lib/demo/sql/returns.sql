SELECT i AS ticket_id, 1 AS return_no, CASE WHEN lost_unit THEN 'unmapped' ELSE first_unit END AS unit_code,
    moment(v_returned) AS returned_at, ${verdict} AS verdict
FROM seen_a WHERE v_returned IS NOT NULL ORDER BY i
