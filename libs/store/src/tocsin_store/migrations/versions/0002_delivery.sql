-- Alerts: `open` while the version in force may be sent. A version is settled once nothing of it is left to do.
ALTER TABLE alert ADD COLUMN open boolean NOT NULL DEFAULT true;
ALTER TABLE alert_content ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(), ADD COLUMN settled_at timestamptz;
UPDATE alert_content c SET settled_at = now() FROM alert a WHERE a.id = c.alert_id AND a.state <> 'live';
CREATE INDEX alert_content_unsettled ON alert_content (alert_id, version) WHERE settled_at IS NULL;

-- Fan-out: not before its time; or to those whom earlier versions reached, page by page over their deliveries, each
-- pass past the receipts barrier, until a pass meets none that is claimed.
ALTER TABLE fan_out ADD COLUMN not_before     timestamptz NOT NULL DEFAULT now(),
                    ADD COLUMN reached        boolean     NOT NULL DEFAULT false,
                    ADD COLUMN barrier        jsonb,
                    ADD COLUMN barrier_passed boolean     NOT NULL DEFAULT false,
                    ADD COLUMN after_delivery uuid        NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
                    ADD COLUMN claimed        uuid[],      -- what the next pass looks at; null: every earlier delivery
                    ADD COLUMN met_claimed    uuid[]      NOT NULL DEFAULT '{}'; -- by this pass

-- Members: when routine messages may not disturb.
ALTER TABLE member ADD COLUMN time_zone text NOT NULL DEFAULT 'Europe/London'
    CHECK (timestamptz '2000-01-01 00:00Z' AT TIME ZONE time_zone IS NOT NULL); -- an unknown zone would break claims
CREATE TABLE quiet_hours (
    member_id uuid NOT NULL REFERENCES member,
    channel   text NOT NULL,
    starts    time NOT NULL, -- by the clock on the member's wall; past midnight where it ends earlier
    ends      time NOT NULL CHECK (ends <> starts),
    PRIMARY KEY (member_id, channel)
);

-- When the quiet hours that hold at a moment end; null where none do. An end that the clock shows twice counts
-- the first time; one that it skips counts an hour later.
CREATE FUNCTION quiet_until(at timestamptz, zone text, starts time, ends time)
RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
    SELECT CASE WHEN NOT quiet                                                      THEN NULL
                WHEN ((until - interval '1 hour') AT TIME ZONE zone)::time <> ends  THEN until
                WHEN until - interval '1 hour' > at                                 THEN until - interval '1 hour'
                END -- null where the first of the two is past
    FROM  (SELECT (day + (starts > ends AND clock >= starts)::int + ends) AT TIME ZONE zone AS until,
                  CASE WHEN starts < ends THEN clock >= starts AND clock < ends
                       ELSE clock >= starts OR clock < ends END AS quiet
           FROM  (SELECT (at AT TIME ZONE zone)::date AS day, (at AT TIME ZONE zone)::time AS clock) wall) x);

-- Routes: what of a channel can be on hold. '*' is the whole channel; 'provider:', 'sender:' and 'alert:' name theirs;
-- anything else is a destination. A row is a hold in force, until it is deleted; `until` is when it is probed next.
CREATE FUNCTION route_of(channel text, address text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE channel WHEN 'email' THEN lower(split_part(address, '@', -1)) END;
ALTER TABLE pause ADD COLUMN probes int NOT NULL DEFAULT 0, -- since one went through
                  ADD COLUMN passes int NOT NULL DEFAULT 1; -- how many deliveries go at a probe; doubled by each success
ALTER TABLE due ADD COLUMN probe boolean NOT NULL DEFAULT false; -- goes although its route is on hold
CREATE INDEX due_route ON due (channel, route, produce_after) WHERE route IS NOT NULL;

-- What providers answered when they did not take a message: their words may name people, so they stay here.
CREATE TABLE provider_answer (
    delivery_id uuid        NOT NULL,
    fence       int         NOT NULL,
    answer      text        NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (delivery_id, fence)
);
CREATE INDEX provider_answer_age ON provider_answer (answered_at);
ALTER TABLE receipt ADD COLUMN attempt smallint;

-- Strikes against addresses, and when they suppress one. Suppression is per channel; a life may depend on the next
-- message, so one strike suffices only where the evidence is about identity.
CREATE TABLE strike_rule (
    channel text     NOT NULL,
    reason  text     NOT NULL,
    strikes int      NOT NULL, -- in as many alerts
    apart   interval NOT NULL, -- from the first to the last
    kind    text     NOT NULL CHECK (kind IN ('hard', 'soft')),      -- extreme alerts go to soft ones all the same
    scope   text     NOT NULL CHECK (scope IN ('all', 'routine')),
    source  text     NOT NULL,
    PRIMARY KEY (channel, reason)
);
INSERT INTO strike_rule VALUES
    ('email', 'address_unknown',      2, '24 hours', 'hard', 'all',     'RFC 3463 X.1.1, X.1.3, X.1.6; a relay may be wrong once'),
    ('email', 'domain_unreachable',   2, '24 hours', 'hard', 'all',     'RFC 3463 X.1.2, X.4.4'),
    ('email', 'domain_refuses_mail',  1, '0 hours',  'hard', 'all',     'RFC 7505: Null MX'),
    ('email', 'owner_changed',        1, '0 hours',  'hard', 'all',     'RFC 7293 section 5'),
    ('email', 'mailbox_disabled',     2, '7 days',   'soft', 'all',     'RFC 3463 X.2.1'),
    ('email', 'mailbox_full',         5, '24 hours', 'soft', 'all',     'RFC 3463 X.2.2: persistent, but transient'),
    ('email', 'complaint',            1, '0 hours',  'soft', 'routine', 'RFC 5965');
CREATE TABLE strike (
    channel         text        NOT NULL,
    address         text        NOT NULL, -- in lower case
    reason          text        NOT NULL,
    delivery_id     uuid        NOT NULL,
    alert_id        uuid        NOT NULL,
    agency_id       uuid        NOT NULL,
    provider_status text,
    at              timestamptz NOT NULL,
    lifted          boolean     NOT NULL DEFAULT false, -- no longer counts
    PRIMARY KEY (channel, address, reason, delivery_id)
);
CREATE TABLE suppression (
    id              uuid        PRIMARY KEY DEFAULT uuidv7(),
    channel         text        NOT NULL,
    address         text        NOT NULL, -- in lower case
    kind            text        NOT NULL,
    scope           text        NOT NULL,
    reason          text        NOT NULL,
    provider_status text,
    strikes         int         NOT NULL,
    delivery_id     uuid        NOT NULL, -- the last strike
    alert_id        uuid        NOT NULL,
    agency_id       uuid        NOT NULL REFERENCES agency,
    created_at      timestamptz NOT NULL DEFAULT now(),
    lifted_at       timestamptz,
    lifted_because  text
);
CREATE UNIQUE INDEX suppression_active ON suppression (channel, address, reason) WHERE lifted_at IS NULL;
CREATE INDEX suppression_agency ON suppression (agency_id, id);

-- As before; a complaint is about what arrived and never about work.
CREATE OR REPLACE FUNCTION fact_rank(kind text) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE kind WHEN 'complained' THEN 0 WHEN 'accepted' THEN 2 WHEN 'voicemail' THEN 2 WHEN 'failed' THEN 3
                 WHEN 'delivered' THEN 4 WHEN 'acknowledged' THEN 5 ELSE 1 END;
CREATE OR REPLACE FUNCTION sets_work(work delivery_work, fence int, applied smallint, fact_fence int, rank int, is_verdict boolean)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN rank > 0 AND fence = fact_fence
       AND (work = 'claimed' OR (is_verdict AND work = 'waiting') OR (NOT is_verdict AND rank > applied));
