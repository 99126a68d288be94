SELECT ${segment} AS segment_no, i AS ticket_id, r AS round_no, unit AS unit_code,
    moment(CASE r WHEN 1 THEN v_dispatched WHEN 2 THEN v_again1 ELSE v_again2 END) AS started_at,
    moment(CASE r WHEN 1 THEN CASE WHEN NOT lost_closing THEN v_closed1 END WHEN 2 THEN v_closed2 ELSE v_closed3 END) AS closed_at
FROM (SELECT *, unnest(range(1, round_count + 1))::INTEGER AS r FROM seen_a WHERE v_dispatched IS NOT NULL)
