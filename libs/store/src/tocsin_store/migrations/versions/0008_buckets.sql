-- In double precision a bucket costs 1 µs; in numeric, which extract() gives, it cost 25: a quarter of a merge. What
-- stands on a bound belongs below it.
CREATE OR REPLACE FUNCTION time_bucket(elapsed interval) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN least(60, greatest(0, ceil(2 * ln(greatest(0.001, extract(epoch FROM elapsed)::float8) / 0.1) / ln(2::float8) - 1e-9)))::smallint;
