-- A number in [0, 1) for choice k of row i.
CREATE OR REPLACE TEMP MACRO u(i, k) AS (hash(i, k, ${seed}) >> 11) * 1.1102230246251565e-16;
-- Exponential waiting with mean 1, and a standard normal from two numbers.
CREATE OR REPLACE TEMP MACRO waiting(x) AS -ln(1 - x);
CREATE OR REPLACE TEMP MACRO bell(a, b) AS sqrt(-2 * ln(1 - a)) * cos(6.283185307179586 * b);
CREATE OR REPLACE TEMP MACRO secs(x) AS CAST(floor(x) AS BIGINT);
CREATE OR REPLACE TEMP MACRO pick(words, x) AS words[1 + CAST(floor(x * len(words)) AS BIGINT)];
-- Nobody telephones at night: the next morning instead, never earlier than asked.
CREATE OR REPLACE TEMP MACRO daytime(s, x) AS CASE
    WHEN s % 86400 < 28800 THEN s - s % 86400 + 28800 + CAST(x * 12600 AS BIGINT)
    WHEN s % 86400 >= 72000 THEN s - s % 86400 + 115200 + CAST(x * 12600 AS BIGINT)
    ELSE s END;
-- Units close within office hours: another time of the same or of the next day, never earlier than asked.
CREATE OR REPLACE TEMP MACRO office(s, x) AS CASE
    WHEN s % 86400 < 30600 THEN s - s % 86400 + 30600 + CAST(x * 32400 AS BIGINT)
    WHEN s % 86400 > 64800 THEN s - s % 86400 + 117000 + CAST(x * 32400 AS BIGINT)
    ELSE s END;
CREATE OR REPLACE TEMP MACRO seen(s) AS CASE WHEN s < ${cut} THEN s END;
CREATE OR REPLACE TEMP MACRO moment(s) AS make_timestamp(s * 1000000);
CREATE OR REPLACE TEMP MACRO satisfaction_word(x) AS CASE x
    WHEN 's' THEN 'satisfied' WHEN 'b' THEN 'basically_satisfied' WHEN 'n' THEN 'unsatisfied' END;
CREATE OR REPLACE TEMP MACRO resolution_word(x) AS CASE x
    WHEN 'r' THEN 'resolved' WHEN 'p' THEN 'partly_resolved' WHEN 'n' THEN 'unresolved' END;
-- Working hours that have passed at second s of a working day.
CREATE OR REPLACE TEMP MACRO day_hours(s) AS (${day_hours}) / 3600.0;
