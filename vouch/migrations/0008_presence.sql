-- Whether devices were there, and whether vouch itself was listening. Only what somebody said is kept: silence is worked
-- out when it is asked for, because a reading that comes late may end it.

CREATE TABLE ingest.presence (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device      text NOT NULL REFERENCES ingest.device,
    at          timestamptz NOT NULL,
    online      boolean NOT NULL,
    evidence    text NOT NULL
                CHECK (evidence IN ('birth', 'death', 'will', 'suspicion', 'declared', 'link_lost')),
    detail      text NOT NULL,
    received_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT presence_once UNIQUE (device, at, online, evidence)
);
CREATE INDEX presence_in_order ON ingest.presence (device, received_at, id);
COMMENT ON COLUMN ingest.presence.at IS 'by the clock of whoever says it; where he gives no time, received_at';
COMMENT ON COLUMN ingest.presence.received_at IS
    'our clock when the message came; it orders what a device says, whatever its own clock shows';
COMMENT ON COLUMN ingest.presence.recorded_at IS 'the database clock, as readings have it';

-- From `since` to `until` an ingest process sent itself canaries through the broker and stored what came back.
CREATE TABLE ingest.listening (
    run     uuid NOT NULL,
    client  text NOT NULL CHECK (client <> ''),
    since   timestamptz NOT NULL,
    until   timestamptz NOT NULL CHECK (until >= since),
    PRIMARY KEY (run, client, since)
);
CREATE INDEX listening_by_time ON ingest.listening (until, since);
COMMENT ON COLUMN ingest.listening.client IS 'the MQTT client id of the session that heard the canaries';
