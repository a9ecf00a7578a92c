-- Agencies: whom calls come from (a number in E.164), and how many of them may begin in a second.
ALTER TABLE agency ADD COLUMN voice_from  text CHECK (voice_from ~ '^\+[1-9][0-9]{6,14}$'),
                   ADD COLUMN calls_per_s int NOT NULL DEFAULT 1 CHECK (calls_per_s > 0);

-- A paced channel's sender, and how many messages (segments, calls) it may send in a second; null where it is not paced.
CREATE FUNCTION sender_of(channel text, g agency) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE channel WHEN 'sms' THEN g.sms_from WHEN 'voice' THEN 'voice:' || g.voice_from END;

CREATE FUNCTION rate_of(channel text, g agency) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE channel WHEN 'sms' THEN g.sms_segments_per_s WHEN 'voice' THEN g.calls_per_s END;

-- What was told of a version when it was posted: how many calls.
ALTER TABLE alert_content ADD COLUMN calls_expected int;

-- Numbers that are called are kept as those that are texted.
ALTER TABLE contact_point DROP CONSTRAINT contact_point_e164;
ALTER TABLE contact_point ADD CONSTRAINT contact_point_e164
    CHECK (channel NOT IN ('sms', 'voice') OR address ~ '^\+[1-9][0-9]{6,14}$');
CREATE INDEX contact_point_line ON contact_point (address) WHERE channel = 'voice';

-- As before; a call goes where a text to that number would.
CREATE OR REPLACE FUNCTION route_of(channel text, address text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN channel = 'email' THEN lower(split_part(address, '@', -1))
            WHEN channel IN ('sms', 'voice') THEN coalesce( -- two expressions: of branches the longest would win, not the first
                substring(address FROM '^\+(?:[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])'),
                substring(address FROM '^\+[0-9]{3}')) END;

-- Members: what may be said to whoever, or whatever, answers. Without a row: everything.
CREATE TABLE member_voice (
    member_id       uuid    PRIMARY KEY REFERENCES member,
    never_voicemail boolean NOT NULL DEFAULT false, -- nothing is left on a machine
    no_caller_text  boolean NOT NULL DEFAULT false  -- at risk: neither who calls nor why is said before a key was pressed
);

-- Lines: who may call a number now. One call at a time, of all workers together: until its end was told, or it cannot
-- last any longer.
CREATE TABLE line (
    address     text        PRIMARY KEY,
    delivery_id uuid        NOT NULL,
    fence       int         NOT NULL,
    until       timestamptz NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX line_until ON line (until);

-- Which delivery of an alert version calls a household. It stays that one's, unless it failed for good.
CREATE TABLE household_call (
    alert_id      uuid        NOT NULL,
    alert_version int         NOT NULL,
    household_id  uuid        NOT NULL,
    delivery_id   uuid        NOT NULL,
    called_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (alert_id, alert_version, household_id)
);
CREATE INDEX household_call_age ON household_call (called_at);

INSERT INTO strike_rule VALUES
    ('voice', 'address_invalid', 1, '0 hours',  'hard', 'all', 'Twilio 21211, 21217, 13224: no such number can exist'),
    ('voice', 'barred',          1, '0 hours',  'hard', 'all', 'Twilio 21202, 21216: premium, blocked or on a deny list'),
    ('voice', 'unroutable',      2, '24 hours', 'soft', 'all', 'Twilio 21214: cannot be reached; a carrier may be wrong once');
