-- Agreements and what they came to. Nothing here is ever changed: a contract is amended by a new version, an
-- evaluation is succeeded by a newer revision.

CREATE SCHEMA contracts;

CREATE FUNCTION contracts.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%.% is never changed, only succeeded', TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE TABLE contracts.contract (
    id        text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9_-]*$'),
    issuer    text NOT NULL REFERENCES ingest.issuer,
    customer  text NOT NULL REFERENCES ingest.customer,
    currency  text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    time_zone text NOT NULL
);

CREATE TABLE contracts.version (
    contract       text NOT NULL REFERENCES contracts.contract,
    version        int NOT NULL CHECK (version > 0),
    effective_from timestamptz NOT NULL,
    effective_until timestamptz CHECK (effective_until > effective_from),
    document       text NOT NULL,
    digest         text NOT NULL,
    recorded_at    timestamptz NOT NULL,
    PRIMARY KEY (contract, version)
);

CREATE TABLE contracts.covered_asset (
    contract text NOT NULL,
    version  int NOT NULL,
    asset    text NOT NULL REFERENCES ingest.asset,
    PRIMARY KEY (contract, version, asset),
    FOREIGN KEY (contract, version) REFERENCES contracts.version
);

CREATE TABLE contracts.evaluation (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contract     text NOT NULL,
    version      int NOT NULL,
    term         text NOT NULL,
    subject      text NOT NULL,
    window_start timestamptz NOT NULL,
    window_end   timestamptz NOT NULL CHECK (window_end > window_start),
    revision     int NOT NULL CHECK (revision > 0),
    known_at     timestamptz NOT NULL,
    content      text COMPRESSION lz4 NOT NULL,
    digest       text NOT NULL,
    FOREIGN KEY (contract, version) REFERENCES contracts.version,
    UNIQUE (contract, version, term, subject, window_start, revision)
);
COMMENT ON COLUMN contracts.evaluation.subject IS 'the asset judged, or * for all assets of the contract together';
COMMENT ON COLUMN contracts.evaluation.content IS 'canonical JSON: result and evidence; digest is its SHA-256';

CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON contracts.contract
    FOR EACH ROW EXECUTE FUNCTION contracts.refuse_change();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON contracts.version
    FOR EACH ROW EXECUTE FUNCTION contracts.refuse_change();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON contracts.covered_asset
    FOR EACH ROW EXECUTE FUNCTION contracts.refuse_change();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON contracts.evaluation
    FOR EACH ROW EXECUTE FUNCTION contracts.refuse_change();
CREATE TRIGGER immutable_whole BEFORE TRUNCATE ON contracts.version
    FOR EACH STATEMENT EXECUTE FUNCTION contracts.refuse_change();
CREATE TRIGGER immutable_whole BEFORE TRUNCATE ON contracts.evaluation
    FOR EACH STATEMENT EXECUTE FUNCTION contracts.refuse_change();
