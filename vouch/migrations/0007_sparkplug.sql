-- What Sparkplug edge nodes said of their metrics, and for which messages it holds. A birth is published once and its
-- aliases are needed for as long as its session lasts: by ingest when it starts again, and by a rejection that is
-- replayed much later.

CREATE TABLE ingest.sparkplug_birth (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    edge_node text NOT NULL CHECK (edge_node <> ''),
    device    text NOT NULL,
    digest    text NOT NULL,
    payload   bytea NOT NULL,
    UNIQUE (edge_node, device, digest),
    UNIQUE (id, edge_node, device)
);
COMMENT ON COLUMN ingest.sparkplug_birth.device IS 'empty: the edge node itself';
COMMENT ON COLUMN ingest.sparkplug_birth.digest IS
    'equal for births that give every metric the same name, alias, datatype and unit; the payload is the latest of them';

CREATE TABLE ingest.sparkplug_cover (
    edge_node   text NOT NULL,
    device      text NOT NULL,
    birth       bigint NOT NULL,
    bdseq       numeric,
    said_at     timestamptz,
    covers_from timestamptz NOT NULL,
    born_at     timestamptz NOT NULL CHECK (born_at >= covers_from),
    ended_at    timestamptz CHECK (ended_at >= born_at),
    PRIMARY KEY (edge_node, device, born_at, birth),
    FOREIGN KEY (birth, edge_node, device) REFERENCES ingest.sparkplug_birth (id, edge_node, device)
);
CREATE UNIQUE INDEX sparkplug_one_open ON ingest.sparkplug_cover (edge_node, device) WHERE ended_at IS NULL;
CREATE INDEX sparkplug_ended ON ingest.sparkplug_cover (ended_at);
COMMENT ON TABLE ingest.sparkplug_cover IS
    'the messages that a birth explains: received from covers_from, since when its session was heard, until ended_at';
COMMENT ON COLUMN ingest.sparkplug_cover.bdseq IS 'number of the session, where the birth gives one: up to 64 bits';
COMMENT ON COLUMN ingest.sparkplug_cover.said_at IS 'the birth''s timestamp, by the clock of the edge node';

CREATE TABLE ingest.sparkplug_node (
    edge_node text PRIMARY KEY,
    seq       smallint CHECK (seq BETWEEN 0 AND 255),
    sent_at   timestamptz
);
COMMENT ON TABLE ingest.sparkplug_node IS
    'the number of the last message in order that is stored, written in its transaction, and when it was sent';
