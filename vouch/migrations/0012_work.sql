-- When each kind of scheduled work was last done, and how it ended: a scheduler that has stopped is seen by its silence.

CREATE TABLE ingest.work (
    name       text PRIMARY KEY,
    started_at timestamptz NOT NULL,
    ended_at   timestamptz NOT NULL CHECK (ended_at >= started_at),
    error      text
);
COMMENT ON COLUMN ingest.work.error IS 'why it failed; null where it did not';
