-- Plans: each step is a wave of fan-outs that may not begin before its time.
ALTER TABLE alert ADD COLUMN last_wave smallint NOT NULL DEFAULT 0; -- of the version in force
ALTER TABLE fan_out ADD COLUMN stops_at smallint; -- who has got a message of this rank (state_rank) is left out

-- Up to when every receipt is known to be merged: nobody is escalated on a silence that is only late news.
CREATE TABLE receipts_mark (
    one       boolean     PRIMARY KEY DEFAULT true CHECK (one),
    passed_at timestamptz NOT NULL
) WITH (fillfactor = 50);
INSERT INTO receipts_mark (passed_at) VALUES ('-infinity');

-- Members for whom a delivery of this wave failed for good: they need not wait for the next step's time.
CREATE TABLE moving_on (
    alert_id  uuid     NOT NULL,
    version   int      NOT NULL,
    wave      smallint NOT NULL,
    member_id uuid     NOT NULL,
    PRIMARY KEY (alert_id, version, wave, member_id)
);
