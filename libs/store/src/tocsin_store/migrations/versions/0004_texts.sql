-- Agencies: whom texts come from (a number in E.164, up to 11 letters and digits, or a provider's own id of a pool of
-- senders), and how many segments a second that sender may send.
ALTER TABLE agency ADD COLUMN sms_from           text,
                   ADD COLUMN sms_segments_per_s int NOT NULL DEFAULT 10 CHECK (sms_segments_per_s > 0);

-- Numbers are kept as E.164 has them.
ALTER TABLE contact_point ADD CONSTRAINT contact_point_e164 CHECK (channel <> 'sms' OR address ~ '^\+[1-9][0-9]{6,14}$');
CREATE INDEX contact_point_number ON contact_point (address) WHERE channel = 'sms';

-- As before; of a text the country calling code (ITU-T E.164).
CREATE OR REPLACE FUNCTION route_of(channel text, address text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE channel WHEN 'email' THEN lower(split_part(address, '@', -1))
                    WHEN 'sms'   THEN coalesce( -- two expressions: of branches the longest would win, not the first
                        substring(address FROM '^\+(?:[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])'),
                        substring(address FROM '^\+[0-9]{3}')) END;

-- What was told of a version when it was posted: how many texts, and how many segments each of them on average.
ALTER TABLE alert_content ADD COLUMN texts_expected int, ADD COLUMN segments_expected real;

ALTER TABLE receipt ADD COLUMN provider_ref text, ADD COLUMN segments smallint, ADD COLUMN cost int;

-- What a provider took, by its own id: reports go by it, replies are threaded by it, silence about it is asked after.
CREATE TABLE provider_message (
    provider         text        NOT NULL,
    ref              text        NOT NULL,
    delivery_id      uuid        NOT NULL,
    fence            int         NOT NULL,
    alert_id         uuid        NOT NULL,
    agency_id        uuid        NOT NULL,
    channel          text        NOT NULL,
    contact_point_id uuid        NOT NULL,
    accepted_at      timestamptz NOT NULL,
    ended_at         timestamptz,          -- when its end was told
    poll_at          timestamptz,          -- when it is asked after; null: no more
    polls            smallint    NOT NULL DEFAULT 0,
    PRIMARY KEY (provider, ref)
) WITH (fillfactor = 80);
CREATE INDEX provider_message_delivery ON provider_message (delivery_id);
CREATE INDEX provider_message_contact ON provider_message (contact_point_id, accepted_at);
CREATE INDEX provider_message_poll ON provider_message (channel, poll_at) WHERE poll_at IS NOT NULL;
CREATE INDEX provider_message_age ON provider_message (accepted_at);

-- What providers reported, each once, as it was understood. Without a delivery: kept until its message is known.
CREATE TABLE callback (
    provider    text        NOT NULL,
    ref         text        NOT NULL,
    status      text        NOT NULL,
    code        text        NOT NULL DEFAULT '',
    delivery_id uuid,
    fence       int,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (provider, ref, status, code)
);
CREATE INDEX callback_unjoined ON callback (provider, ref, status, code) WHERE delivery_id IS NULL;
CREATE INDEX callback_age ON callback (received_at);

-- Pace: when a sender's next slot is, and how many of its segments are taken. One change a slot and worker, not one a
-- message. Routine messages give way while urgent ones ask.
CREATE TABLE pace (
    sender    text        PRIMARY KEY,
    slot_at   timestamptz NOT NULL,
    taken     int         NOT NULL,
    urgent_at timestamptz -- when an urgent message asked last
) WITH (fillfactor = 50);

-- Replies, and the short words that need an answer of their own. The text is personal: it stays here.
CREATE TABLE reply (
    id               uuid        PRIMARY KEY DEFAULT uuidv7(),
    agency_id        uuid        NOT NULL REFERENCES agency,
    alert_id         uuid,
    delivery_id      uuid,
    member_id        uuid,
    contact_point_id uuid,
    channel          text        NOT NULL,
    kind             text        NOT NULL CHECK (kind IN ('acknowledgement', 'text')),
    body             text        NOT NULL,
    state            text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered', 'closed')),
    answer_id        uuid,       -- the alert to one that answers it
    provider         text        NOT NULL,
    received_at      timestamptz NOT NULL DEFAULT now(),
    closed_at        timestamptz
);
CREATE INDEX reply_alert ON reply (alert_id, id);
CREATE INDEX reply_agency ON reply (agency_id, id);

-- Every text that came in, once: providers tell twice. The text itself only where it is a reply.
CREATE TABLE inbound (
    provider    text        NOT NULL,
    ref         text        NOT NULL,
    meaning     text        NOT NULL, -- stop, start, help, reply, or nobody (a sender that is no agency's)
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (provider, ref)
);
CREATE INDEX inbound_age ON inbound (received_at);

-- What is said once to a number that left, came back or asked who we are; not an alert, and never repeated.
CREATE TABLE notice (
    id         uuid        PRIMARY KEY DEFAULT uuidv7(),
    agency_id  uuid        NOT NULL REFERENCES agency,
    kind       text        NOT NULL CHECK (kind IN ('stopped', 'started', 'help')),
    address    text        NOT NULL,
    language   text        NOT NULL,
    provider   text        NOT NULL, -- by which it came
    created_at timestamptz NOT NULL DEFAULT now(),
    taken_at   timestamptz, -- before it is handed over: one that was cut off then is not said
    outcome    text
);
CREATE INDEX notice_open ON notice (created_at) WHERE taken_at IS NULL;
CREATE INDEX notice_address ON notice (address, created_at);

-- An answer to a reply is an alert to one: everything that holds for alerts holds for it.
ALTER TABLE alert ADD COLUMN answers uuid; -- the reply
ALTER TABLE fan_out ADD COLUMN only_contact_point uuid; -- the audience, where it is one

INSERT INTO strike_rule VALUES
    ('sms', 'address_invalid',     1, '0 hours',  'hard', 'all', 'Twilio 21211, 21217: no such number can exist'),
    ('sms', 'not_mobile',          1, '0 hours',  'hard', 'all', 'Twilio 21614, 21635, 30006: cannot take texts'),
    ('sms', 'barred',              1, '0 hours',  'hard', 'all', 'Twilio 21202, 21265: premium or short number'),
    ('sms', 'address_unknown',     2, '24 hours', 'hard', 'all', 'Twilio 30005: out of service; a carrier may be wrong once'),
    ('sms', 'blocked',             2, '24 hours', 'soft', 'all', 'Twilio 30004: the handset or its carrier blocks us');
