-- One row per repeat: the latest earlier ticket of the same matter by requester or by place.
CREATE OR REPLACE TEMP TABLE links AS
WITH known AS (
    SELECT i, s, cat, CASE WHEN requester > 0 THEN requester END AS requester,
        CASE WHEN ${has_place} THEN town * 100000 + place END AS place
    FROM base
    WHERE ht <> 2 AND NOT ${lost_matter}
), followed AS (
    SELECT i, s, lag(i) OVER w AS earlier, lag(s) OVER w AS earlier_s
    FROM known
    WHERE requester IS NOT NULL
    WINDOW w AS (PARTITION BY requester, cat ORDER BY s, i)
    UNION ALL
    SELECT i, s, lag(i) OVER w, lag(s) OVER w
    FROM known
    WHERE place IS NOT NULL
    WINDOW w AS (PARTITION BY place, cat ORDER BY s, i)
)
SELECT i, max(earlier) AS earlier
FROM followed
WHERE s - earlier_s <= ${within}
GROUP BY i
