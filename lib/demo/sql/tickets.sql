SELECT x.i AS ticket_id, '${source}' AS source_code, x.ticket_no,
    CASE WHEN is_urging THEN strftime(moment(parent_s), '%Y%m%d') || lpad(x.parent::VARCHAR, 8, '0') END AS parent_ticket_no,
    1 AS import_no, ${segment} AS segment_no,
    CASE x.ht WHEN 0 THEN 'desk' WHEN 1 THEN 'referred' ELSE 'urging' END AS handling_type,
    (${request_types})[1 + x.req] AS request_type, (['normal', 'urgent', 'emergency'])[1 + urg] AS urgency,
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
    CASE WHEN lost_matter THEN 'unmapped' WHEN u(x.i, 84) < 0.9 THEN children[1 + child_no] ELSE category2_code END
        AS category_code,
    CASE WHEN u(x.i, 94) < 0.002 THEN 'unmapped'
         WHEN u(x.i, 83) < business AND u(x.i, 102) < ${enterprise_share} THEN '${enterprise_line}' ${channels} END AS channel_code,
    CASE WHEN lost_unit AND referred THEN 'unmapped' ELSE unit END AS unit_code,
    CASE WHEN lost_unit AND referred THEN 'unmapped' ELSE first_unit END AS first_unit_code,
    CASE WHEN lost_place THEN pick(['市区', '不详', '外地', '城乡结合部', '经济协作区', '跨区县'], u(x.i, 92)) END AS district_raw,
    CASE WHEN lost_matter THEN pick(['其他', '综合类', '待定', '其他事项-其他', '历史遗留', '无法归类'], u(x.i, 93)) END AS category_raw,
    CASE WHEN u(x.i, 94) < 0.002 THEN pick(['电视问政', '来访登记', '短信平台'], u(x.i, 95)) END AS channel_raw,
    CASE WHEN lost_unit AND referred THEN pick(['原市政工程处', '老旧小区改造专班', '筹建处', '临时指挥部'], u(x.i, 96)) END
        AS unit_raw,
    CASE WHEN requester > 0 THEN printf('%016x', hash(requester, 'caller', ${seed})) || printf('%016x', hash(requester, ${seed}))
         END AS requester_hash,
    CASE WHEN has_place THEN a.place_key END AS place_key,
    CASE WHEN NOT lost_place AND u(x.i, 81) < 0.43 THEN g.longitude END AS longitude,
    CASE WHEN NOT lost_place AND u(x.i, 81) < 0.43 THEN g.latitude END AS latitude,
    moment(x.s) AS received_at, moment(v_dispatched) AS dispatched_at, moment(v_acknowledged) AS acknowledged_at,
    moment(v_dispatched + ${acknowledge}) AS acknowledge_due_at, moment(v_contacted) AS first_contacted_at,
    moment(v_dispatched + ${contact}) AS contact_due_at,
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
    moment(least(${cut} - 60, last_event + CASE WHEN u(x.i, 97) < 0.02 THEN 432000 + secs(u(x.i, 98) * 3000000)
        ELSE secs(u(x.i, 98) * 300) END)) AS source_updated_at
FROM seen_a x
    LEFT JOIN (SELECT i AS parent_i, s AS parent_s FROM base) q ON q.parent_i = x.parent
    LEFT JOIN lu_day r ON r.day_no = x.s // 86400
    LEFT JOIN lu_day c ON c.day_no = x.v_final // 86400
    LEFT JOIN lu_place a ON a.town = x.town AND a.place = x.place
    LEFT JOIN lu_point g ON g.town = x.town AND g.point = (x.place * 7 + x.town) % ${points}
ORDER BY x.i
