-- Made by `make schema` from the migrated database: for reading. The migrations are what is run.

CREATE SCHEMA ingest;

CREATE TABLE ingest.asset (
    id text NOT NULL,
    product_type text NOT NULL,
    customer text NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (id, product_type),
    FOREIGN KEY (customer) REFERENCES ingest.customer(id),
    FOREIGN KEY (product_type) REFERENCES ingest.product_type(id),
    CHECK ((id ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$'::text))
);

CREATE TABLE ingest.assignment (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    asset text NOT NULL,
    device text NOT NULL,
    product_type text NOT NULL,
    serves tstzrange NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    withdrawn_at timestamp with time zone,
    PRIMARY KEY (id),
    EXCLUDE USING gist (asset WITH =, serves WITH &&) WHERE ((withdrawn_at IS NULL)),
    EXCLUDE USING gist (device WITH =, serves WITH &&) WHERE ((withdrawn_at IS NULL)),
    FOREIGN KEY (asset, product_type) REFERENCES ingest.asset(id, product_type),
    FOREIGN KEY (device, product_type) REFERENCES ingest.device(id, product_type),
    CHECK (((NOT isempty(serves)) AND lower_inc(serves) AND (NOT upper_inc(serves)))),
    CHECK ((withdrawn_at > recorded_at))
);

CREATE TABLE ingest.clock_offset (
    device text NOT NULL,
    hour timestamp with time zone NOT NULL,
    offset_micros_min bigint NOT NULL,
    readings bigint NOT NULL,
    PRIMARY KEY (device, hour),
    FOREIGN KEY (device) REFERENCES ingest.device(id),
    CHECK ((readings > 0))
);
CREATE INDEX clock_offset_by_hour ON ingest.clock_offset USING btree (hour);

CREATE TABLE ingest.customer (
    id text NOT NULL,
    legal_name text NOT NULL,
    address text[] NOT NULL,
    country text NOT NULL,
    vat_id text,
    email text,
    PRIMARY KEY (id),
    CHECK ((cardinality(address) > 0)),
    CHECK ((country ~ '^[A-Z]{2}$'::text)),
    CHECK ((id ~ '^[a-z0-9][a-z0-9_-]*$'::text)),
    CHECK ((legal_name <> ''::text))
);

CREATE TABLE ingest.device (
    id text NOT NULL,
    product_type text NOT NULL,
    installed_at timestamp with time zone,  -- it measured nothing before; none: not known
    sparkplug text,  -- group/edge node, or group/edge node/device
    PRIMARY KEY (id),
    UNIQUE (id, product_type),
    UNIQUE (sparkplug),
    FOREIGN KEY (product_type) REFERENCES ingest.product_type(id),
    CHECK ((id ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$'::text)),
    CHECK ((sparkplug ~ '^[^/+#]+/[^/+#]+(/[^/+#]+)?$'::text))
);

CREATE TABLE ingest.finding (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    source text NOT NULL,  -- a device, or the address of a Sparkplug edge node that is none
    metric text NOT NULL,  -- empty where it is not about one metric
    kind text NOT NULL,
    at timestamp with time zone NOT NULL,
    detail text NOT NULL,
    readings jsonb NOT NULL DEFAULT '[]'::jsonb,  -- those on both sides, in time order: [[instant, value], ...]
    series integer,
    day date,
    PRIMARY KEY (id),
    UNIQUE (source, metric, kind, at),
    FOREIGN KEY (series) REFERENCES ingest.series(id),
    CHECK (((series IS NULL) = (day IS NULL))),
    CHECK ((kind ~ '^[a-z][a-z0-9_]*$'::text)),
    CHECK ((source <> ''::text))
);
CREATE INDEX finding_by_day ON ingest.finding USING btree (series, day) WHERE (day IS NOT NULL);
CREATE INDEX finding_by_time ON ingest.finding USING btree (at);

CREATE TABLE ingest.issuer (
    id text NOT NULL,
    legal_name text NOT NULL,
    address text[] NOT NULL,
    country text NOT NULL,
    vat_id text,
    email text,
    iban text,
    time_zone text NOT NULL,
    payment_days integer NOT NULL,
    PRIMARY KEY (id),
    CHECK (((payment_days >= 0) AND (payment_days <= 365))),
    CHECK ((cardinality(address) > 0)),
    CHECK ((country ~ '^[A-Z]{2}$'::text)),
    CHECK ((id ~ '^[a-z0-9][a-z0-9_-]*$'::text)),
    CHECK ((legal_name <> ''::text))
);

CREATE TABLE ingest.ledger (
    run uuid NOT NULL,
    hour timestamp with time zone NOT NULL,
    messages bigint NOT NULL,
    received bigint NOT NULL,
    stored bigint NOT NULL,
    duplicate bigint NOT NULL,
    rejected bigint NOT NULL,
    PRIMARY KEY (run, hour),
    CHECK ((received = ((stored + duplicate) + rejected)))
);

CREATE TABLE ingest.listening (
    run uuid NOT NULL,
    client text NOT NULL,  -- the MQTT client id of the session that heard the canaries
    since timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    PRIMARY KEY (run, client, since),
    CHECK ((client <> ''::text)),
    CHECK ((until >= since))
);
CREATE INDEX listening_by_time ON ingest.listening USING btree (until, since);

CREATE TABLE ingest.metric (
    product_type text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    unit text,  -- UN/ECE recommendation 20 code
    resolution numeric,
    value_min numeric,
    value_max numeric,
    states jsonb,  -- name of each state and the code under which readings hold it
    on_fall text,  -- what a falling counter means: it started again from zero, it went past its modulus and on from zero, it shows too little for a while, or it really goes down
    silence_seconds_max integer NOT NULL,
    sent_as text[] NOT NULL DEFAULT '{}'::text[],  -- other names under which devices send it; unique within the product type
    modulus numeric,
    jitter numeric NOT NULL DEFAULT 0,  -- a fall by no more is a dip, whatever on_fall says
    step_max numeric,  -- a rise by more at once is a spike until the next reading confirms it
    PRIMARY KEY (product_type, name),
    FOREIGN KEY (product_type) REFERENCES ingest.product_type(id),
    CHECK (((NOT (on_fall IS DISTINCT FROM 'rollover'::text)) = (modulus IS NOT NULL))),
    CHECK (((kind = 'counter'::text) = (on_fall IS NOT NULL))),
    CHECK (((kind = 'counter'::text) OR ((jitter = (0)::numeric) AND (step_max IS NULL)))),
    CHECK (((kind = 'state'::text) = (states IS NOT NULL))),
    CHECK (((kind = 'state'::text) = (unit IS NULL))),
    CHECK ((jitter >= (0)::numeric)),
    CHECK ((kind = ANY (ARRAY['counter'::text, 'amount'::text, 'gauge'::text, 'state'::text]))),
    CHECK ((modulus > (0)::numeric)),
    CHECK ((name ~ '^[a-z][a-z0-9_]*$'::text)),
    CHECK ((on_fall = ANY (ARRAY['reset'::text, 'rollover'::text, 'dip'::text, 'signed'::text]))),
    CHECK ((resolution > (0)::numeric)),
    CHECK ((silence_seconds_max > 0)),
    CHECK ((step_max > (0)::numeric)),
    CHECK ((value_min <= value_max))
);

CREATE TABLE ingest.presence (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    device text NOT NULL,
    at timestamp with time zone NOT NULL,  -- by the clock of whoever says it; where he gives no time, received_at
    online boolean NOT NULL,
    evidence text NOT NULL,
    detail text NOT NULL,
    received_at timestamp with time zone NOT NULL,  -- our clock when the message came; it orders what a device says, whatever its own clock shows
    recorded_at timestamp with time zone NOT NULL,  -- the database clock, as readings have it
    PRIMARY KEY (id),
    UNIQUE (device, at, online, evidence),
    FOREIGN KEY (device) REFERENCES ingest.device(id),
    CHECK ((evidence = ANY (ARRAY['birth'::text, 'death'::text, 'will'::text, 'suspicion'::text, 'declared'::text, 'link_lost'::text])))
);
CREATE INDEX presence_in_order ON ingest.presence USING btree (device, received_at, id);

CREATE TABLE ingest.process (
    run uuid NOT NULL,
    client text NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    started_at timestamp with time zone NOT NULL,
    proven_at timestamp with time zone NOT NULL,
    status text NOT NULL,
    reasons text[] NOT NULL,
    messages_in_flight integer NOT NULL,
    broker_version text,
    broker_dropped bigint,  -- messages since the broker started for which some queue had no room
    broker_messages bigint,  -- messages that the broker keeps for clients that are away or behind
    broker_bytes bigint,
    PRIMARY KEY (run),
    CHECK ((status = ANY (ARRAY['ok'::text, 'degraded'::text, 'failing'::text])))
);
CREATE INDEX process_by_proof ON ingest.process USING btree (proven_at);

CREATE TABLE ingest.product_type (
    id text NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (id),
    CHECK ((id ~ '^[a-z0-9][a-z0-9_-]*$'::text))
);

CREATE TABLE ingest.reading (
    measured_at timestamp with time zone NOT NULL,
    series integer NOT NULL,
    value double precision NOT NULL,
    received_at timestamp with time zone NOT NULL,  -- when vouch stored it, by the database clock: what an evaluation knew is what came before its known_at
    CHECK (((value > '-Infinity'::double precision) AND (value < 'Infinity'::double precision)))
);
CREATE UNIQUE INDEX reading_once ON ingest.reading USING btree (series, measured_at);

CREATE TABLE ingest.registry_revision (
    one boolean NOT NULL DEFAULT true,
    revision bigint NOT NULL,
    PRIMARY KEY (one),
    CHECK (one)
);

CREATE TABLE ingest.rejected_message (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    topic text NOT NULL,
    payload bytea NOT NULL,
    digest text NOT NULL,
    first_received_at timestamp with time zone NOT NULL,
    last_received_at timestamp with time zone NOT NULL,
    times_received integer NOT NULL DEFAULT 1,
    PRIMARY KEY (id),
    UNIQUE (topic, digest)
);
CREATE INDEX rejected_message_by_receipt ON ingest.rejected_message USING btree (last_received_at DESC, id DESC);

CREATE TABLE ingest.rejection (
    message bigint NOT NULL,
    place text NOT NULL,  -- where in the message: $ for the whole, else a path such as $.readings[3].values.km
    reason text NOT NULL,
    detail text NOT NULL,
    replayed_at timestamp with time zone,
    PRIMARY KEY (message, place),
    FOREIGN KEY (message) REFERENCES ingest.rejected_message(id)
);
CREATE INDEX rejection_waiting ON ingest.rejection USING btree (reason, message) WHERE (replayed_at IS NULL);

CREATE TABLE ingest.series (
    id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    device text NOT NULL,
    product_type text NOT NULL,
    metric text NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (device, metric),
    FOREIGN KEY (device, product_type) REFERENCES ingest.device(id, product_type),
    FOREIGN KEY (product_type, metric) REFERENCES ingest.metric(product_type, name)
);

CREATE TABLE ingest.sparkplug_birth (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    edge_node text NOT NULL,
    device text NOT NULL,  -- empty: the edge node itself
    digest text NOT NULL,  -- equal for births that give every metric the same name, alias, datatype and unit; the payload is the latest of them
    payload bytea NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (edge_node, device, digest),
    UNIQUE (id, edge_node, device),
    CHECK ((edge_node <> ''::text))
);

-- the messages that a birth explains: received from covers_from, since when its session was heard, until ended_at
CREATE TABLE ingest.sparkplug_cover (
    edge_node text NOT NULL,
    device text NOT NULL,
    birth bigint NOT NULL,
    bdseq numeric,  -- number of the session, where the birth gives one: up to 64 bits
    said_at timestamp with time zone,  -- the birth's timestamp, by the clock of the edge node
    covers_from timestamp with time zone NOT NULL,
    born_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    last_at timestamp with time zone,  -- the timestamp, by the clock of the edge node, of the last message that the birth explains; of one that has ended
    PRIMARY KEY (edge_node, device, born_at, birth),
    FOREIGN KEY (birth, edge_node, device) REFERENCES ingest.sparkplug_birth(id, edge_node, device),
    CHECK ((born_at >= covers_from)),
    CHECK ((ended_at >= born_at))
);
CREATE INDEX sparkplug_ended ON ingest.sparkplug_cover USING btree (ended_at);
CREATE UNIQUE INDEX sparkplug_one_open ON ingest.sparkplug_cover USING btree (edge_node, device) WHERE (ended_at IS NULL);

-- the number of the last message in order that is stored, written in its transaction, and when it was sent
CREATE TABLE ingest.sparkplug_node (
    edge_node text NOT NULL,
    seq smallint,
    sent_at timestamp with time zone,
    PRIMARY KEY (edge_node),
    CHECK (((seq >= 0) AND (seq <= 255)))
);

CREATE TABLE ingest.stale_mark (
    series integer NOT NULL,
    day date NOT NULL
);
CREATE INDEX stale_mark_by_series ON ingest.stale_mark USING btree (series, day);

-- one UTC day of one series: runs [first_at, last_at, first value, last value, longest inner silence] in microseconds
CREATE TABLE ingest.summary (
    series integer NOT NULL,
    day date NOT NULL,
    readings integer NOT NULL,
    highest double precision NOT NULL,
    runs jsonb NOT NULL,
    digest text NOT NULL,
    PRIMARY KEY (series, day),
    FOREIGN KEY (series) REFERENCES ingest.series(id),
    CHECK ((readings > 0))
);

CREATE TABLE ingest.work (
    name text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    error text,  -- why it failed; null where it did not
    PRIMARY KEY (name),
    CHECK ((ended_at >= started_at))
);

CREATE SCHEMA contracts;

CREATE OR REPLACE FUNCTION contracts.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION '%.% is never changed, only succeeded', TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$function$;

CREATE TABLE contracts.contract (
    id text NOT NULL,
    issuer text NOT NULL,
    customer text NOT NULL,
    currency text NOT NULL,
    time_zone text NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY (customer) REFERENCES ingest.customer(id),
    FOREIGN KEY (issuer) REFERENCES ingest.issuer(id),
    CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CHECK ((id ~ '^[a-z0-9][a-z0-9_-]*$'::text))
);
CREATE TRIGGER immutable BEFORE DELETE OR UPDATE ON contracts.contract FOR EACH ROW EXECUTE FUNCTION contracts.refuse_change();

CREATE TABLE contracts.covered_asset (
    contract text NOT NULL,
    version integer NOT NULL,
    asset text NOT NULL,
    PRIMARY KEY (contract, version, asset),
    FOREIGN KEY (asset) REFERENCES ingest.asset(id),
    FOREIGN KEY (contract, version) REFERENCES contracts.version(contract, version)
);
CREATE TRIGGER immutable BEFORE DELETE OR UPDATE ON contracts.covered_asset FOR EACH ROW EXECUTE FUNCTION contracts.refuse_change();

CREATE TABLE contracts.fact_entry (
    contract text NOT NULL,
    position integer NOT NULL,  -- number of the entry in its contract's log, from 1
    fact text NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    by text NOT NULL,
    says text NOT NULL,
    kind text,
    asset text,  -- the asset that a proposal concerns; none means all of the contract
    content text NOT NULL,  -- canonical JSON of the entry; digest is its SHA-256
    digest text NOT NULL,
    PRIMARY KEY (contract, "position"),
    UNIQUE (contract, fact, says),
    FOREIGN KEY (asset) REFERENCES ingest.asset(id),
    FOREIGN KEY (contract) REFERENCES contracts.contract(id),
    CHECK (("position" > 0)),
    CHECK (((says = 'propose'::text) = (kind IS NOT NULL))),
    CHECK (((says = 'propose'::text) OR (asset IS NULL))),
    CHECK ((by = ANY (ARRAY['supplier'::text, 'customer'::text]))),
    CHECK ((digest ~ '^[0-9a-f]{64}$'::text)),
    CHECK ((fact ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$'::text)),
    CHECK ((kind = ANY (ARRAY['planned_work'::text, 'excusable_event'::text, 'obligation_met'::text, 'obligation_breached'::text, 'maintenance_done'::text, 'counter_correction'::text, 'device_swap'::text, 'claim'::text, 'gap_cause'::text, 'baseline_adjustment'::text, 'index_value'::text, 'incident'::text, 'event_cancelled'::text]))),
    CHECK ((says = ANY (ARRAY['propose'::text, 'accept'::text, 'reject'::text, 'dispute'::text, 'withdraw'::text])))
);
CREATE UNIQUE INDEX fact_entry_final ON contracts.fact_entry USING btree (contract, fact) WHERE (says = ANY (ARRAY['accept'::text, 'reject'::text, 'withdraw'::text]));
CREATE TRIGGER immutable BEFORE DELETE OR UPDATE ON contracts.fact_entry FOR EACH ROW EXECUTE FUNCTION contracts.refuse_change();
CREATE TRIGGER immutable_whole BEFORE TRUNCATE ON contracts.fact_entry FOR EACH STATEMENT EXECUTE FUNCTION contracts.refuse_change();

CREATE TABLE contracts.version (
    contract text NOT NULL,
    version integer NOT NULL,
    effective_from timestamp with time zone NOT NULL,
    effective_until timestamp with time zone,
    document text NOT NULL,
    digest text NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    PRIMARY KEY (contract, version),
    FOREIGN KEY (contract) REFERENCES contracts.contract(id),
    CHECK ((effective_until > effective_from)),
    CHECK ((version > 0))
);
CREATE TRIGGER immutable BEFORE DELETE OR UPDATE ON contracts.version FOR EACH ROW EXECUTE FUNCTION contracts.refuse_change();
CREATE TRIGGER immutable_whole BEFORE TRUNCATE ON contracts.version FOR EACH STATEMENT EXECUTE FUNCTION contracts.refuse_change();

CREATE SCHEMA billing;

CREATE OR REPLACE FUNCTION billing.protect_issued()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF TG_OP = 'TRUNCATE' OR OLD.status = 'issued' THEN
        RAISE EXCEPTION 'an issued invoice is never changed; correct it by a further document'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$function$;

CREATE OR REPLACE FUNCTION billing.protect_issued_part()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
    touched bigint[];
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION 'an issued invoice is never changed; correct it by a further document'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP <> 'INSERT' THEN touched := touched || OLD.invoice; END IF;
    IF TG_OP <> 'DELETE' THEN touched := touched || NEW.invoice; END IF;
    IF EXISTS (SELECT FROM billing.invoice WHERE id = ANY (touched) AND status = 'issued') THEN
        RAISE EXCEPTION 'an issued invoice is never changed; correct it by a further document'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$function$;

CREATE TABLE billing.evaluation (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    contract text NOT NULL,
    version integer NOT NULL,
    price text NOT NULL,
    subject text NOT NULL,  -- the asset judged, or * for all assets of the contract together
    window_start timestamp with time zone NOT NULL,
    window_end timestamp with time zone NOT NULL,
    revision integer NOT NULL,
    known_at timestamp with time zone NOT NULL,
    content text NOT NULL,  -- canonical JSON: result and evidence; digest is its SHA-256
    digest text NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (contract, version, price, subject, window_start, revision),
    FOREIGN KEY (contract, version) REFERENCES contracts.version(contract, version),
    CHECK ((revision > 0)),
    CHECK ((window_end > window_start))
);
CREATE TRIGGER immutable BEFORE DELETE OR UPDATE ON billing.evaluation FOR EACH ROW EXECUTE FUNCTION contracts.refuse_change();
CREATE TRIGGER immutable_whole BEFORE TRUNCATE ON billing.evaluation FOR EACH STATEMENT EXECUTE FUNCTION contracts.refuse_change();

CREATE TABLE billing.invoice (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    contract text NOT NULL,
    issuer text NOT NULL,
    customer text NOT NULL,
    currency text NOT NULL,
    month date NOT NULL,
    period_start timestamp with time zone NOT NULL,
    period_end timestamp with time zone NOT NULL,
    known_at timestamp with time zone NOT NULL,
    net numeric NOT NULL,
    vat numeric NOT NULL,
    gross numeric NOT NULL,
    status text NOT NULL DEFAULT 'draft'::text,
    number text,
    issued_at timestamp with time zone,
    issued_on date,
    due_on date,
    content text,  -- canonical JSON of the whole issued document; digest is its SHA-256
    digest text,
    previous_digest text,  -- digest of the number before it in its series, empty for the first
    PRIMARY KEY (id),
    UNIQUE (contract, month),
    UNIQUE (issuer, number),
    FOREIGN KEY (contract) REFERENCES contracts.contract(id),
    FOREIGN KEY (customer) REFERENCES ingest.customer(id),
    FOREIGN KEY (issuer) REFERENCES ingest.issuer(id),
    CHECK (((status = 'issued'::text) = ((issued_at IS NOT NULL) AND (issued_on IS NOT NULL) AND (due_on IS NOT NULL) AND (content IS NOT NULL) AND (digest IS NOT NULL) AND (previous_digest IS NOT NULL)))),
    CHECK (((status = 'issued'::text) = (number IS NOT NULL))),
    CHECK ((EXTRACT(day FROM month) = (1)::numeric)),
    CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CHECK ((due_on >= issued_on)),
    CHECK ((gross = (net + vat))),
    CHECK ((period_end > period_start)),
    CHECK ((status = ANY (ARRAY['draft'::text, 'issued'::text])))
);
CREATE TRIGGER issued BEFORE DELETE OR UPDATE ON billing.invoice FOR EACH ROW EXECUTE FUNCTION billing.protect_issued();
CREATE TRIGGER issued_whole BEFORE TRUNCATE ON billing.invoice FOR EACH STATEMENT EXECUTE FUNCTION billing.protect_issued();

CREATE TABLE billing.invoice_line (
    invoice bigint NOT NULL,
    position integer NOT NULL,
    evaluation bigint NOT NULL,
    price text NOT NULL,
    asset text,
    description text NOT NULL,
    quantity numeric NOT NULL,
    unit text NOT NULL,
    unit_price numeric NOT NULL,
    amount numeric NOT NULL,
    vat_percent numeric NOT NULL,
    PRIMARY KEY (invoice, "position"),
    FOREIGN KEY (asset) REFERENCES ingest.asset(id),
    FOREIGN KEY (evaluation) REFERENCES billing.evaluation(id),
    FOREIGN KEY (invoice) REFERENCES billing.invoice(id),
    CHECK (("position" > 0)),
    CHECK (((vat_percent >= (0)::numeric) AND (vat_percent <= (100)::numeric))),
    CHECK ((unit_price >= (0)::numeric))
);
CREATE TRIGGER issued BEFORE INSERT OR DELETE OR UPDATE ON billing.invoice_line FOR EACH ROW EXECUTE FUNCTION billing.protect_issued_part();
CREATE TRIGGER issued_whole BEFORE TRUNCATE ON billing.invoice_line FOR EACH STATEMENT EXECUTE FUNCTION billing.protect_issued_part();

CREATE TABLE billing.invoice_vat (
    invoice bigint NOT NULL,
    vat_percent numeric NOT NULL,
    base numeric NOT NULL,
    amount numeric NOT NULL,
    PRIMARY KEY (invoice, vat_percent),
    FOREIGN KEY (invoice) REFERENCES billing.invoice(id)
);
CREATE TRIGGER issued BEFORE INSERT OR DELETE OR UPDATE ON billing.invoice_vat FOR EACH ROW EXECUTE FUNCTION billing.protect_issued_part();
CREATE TRIGGER issued_whole BEFORE TRUNCATE ON billing.invoice_vat FOR EACH STATEMENT EXECUTE FUNCTION billing.protect_issued_part();

CREATE TABLE billing.number_series (
    issuer text NOT NULL,
    year integer NOT NULL,
    last_number integer NOT NULL,
    last_issued_on date NOT NULL,
    last_digest text NOT NULL,
    PRIMARY KEY (issuer, year),
    FOREIGN KEY (issuer) REFERENCES ingest.issuer(id),
    CHECK ((last_number > 0))
);

CREATE SCHEMA web;

CREATE TABLE web.account (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    customer text,
    password_hash text NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (email),
    FOREIGN KEY (customer) REFERENCES ingest.customer(id),
    CHECK (((email = lower(email)) AND (email ~~ '%_@_%'::text))),
    CHECK (((role = 'customer'::text) = (customer IS NOT NULL))),
    CHECK ((role = ANY (ARRAY['account_manager'::text, 'finance'::text, 'customer'::text])))
);

CREATE TABLE web.api_token (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    account bigint NOT NULL,
    name text NOT NULL,
    digest bytea NOT NULL,
    created_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    last_used_at timestamp with time zone,
    PRIMARY KEY (id),
    UNIQUE (digest),
    FOREIGN KEY (account) REFERENCES web.account(id) ON DELETE CASCADE,
    CHECK ((expires_at > created_at)),
    CHECK ((name ~ '^[^[:cntrl:]]{1,100}$'::text)),
    CHECK ((octet_length(digest) = 32))
);
CREATE UNIQUE INDEX api_token_named ON web.api_token USING btree (account, name) WHERE (revoked_at IS NULL);
