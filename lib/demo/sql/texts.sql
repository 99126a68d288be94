-- What the citizen said and the unit answered. Matters of a place name it first; others end with the address.
WITH worded AS (
    SELECT x.*, m.matter, m.question, m.remedy, m.nearby, m.remedy IN ('repair', 'enforce', 'estate') AS is_placed, p.address, p.near,
        n.name AS unit_name, d.district, w.township,
        -- The problem belongs to the third-level category; what has no phrase of its own gets a plain one.
        m.child_names[1 + x.child_no] AS child,
        CASE WHEN x.problem_no IS NULL THEN m.child_names[1 + x.child_no] || '方面的问题一直没有得到解决'
             ELSE m.problems[1 + x.problem_no] END AS problem
    FROM seen_a x
        JOIN lu_matter m USING (cat)
        JOIN lu_district d USING (dist)
        LEFT JOIN lu_town w ON w.town = x.town
        LEFT JOIN lu_place p ON p.town = x.town AND p.place = x.place
        LEFT JOIN lu_name n ON n.unit_code = x.unit
), spoken AS (
    SELECT *, secs(u(i, 112) * (SELECT len(asking) FROM lu_phrase)) AS first_asking,
        CASE WHEN lost_place THEN '' WHEN near IS NULL THEN district ELSE district || near || nearby END AS spot,
        coalesce(unit_name, district || '有关单位') AS answerer,
        split_part(problem, '，', 1) AS gist
    FROM worded
)
SELECT ${segment} AS segment_no, i AS ticket_id,
    CASE WHEN is_urging THEN '催办：' || matter || '问题办理进度'
         WHEN req = 0 THEN '咨询' || question
         WHEN req = 5 THEN '表扬' || answerer || '工作人员'
         WHEN req = 4 THEN '关于' || spot || child || '的建议'
         WHEN is_placed THEN spot || gist
         ELSE CASE WHEN lost_place THEN '' ELSE district END || '诉求人反映' || gist END AS title,
    CASE WHEN is_urging THEN '诉求人再次来电，询问' || spot || matter || '问题的办理进度，称' || pick(f.background, u(i, 112)) || '，' || pick(f.demands, u(i, 111)) || '。'
         WHEN req = 0 THEN '来电咨询：' || question || '？' || f.asking[1 + first_asking] || '。' || f.asking[1 + (first_asking + 1 + secs(u(i, 113) * (len(f.asking) - 1))) % len(f.asking)] || '。'
             || CASE WHEN lost_place THEN '' ELSE '诉求人所在区域为' || district || coalesce(township, '') || '。' END
         WHEN req = 5 THEN '来电人对' || answerer || '工作人员在处理' || spot || child || '问题时' || pick(f.praise, u(i, 114)) || '表示感谢，希望对该单位和相关人员予以表扬。'
         WHEN req = 4 THEN pick(f.openings, u(i, 116)) || '：' || spot || '的' || child || '情况有待改进，' || pick(f.suggestions, u(i, 115)) || '，同时' || pick(f.suggestions, u(i, 117)) || '，' || pick(f.demands, u(i, 111)) || '。'
         WHEN is_placed THEN pick(f.openings, u(i, 116)) || '：' || pick(f.whens, u(i, 117)) || spot || problem || '。' || pick(f.background, u(i, 118)) || '，' || pick(f.demands, u(i, 111)) || '。'
         ELSE pick(f.openings, u(i, 116)) || '：' || pick(f.whens, u(i, 117)) || problem || '。' || pick(f.background, u(i, 118)) || '，' || pick(f.demands, u(i, 111)) || '。'
             || CASE WHEN spot = '' THEN '' ELSE '诉求人住址为' || spot || '。' END END AS content,
    CASE WHEN is_urging THEN f.urging_reply
         WHEN v_closed1 IS NULL THEN NULL
         WHEN NOT referred AND req = 0 THEN pick(f.desk_answers, u(i, 119))
         WHEN NOT referred THEN pick(f.desk_help, u(i, 119))
         WHEN gamed OR (fake AND u(i, 120) < 0.8) THEN f.one_reply_for_all
         WHEN req = 0 THEN '经' || answerer || '答复：' || pick(f.desk_answers, u(i, 121))
         WHEN req = 5 THEN '经' || answerer || '答复：感谢诉求人的认可，将继续做好服务。'
         WHEN req = 4 THEN '经' || answerer || '答复：感谢诉求人的建议，已纳入下一步工作计划研究，' || pick(f.closings, u(i, 123)) || '。'
         ELSE '经' || answerer || '办理：' || pick(r.findings, u(i, 121)) || '。针对' || child || '问题，' || pick(r.measures, u(i, 122)) || '；' || pick(f.closings, u(i, 123)) || '。' END AS reply,
    CASE WHEN lost_place THEN NULL WHEN has_place THEN address ELSE district || coalesce(township, '') END AS address,
    CASE WHEN v_sat = 'n' AND u(i, 124) < 0.7 THEN pick(f.grumbles, u(i, 125))
         WHEN v_sat IS NOT NULL AND u(i, 124) < 0.15 THEN pick(f.thanks, u(i, 125)) END AS answer_comment
FROM spoken CROSS JOIN lu_phrase f LEFT JOIN lu_remedy r USING (remedy)
ORDER BY i
