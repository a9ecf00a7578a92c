-- Closed lists. Their Python twins are in tocsin_schemas.words; a test holds the two together.
CREATE TYPE delivery_state AS ENUM ('pending', 'unknown', 'sent', 'voicemail', 'failed', 'expired', 'cancelled',
                                    'suppressed', 'delivered', 'acknowledged');
CREATE TYPE delivery_work  AS ENUM ('waiting', 'claimed', 'none');
CREATE TYPE lane           AS ENUM ('urgent', 'routine');
CREATE TYPE due_kind       AS ENUM ('send', 'resolve');

CREATE FUNCTION state_rank(s delivery_state) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE s WHEN 'pending' THEN 0 WHEN 'unknown' THEN 1 WHEN 'sent' THEN 2 WHEN 'voicemail' THEN 3
              WHEN 'delivered' THEN 5 WHEN 'acknowledged' THEN 6 ELSE 4 END;

-- Facts of one fence: one that outranks the last applied sets work (design, section 6).
CREATE FUNCTION fact_rank(kind text) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE kind WHEN 'accepted' THEN 2 WHEN 'voicemail' THEN 2 WHEN 'failed' THEN 3
                 WHEN 'delivered' THEN 4 WHEN 'acknowledged' THEN 5 ELSE 1 END;

-- Whether a fact may change `work`: an outcome finds its fence claimed, or outranks what was applied to it;
-- a verdict finds its fence waiting. A later claim makes both void.
CREATE FUNCTION sets_work(work delivery_work, fence int, applied smallint, fact_fence int, rank int, is_verdict boolean)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN fence = fact_fence AND (work = 'claimed' OR (is_verdict AND work = 'waiting') OR (NOT is_verdict AND rank > applied));

CREATE FUNCTION microseconds(t timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (extract(epoch FROM t) * 1000000)::bigint;

CREATE FUNCTION hashed_uuid(timed uuid, h text) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (left(replace(timed::text, '-', ''), 12) || '8' || substr(h, 1, 3)
        || translate(substr(h, 4, 1), '0123456789abcdef', '89ab89ab89ab89ab') || substr(h, 5, 15))::uuid;

CREATE FUNCTION delivery_id(alert uuid, version int, member uuid, contact_point uuid, wave int)
RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashed_uuid(alert, encode(sha256(convert_to(
    alert::text || '|' || version || '|' || member || '|' || contact_point || '|' || wave, 'UTF8')), 'hex'));

CREATE FUNCTION receipt_id(delivery uuid, fence int, kind text, provider_status text, due_at timestamptz)
RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashed_uuid(delivery, encode(sha256(convert_to(
    delivery::text || '|' || fence || '|' || kind || '|' || coalesce(provider_status, '') || '|'
    || coalesce(microseconds(due_at)::text, ''), 'UTF8')), 'hex'));

-- An alert's deliveries are a range of the primary key: from its 48-bit time up to the next.
CREATE FUNCTION alert_first(alert uuid) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (left(replace(alert::text, '-', ''), 12) || repeat('0', 20))::uuid;

CREATE FUNCTION alert_end(alert uuid) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (lpad(to_hex(('x' || left(replace(alert::text, '-', ''), 12))::bit(48)::bigint + 1), 12, '0')
        || repeat('0', 20))::uuid;

-- Bucket of a duration in a tally's histogram: upper bound 0.1 s * 2^(bucket / 2).
CREATE FUNCTION time_bucket(elapsed interval) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN least(60, greatest(0, ceil(2 * log(2, greatest(0.001, extract(epoch FROM elapsed)) / 0.1))))::smallint;

-- Agencies and their keys
CREATE TABLE agency (
    id         uuid        PRIMARY KEY DEFAULT uuidv7(),
    slug       text        NOT NULL UNIQUE,
    name       text        NOT NULL,
    email_from text        NOT NULL,
    reply_to   text,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE api_key (
    id         text        PRIMARY KEY,
    agency_id  uuid        NOT NULL REFERENCES agency,
    secret_sha256 bytea    NOT NULL,
    scopes     text[]      NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);

-- Members. Contact points and consents are append-only with validity.
CREATE TABLE member (
    id           uuid        PRIMARY KEY DEFAULT uuidv7(),
    household_id uuid        NOT NULL,
    name         text        NOT NULL,
    language     text        NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE place (
    id        uuid  PRIMARY KEY DEFAULT uuidv7(),
    member_id uuid  NOT NULL REFERENCES member,
    kind      text  NOT NULL CHECK (kind IN ('home', 'work', 'watch')),
    location  point NOT NULL -- metres, EPSG:27700: core geometry is wrong by tens of metres in degrees
);
CREATE INDEX place_location ON place USING gist (location);
CREATE INDEX place_member ON place (member_id);
CREATE TABLE contact_point (
    id           uuid        PRIMARY KEY DEFAULT uuidv7(),
    member_id    uuid        NOT NULL REFERENCES member,
    channel      text        NOT NULL,
    address      text        NOT NULL,
    confirmed_at timestamptz,
    valid_from   timestamptz NOT NULL DEFAULT now(),
    valid_until  timestamptz
);
CREATE INDEX contact_point_member ON contact_point (member_id);
CREATE TABLE consent (
    id          uuid        PRIMARY KEY DEFAULT uuidv7(),
    member_id   uuid        NOT NULL REFERENCES member,
    agency_id   uuid        NOT NULL REFERENCES agency,
    purpose     text        NOT NULL,
    channel     text        NOT NULL,
    evidence    jsonb       NOT NULL,
    valid_from  timestamptz NOT NULL DEFAULT now(),
    valid_until timestamptz,
    withdrawal  jsonb
);
CREATE INDEX consent_member ON consent (member_id, agency_id, purpose, channel);

-- Areas by code: shape in metres, geometry as it was given.
CREATE TABLE area (
    code     text  PRIMARY KEY,
    name     text  NOT NULL,
    geometry jsonb NOT NULL
);

-- Alerts: one row each, the content of every version beside it.
CREATE TABLE alert (
    id         uuid        PRIMARY KEY DEFAULT uuidv7(),
    agency_id  uuid        NOT NULL REFERENCES agency,
    version    int         NOT NULL DEFAULT 1,
    state      text        NOT NULL CHECK (state IN ('live', 'completed', 'cancelled', 'superseded')),
    lane       lane        NOT NULL,
    severity   text        NOT NULL,
    purpose    text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    frozen_at  timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX alert_agency ON alert (agency_id, id);
CREATE INDEX alert_live ON alert (expires_at) WHERE state = 'live';
CREATE TABLE alert_content (
    alert_id uuid  NOT NULL REFERENCES alert,
    version  int   NOT NULL,
    body     jsonb NOT NULL, -- as posted, defaults filled in
    PRIMARY KEY (alert_id, version)
);
CREATE TABLE alert_shape (
    alert_id uuid      NOT NULL REFERENCES alert,
    version  int       NOT NULL,
    outline  polygon   NOT NULL, -- metres
    holes    polygon[] NOT NULL DEFAULT '{}'
);
CREATE INDEX alert_shape_alert ON alert_shape (alert_id, version);
CREATE TABLE idempotency (
    agency_id   uuid        NOT NULL REFERENCES agency,
    key         text        NOT NULL,
    body_sha256 bytea       NOT NULL,
    status      int         NOT NULL,
    answer      jsonb       NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (agency_id, key)
);
CREATE INDEX idempotency_created ON idempotency (created_at);
CREATE TABLE audit (
    id        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT now(),
    agency_id uuid,
    actor     text        NOT NULL, -- key id, or the command that acted
    action    text        NOT NULL,
    subject   text        NOT NULL  -- an id, never anything personal
);

-- To Kafka. `receipts` holds a JSON array of receipts that the relay expands.
CREATE TABLE outbox (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic      text        NOT NULL,
    key        uuid        NOT NULL,
    event_type text        NOT NULL,
    value      bytea,
    receipts   jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((value IS NULL) <> (receipts IS NULL))
);

-- Fan-out: one row per alert version, wave and channel; one chunk row per transaction of it.
CREATE TABLE fan_out (
    alert_id     uuid        NOT NULL REFERENCES alert,
    version      int         NOT NULL,
    wave         int         NOT NULL DEFAULT 0,
    channel      text        NOT NULL,
    lane         lane        NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    after_member uuid        NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    after_point  uuid        NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    chunks       int         NOT NULL DEFAULT 0,
    members      int         NOT NULL DEFAULT 0,
    done_at      timestamptz,
    PRIMARY KEY (alert_id, version, wave, channel)
);
CREATE INDEX fan_out_open ON fan_out (lane, created_at) WHERE done_at IS NULL;
CREATE TABLE chunk (
    alert_id    uuid        NOT NULL,
    version     int         NOT NULL,
    wave        int         NOT NULL,
    channel     text        NOT NULL,
    number      int         NOT NULL,
    lane        lane        NOT NULL,
    deliveries  int         NOT NULL,
    delivery_ids uuid[]     NOT NULL, -- so that a chunk is found by primary-key probes, not by a scan of its alert
    created_at  timestamptz NOT NULL DEFAULT now(),
    enqueued_at timestamptz,
    last_offset jsonb,       -- highest offset produced, by partition
    passed_at   timestamptz, -- the group's committed offsets are past last_offset
    barrier     jsonb,       -- end offsets of `receipts` when that was seen
    settled_at  timestamptz, -- nothing of it was left waiting unseen
    PRIMARY KEY (alert_id, version, wave, channel, number)
);
CREATE INDEX chunk_open ON chunk (channel, lane, created_at) WHERE settled_at IS NULL;
CREATE INDEX chunk_passed ON chunk (channel, lane, passed_at);

-- The ledger. No index and no index predicate names a column that changes. The leaves are filled to 45 %: a row
-- grows by its claim's columns, and its second version must find room beside it for the update to be HOT.
CREATE TABLE delivery (
    id               uuid           NOT NULL,
    alert_id         uuid           NOT NULL,
    member_id        uuid           NOT NULL,
    contact_point_id uuid           NOT NULL,
    claim_token      bigint,
    session          bigint,
    claimed_at       timestamptz,
    updated_at       timestamptz    NOT NULL DEFAULT now(),
    alert_version    int            NOT NULL,
    fence            int            NOT NULL DEFAULT 0,
    state            delivery_state NOT NULL DEFAULT 'pending',
    work             delivery_work  NOT NULL DEFAULT 'waiting',
    wave             smallint       NOT NULL DEFAULT 0,
    attempts         smallint       NOT NULL DEFAULT 0,
    ambiguous        smallint       NOT NULL DEFAULT 0, -- attempts whose outcome nobody knows
    fact_rank        smallint       NOT NULL DEFAULT 0, -- of the last fact applied to this fence
    channel          text           NOT NULL,
    reason           text,
    PRIMARY KEY (id)
) PARTITION BY RANGE (id);

-- What must wait: retries, deferrals, look-ups. The claim deletes the row.
CREATE TABLE due (
    delivery_id   uuid        PRIMARY KEY,
    alert_id      uuid        NOT NULL,
    kind          due_kind    NOT NULL,
    channel       text        NOT NULL,
    lane          lane        NOT NULL,
    route         text,        -- what it waits for, where that is on hold
    due_at        timestamptz NOT NULL,
    produce_after timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX due_produce ON due (channel, lane, produce_after);

-- The timeline. A reader goes by (xid, ordinal) below pg_snapshot_xmin.
CREATE TABLE receipt (
    delivery_id     uuid        NOT NULL,
    id              uuid        NOT NULL,
    alert_id        uuid        NOT NULL,
    due_at          timestamptz,
    occurred_at     timestamptz NOT NULL,
    recorded_at     timestamptz NOT NULL,
    xid             bigint      NOT NULL,
    ordinal         int         NOT NULL,
    alert_version   int         NOT NULL,
    fence           int         NOT NULL,
    channel         text        NOT NULL,
    kind            text        NOT NULL,
    state           delivery_state NOT NULL,
    reason          text,
    provider        text,
    provider_status text,
    UNIQUE NULLS NOT DISTINCT (delivery_id, fence, kind, provider_status, due_at)
) PARTITION BY RANGE (delivery_id);
CREATE INDEX receipt_order ON receipt (xid, ordinal);
CREATE TABLE receipt_unmatched (
    id          uuid        PRIMARY KEY,
    delivery_id uuid        NOT NULL,
    receipt     jsonb       NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);

-- Tallies: everyone appends deltas, one publisher folds them. bucket -1 counts a state, others its histogram.
CREATE TABLE tally_delta (
    alert_id      uuid           NOT NULL,
    alert_version int            NOT NULL,
    channel       text           NOT NULL,
    state         delivery_state NOT NULL,
    bucket        smallint       NOT NULL DEFAULT -1,
    n             int            NOT NULL
);
CREATE INDEX tally_delta_alert ON tally_delta (alert_id);
CREATE TABLE tally (
    alert_id      uuid           NOT NULL,
    alert_version int            NOT NULL,
    channel       text           NOT NULL,
    state         delivery_state NOT NULL,
    bucket        smallint       NOT NULL,
    n             bigint         NOT NULL,
    PRIMARY KEY (alert_id, alert_version, channel, state, bucket)
);
CREATE TABLE alert_progress (
    alert_id     uuid        PRIMARY KEY,
    version      bigint      NOT NULL,
    as_of        timestamptz NOT NULL,
    published    bigint      NOT NULL DEFAULT 0 -- highest version known to be on Kafka
);

-- Where the merge of each partition stands. The consumer seeks from here.
CREATE TABLE merged_offset (
    topic       text   NOT NULL,
    partition   int    NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (topic, partition)
);

-- One run of one worker process.
CREATE TABLE session (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    worker       text        NOT NULL,
    state        text        NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'closed', 'dead', 'recovered')),
    started_at   timestamptz NOT NULL DEFAULT now(),
    heartbeat_at timestamptz NOT NULL DEFAULT now(),
    oldest_claim timestamptz, -- when its oldest open claim was sent, by the database's clock; null: none open
    dead_at      timestamptz
);
CREATE INDEX session_open ON session (state) WHERE state IN ('live', 'dead');

-- Routes on hold. Route '*' is the whole channel.
CREATE TABLE pause (
    channel  text        NOT NULL,
    route    text        NOT NULL,
    reason   text        NOT NULL,
    since    timestamptz NOT NULL DEFAULT now(),
    until    timestamptz NOT NULL,
    PRIMARY KEY (channel, route)
);

-- Daily partitions, made ahead; a DEFAULT takes what falls outside. Returns how many were made.
CREATE FUNCTION ensure_partitions(first date, days int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    day   date;
    made  int := 0;
    low   uuid;
    high  uuid;
    owner record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('tocsin.ensure_partitions'));
    FOR day IN SELECT first + n FROM generate_series(0, days - 1) n LOOP
        low  := (lpad(to_hex(extract(epoch FROM day::timestamp)::bigint * 1000), 12, '0') || repeat('0', 20))::uuid;
        high := (lpad(to_hex(extract(epoch FROM day::timestamp + interval '1 day')::bigint * 1000), 12, '0')
                 || repeat('0', 20))::uuid;
        FOR owner IN SELECT * FROM (VALUES ('delivery', 45), ('receipt', 100)) v(parent, fill) LOOP
            CONTINUE WHEN to_regclass(format('%s_%s', owner.parent, to_char(day, 'YYYYMMDD'))) IS NOT NULL;
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L) WITH (fillfactor = %s)',
                           owner.parent || '_' || to_char(day, 'YYYYMMDD'), owner.parent, low, high, owner.fill);
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;
CREATE TABLE delivery_default PARTITION OF delivery DEFAULT WITH (fillfactor = 45);
CREATE TABLE receipt_default PARTITION OF receipt DEFAULT;
SELECT ensure_partitions((now() AT TIME ZONE 'UTC')::date - 1, 9);
