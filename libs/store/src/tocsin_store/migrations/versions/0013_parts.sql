-- A large fan-out is split, so that several connections are at it: each part goes as far as a member, and counts its chunks
-- from another number on.
ALTER TABLE fan_out ADD COLUMN part         smallint NOT NULL DEFAULT 0,
                    ADD COLUMN until_member uuid     NOT NULL DEFAULT 'ffffffff-ffff-ffff-ffff-ffffffffffff',
                    DROP CONSTRAINT fan_out_pkey,
                    ADD PRIMARY KEY (alert_id, version, wave, channel, part);
