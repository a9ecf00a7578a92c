-- Of which record in the outbox the answer says that Kafka has got it; null: of none, or it was kept before this was.
ALTER TABLE idempotency ADD COLUMN bell bigint;
