-- Devices as ingest has to know them: since when they measure, under which address they speak Sparkplug, by which other
-- names they send a metric, what a fall of each counter means, what was inferred about their readings, and how far
-- their clocks are off.

ALTER TABLE ingest.device
    ADD COLUMN installed_at timestamptz,
    ADD COLUMN sparkplug text CONSTRAINT device_sparkplug_once UNIQUE
        CONSTRAINT device_sparkplug_address CHECK (sparkplug ~ '^[^/+#]+/[^/+#]+(/[^/+#]+)?$');
COMMENT ON COLUMN ingest.device.installed_at IS 'it measured nothing before; none: not known';
COMMENT ON COLUMN ingest.device.sparkplug IS 'group/edge node, or group/edge node/device';

ALTER TABLE ingest.metric
    ADD COLUMN sent_as text[] NOT NULL DEFAULT '{}',
    ADD COLUMN modulus numeric CHECK (modulus > 0),
    ADD COLUMN jitter numeric NOT NULL DEFAULT 0 CHECK (jitter >= 0),
    ADD COLUMN step_max numeric CHECK (step_max > 0),
    DROP CONSTRAINT metric_on_fall_check,
    ADD CONSTRAINT metric_on_fall_check CHECK (on_fall IN ('reset', 'rollover', 'dip', 'signed')),
    ADD CONSTRAINT metric_modulus_with_rollover
        CHECK ((on_fall IS NOT DISTINCT FROM 'rollover') = (modulus IS NOT NULL)),
    ADD CONSTRAINT metric_policy_of_counters CHECK (kind = 'counter' OR (jitter = 0 AND step_max IS NULL));
COMMENT ON COLUMN ingest.metric.sent_as IS 'other names under which devices send it; unique within the product type';
COMMENT ON COLUMN ingest.metric.on_fall IS
    'what a falling counter means: it started again from zero, it went past its modulus and on from zero, it shows too '
    'little for a while, or it really goes down';
COMMENT ON COLUMN ingest.metric.jitter IS 'a fall by no more is a dip, whatever on_fall says';
COMMENT ON COLUMN ingest.metric.step_max IS 'a rise by more at once is a spike until the next reading confirms it';

-- What was inferred, never silently: about a counter when its day is summarised (day is set, and the rows are replaced
-- with the day), or about a message when it came (day is null, and the row stays).
CREATE TABLE ingest.finding (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source   text NOT NULL CHECK (source <> ''),
    metric   text NOT NULL,
    kind     text NOT NULL CHECK (kind ~ '^[a-z][a-z0-9_]*$'),
    at       timestamptz NOT NULL,
    detail   text NOT NULL,
    readings jsonb NOT NULL DEFAULT '[]',
    series   int REFERENCES ingest.series,
    day      date,
    CONSTRAINT finding_once UNIQUE (source, metric, kind, at),
    CHECK ((series IS NULL) = (day IS NULL))
);
CREATE INDEX finding_by_day ON ingest.finding (series, day) WHERE day IS NOT NULL;
CREATE INDEX finding_by_time ON ingest.finding (at);
COMMENT ON COLUMN ingest.finding.source IS 'a device, or the address of a Sparkplug edge node that is none';
COMMENT ON COLUMN ingest.finding.metric IS 'empty where it is not about one metric';
COMMENT ON COLUMN ingest.finding.readings IS 'those on both sides, in time order: [[instant, value], ...]';

-- The least wait between a reading's own time and its receipt, over the live readings of one hour: the device's clock is
-- behind by at most that, and ahead by at least as much as it is below zero. Never used to bill.
CREATE TABLE ingest.clock_offset (
    device            text NOT NULL REFERENCES ingest.device,
    hour              timestamptz NOT NULL,
    offset_micros_min bigint NOT NULL,
    readings          bigint NOT NULL CHECK (readings > 0),
    PRIMARY KEY (device, hour)
);
CREATE INDEX clock_offset_by_hour ON ingest.clock_offset (hour);
