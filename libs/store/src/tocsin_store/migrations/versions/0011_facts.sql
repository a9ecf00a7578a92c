-- A receipt as the merge takes it: an array of these costs driver and server a third of an array for each column. It is
-- never altered, for those who hold a connection know it as it was: what changes is a type beside it.
CREATE TYPE fact AS (
    id              uuid,
    delivery_id     uuid,
    fence           int,
    kind            text,
    state           delivery_state,
    reason          text,
    provider        text,
    provider_status text,
    due_at          timestamptz,
    occurred_at     timestamptz,
    recorded_at     timestamptz,
    attempt         smallint,
    provider_ref    text,
    segments        smallint,
    cost            int
);
