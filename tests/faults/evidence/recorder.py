"""The flight recorder: a trigger writes down every committed change of a delivery's state, work or fence."""

from typing import Final

from tocsin_store.pool import Pool

_INSTALL: Final = """
CREATE SCHEMA IF NOT EXISTS faults;
CREATE TABLE IF NOT EXISTS faults.move (
    delivery  uuid           NOT NULL,
    at        timestamptz    NOT NULL,
    old_fence int,           -- null, as the other two: it was born
    new_fence int            NOT NULL,
    old_state delivery_state,
    new_state delivery_state NOT NULL,
    old_work  delivery_work,
    new_work  delivery_work  NOT NULL,
    began     timestamptz    NOT NULL DEFAULT now() -- what its statement took for the time
);
CREATE OR REPLACE FUNCTION faults.record_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO faults.move VALUES (NEW.id, clock_timestamp(), NULL, NEW.fence, NULL, NEW.state, NULL, NEW.work);
    ELSE
        INSERT INTO faults.move VALUES (NEW.id, clock_timestamp(), OLD.fence, NEW.fence, OLD.state, NEW.state,
                                        OLD.work, NEW.work);
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER faults_born AFTER INSERT ON delivery FOR EACH ROW EXECUTE FUNCTION faults.record_move();
CREATE OR REPLACE TRIGGER faults_moved AFTER UPDATE ON delivery FOR EACH ROW
    WHEN ((OLD.state, OLD.work, OLD.fence) IS DISTINCT FROM (NEW.state, NEW.work, NEW.fence))
    EXECUTE FUNCTION faults.record_move();
"""


async def install(pool: Pool) -> None:
    """Record from now on, in `faults.move`; again is harmless. Nothing of the product sees it.

    A move stands or falls with the change it tells of. Its time is the clock's, read while the row is locked: moves of
    one delivery are in order of it.
    """
    await pool.execute(_INSTALL)
