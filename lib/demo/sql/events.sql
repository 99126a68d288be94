WITH logged AS (
    SELECT i, referred, list_filter([
        {'at': s, 'k': 'receive', 'unit': NULL, 'v': NULL, 'n': NULL},
        {'at': v_dispatched, 'k': 'dispatch', 'unit': first_unit, 'v': NULL, 'n': NULL},
        {'at': v_acknowledged, 'k': 'acknowledge', 'unit': first_unit, 'v': NULL, 'n': NULL},
        {'at': v_returned, 'k': 'return', 'unit': first_unit, 'v': CASE WHEN v_returned IS NOT NULL THEN ${verdict} END,
            'n': CASE WHEN return_agreed THEN '不属于本单位职责范围，建议转交属地办理' ELSE '建议由其他单位办理' END},
        {'at': CASE WHEN transfers > 1 THEN v_transferred - (v_transferred - v_acknowledged) // 3 END, 'k': 'transfer',
            'unit': central_unit, 'v': NULL, 'n': NULL},
        {'at': CASE WHEN transfers > 2 THEN v_transferred - (v_transferred - v_acknowledged) // 4 END, 'k': 'transfer',
            'unit': government, 'v': NULL, 'n': NULL},
        {'at': v_transferred, 'k': 'transfer', 'unit': unit, 'v': NULL, 'n': NULL},
        {'at': v_contacted, 'k': 'contact', 'unit': unit, 'v': NULL, 'n': NULL},
        {'at': CASE WHEN is_extended THEN extended_at END, 'k': 'extension', 'unit': unit, 'v': 'agreed',
            'n': '情况复杂，需现场协调'},
        {'at': CASE WHEN is_extended AND extensions > 1 THEN extended_at + 60 END, 'k': 'extension', 'unit': unit, 'v': 'agreed',
            'n': '施工周期较长'},
        {'at': CASE WHEN NOT lost_closing THEN v_closed1 END, 'k': 'closure', 'unit': unit, 'v': NULL, 'n': NULL},
        {'at': v_called1, 'k': 'callback', 'unit': NULL, 'v': NULL, 'n': NULL},
        {'at': v_called2, 'k': 'callback', 'unit': NULL, 'v': NULL, 'n': NULL},
        {'at': v_called3, 'k': 'callback', 'unit': NULL, 'v': NULL, 'n': NULL},
        {'at': v_again1, 'k': 'reopen', 'unit': unit, 'v': NULL, 'n': '诉求人不满意，发回重办'},
        {'at': v_closed2, 'k': 'closure', 'unit': unit, 'v': NULL, 'n': NULL},
        {'at': v_called4, 'k': 'callback', 'unit': NULL, 'v': NULL, 'n': NULL},
        {'at': v_again2, 'k': 'reopen', 'unit': unit, 'v': NULL, 'n': '二次回访仍不满意'},
        {'at': v_closed3, 'k': 'closure', 'unit': unit, 'v': NULL, 'n': NULL},
        {'at': v_called5, 'k': 'callback', 'unit': NULL, 'v': NULL, 'n': NULL}
    ], lambda e: e.at IS NOT NULL) || coalesce(list_transform(g.urged_at,
        lambda a: {'at': a, 'k': 'urging', 'unit': x.unit, 'v': NULL, 'n': '诉求人来电催办'}), []) AS events
    FROM seen_a x LEFT JOIN urged g ON g.parent = x.i AND x.referred
    WHERE x.ht <> 2
), numbered AS (
    SELECT i, unnest(list_sort(list_transform(events, lambda e, k: {'at': e.at, 'o': k, 'k': e.k, 'unit': e.unit, 'v': e.v, 'n': e.n})))
        AS e, generate_subscripts(events, 1) AS event_no
    FROM logged
)
SELECT ${segment} AS segment_no, i AS ticket_id, event_no::INTEGER AS event_no, e.k AS kind, moment(e.at) AS happened_at,
    e.unit AS unit_code, e.v AS verdict, e.n AS note
FROM numbered
