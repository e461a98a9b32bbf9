-- The registry (who sells, who pays, what is measured, which device speaks for which asset) and the readings.
-- Readings are narrow and permanent: a reading's identity is (series, measured_at), and the table itself holds it.

CREATE EXTENSION IF NOT EXISTS timescaledb;
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE SCHEMA ingest;

CREATE TABLE ingest.issuer (
    id         text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9_-]*$'),
    legal_name text NOT NULL CHECK (legal_name <> ''),
    address    text[] NOT NULL CHECK (cardinality(address) > 0),
    country    text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    vat_id     text,
    email      text,
    iban       text,
    time_zone  text NOT NULL,
    payment_days int NOT NULL CHECK (payment_days BETWEEN 0 AND 365)
);

CREATE TABLE ingest.customer (
    id         text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9_-]*$'),
    legal_name text NOT NULL CHECK (legal_name <> ''),
    address    text[] NOT NULL CHECK (cardinality(address) > 0),
    country    text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    vat_id     text,
    email      text
);

CREATE TABLE ingest.product_type (
    id   text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9_-]*$'),
    name text NOT NULL
);

CREATE TABLE ingest.metric (
    product_type text NOT NULL REFERENCES ingest.product_type,
    name         text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]*$'),
    kind         text NOT NULL CHECK (kind IN ('counter', 'amount', 'gauge', 'state')),
    unit         text,
    resolution   numeric CHECK (resolution > 0),
    value_min    numeric,
    value_max    numeric,
    states       jsonb,
    on_fall      text CHECK (on_fall IN ('reset', 'dip')),
    silence_seconds_max int NOT NULL CHECK (silence_seconds_max > 0),
    PRIMARY KEY (product_type, name),
    CHECK (value_min <= value_max),
    CHECK ((kind = 'state') = (states IS NOT NULL)),
    CHECK ((kind = 'state') = (unit IS NULL)),
    CHECK ((kind = 'counter') = (on_fall IS NOT NULL))
);
COMMENT ON COLUMN ingest.metric.unit IS 'UN/ECE recommendation 20 code';
COMMENT ON COLUMN ingest.metric.states IS 'name of each state and the code under which readings hold it';
COMMENT ON COLUMN ingest.metric.on_fall IS
    'what a falling counter means: it started again from zero, or it shows too little for a while';

CREATE TABLE ingest.asset (
    id           text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$'),
    product_type text NOT NULL REFERENCES ingest.product_type,
    customer     text NOT NULL REFERENCES ingest.customer,
    name         text NOT NULL,
    UNIQUE (id, product_type)
);

CREATE TABLE ingest.device (
    id           text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$'),
    product_type text NOT NULL REFERENCES ingest.product_type,
    UNIQUE (id, product_type)
);

-- Which device serves which asset, with both clocks: a row is never changed, only withdrawn and succeeded, so that
-- what was known at an instant can be asked for later.
CREATE TABLE ingest.assignment (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    asset        text NOT NULL,
    device       text NOT NULL,
    product_type text NOT NULL,
    serves       tstzrange NOT NULL CHECK (NOT isempty(serves) AND lower_inc(serves) AND NOT upper_inc(serves)),
    recorded_at  timestamptz NOT NULL,
    withdrawn_at timestamptz CHECK (withdrawn_at > recorded_at),
    FOREIGN KEY (asset, product_type) REFERENCES ingest.asset (id, product_type),
    FOREIGN KEY (device, product_type) REFERENCES ingest.device (id, product_type),
    CONSTRAINT asset_served_by_one_device
        EXCLUDE USING gist (asset WITH =, serves WITH &&) WHERE (withdrawn_at IS NULL),
    CONSTRAINT device_serves_one_asset
        EXCLUDE USING gist (device WITH =, serves WITH &&) WHERE (withdrawn_at IS NULL)
);

CREATE TABLE ingest.series (
    id           int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device       text NOT NULL,
    product_type text NOT NULL,
    metric       text NOT NULL,
    UNIQUE (device, metric),
    FOREIGN KEY (device, product_type) REFERENCES ingest.device (id, product_type),
    FOREIGN KEY (product_type, metric) REFERENCES ingest.metric (product_type, name)
);

-- One row: ingest processes reload the catalogue when the number has grown.
CREATE TABLE ingest.registry_revision (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    revision bigint NOT NULL
);
INSERT INTO ingest.registry_revision (revision) VALUES (0);

CREATE TABLE ingest.reading (
    measured_at timestamptz NOT NULL,
    series      int NOT NULL,
    value       float8 NOT NULL CHECK (value > '-Infinity' AND value < 'Infinity'),
    received_at timestamptz NOT NULL
);
DO $$
BEGIN
    PERFORM create_hypertable('ingest.reading', 'measured_at',
                              chunk_time_interval => interval '7 days', create_default_indexes => false);
END
$$;
CREATE UNIQUE INDEX reading_once ON ingest.reading (series, measured_at);
COMMENT ON COLUMN ingest.reading.received_at IS 'when vouch stored it, by the database clock: what an evaluation knew is what came before its known_at';

-- Written beside readings in their transaction; append-only, so that writers never wait for each other. The summariser
-- takes what it sees and redoes those days.
CREATE TABLE ingest.stale_mark (
    series int NOT NULL,
    day    date NOT NULL
);
CREATE INDEX stale_mark_by_series ON ingest.stale_mark (series, day);

CREATE TABLE ingest.summary (
    series   int NOT NULL REFERENCES ingest.series,
    day      date NOT NULL,
    readings int NOT NULL CHECK (readings > 0),
    highest  float8 NOT NULL,
    runs     jsonb NOT NULL,
    digest   text NOT NULL,
    PRIMARY KEY (series, day)
);
COMMENT ON TABLE ingest.summary IS
    'one UTC day of one series: runs [first_at, last_at, first value, last value, longest inner silence] in microseconds';

CREATE TABLE ingest.rejected_message (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic       text NOT NULL,
    payload     bytea NOT NULL,
    digest      text NOT NULL,
    first_received_at timestamptz NOT NULL,
    last_received_at  timestamptz NOT NULL,
    times_received    int NOT NULL DEFAULT 1,
    UNIQUE (topic, digest)
);

CREATE TABLE ingest.rejection (
    message bigint NOT NULL REFERENCES ingest.rejected_message,
    place   text NOT NULL,
    reason  text NOT NULL,
    detail  text NOT NULL,
    replayed_at timestamptz,
    PRIMARY KEY (message, place)
);
COMMENT ON COLUMN ingest.rejection.place IS 'where in the message: $ for the whole, else a path such as $.readings[3].values.km';

-- The balance: what one process took in within one hour, readings and undecodable messages counted alike.
CREATE TABLE ingest.ledger (
    run       uuid NOT NULL,
    hour      timestamptz NOT NULL,
    messages  bigint NOT NULL,
    received  bigint NOT NULL,
    stored    bigint NOT NULL,
    duplicate bigint NOT NULL,
    rejected  bigint NOT NULL,
    PRIMARY KEY (run, hour),
    CONSTRAINT ledger_balances CHECK (received = stored + duplicate + rejected)
);
