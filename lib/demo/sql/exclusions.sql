SELECT '${source}' AS source_code, ticket_no,
    pick(['unreachable', 'unreachable', 'refused', 'unreasonable', 'unreasonable', 'duplicate', 'judicial', 'not_accepted'], u(i, 89))
        AS exclusion_code,
    CASE WHEN is_excluded THEN pick(['复核一组', '复核二组', '复核三组'], u(i, 99)) END AS approved_by,
    CASE WHEN is_excluded THEN CAST(moment(v_final + 2 * 86400) AS DATE) END AS approved_on,
    pick(['三次回访录音', '并件核对表', '法院受理通知书', '现场核查笔录', '承办单位情况说明'], u(i, 101)) AS evidence
FROM seen_a WHERE asks_exclusion ORDER BY i
