-- What an ingest process last said of itself, written with its proofs of listening, so that the portal can show it
-- wherever the process runs. One that can store nothing says nothing: then `proven_at` is old.

CREATE TABLE ingest.process (
    run        uuid PRIMARY KEY,
    client     text NOT NULL,
    host       text NOT NULL,
    pid        int NOT NULL,
    started_at timestamptz NOT NULL,
    proven_at  timestamptz NOT NULL,
    status     text NOT NULL CHECK (status IN ('ok', 'degraded', 'failing')),
    reasons    text[] NOT NULL,
    messages_in_flight int NOT NULL,
    broker_version  text,
    broker_dropped  bigint,
    broker_messages bigint,
    broker_bytes    bigint
);
CREATE INDEX process_by_proof ON ingest.process (proven_at);
COMMENT ON COLUMN ingest.process.broker_dropped IS 'messages since the broker started for which some queue had no room';
COMMENT ON COLUMN ingest.process.broker_messages IS 'messages that the broker keeps for clients that are away or behind';
