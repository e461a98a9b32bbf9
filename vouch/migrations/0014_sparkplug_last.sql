-- Which of several sessions before it a message belongs to that comes late or again: its own timestamp tells, between the
-- birth's and that of the last message which was read by it.

ALTER TABLE ingest.sparkplug_cover ADD COLUMN last_at timestamptz;
COMMENT ON COLUMN ingest.sparkplug_cover.last_at IS
    'the timestamp, by the clock of the edge node, of the last message that the birth explains; of one that has ended';
