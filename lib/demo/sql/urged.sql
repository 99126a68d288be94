-- One row per ticket that was urged.
CREATE OR REPLACE TEMP TABLE urged AS
SELECT parent, count(*)::INTEGER AS urged_times, max(s) AS last_urged, list(s ORDER BY i) AS urged_at
FROM base
WHERE parent > 0
GROUP BY parent
