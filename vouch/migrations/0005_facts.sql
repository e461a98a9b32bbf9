-- Facts: events with two sides, as a log of what each side said. Entries are only added; what a fact has come to by an
-- instant follows from those recorded before it. The constraints hold the laws that one row, or two of one fact, can
-- break; contracts.facts holds the others.

CREATE TABLE contracts.fact_entry (
    contract    text NOT NULL REFERENCES contracts.contract,
    position    int NOT NULL CHECK (position > 0),
    fact        text NOT NULL CHECK (fact ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$'),
    recorded_at timestamptz NOT NULL,
    by          text NOT NULL CHECK (by IN ('supplier', 'customer')),
    says        text NOT NULL CHECK (says IN ('propose', 'accept', 'reject', 'dispute', 'withdraw')),
    kind        text CHECK (kind IN (
                    'planned_work', 'excusable_event', 'obligation_met', 'obligation_breached', 'maintenance_done',
                    'counter_correction', 'device_swap', 'claim', 'gap_cause', 'baseline_adjustment', 'index_value',
                    'incident', 'event_cancelled')),
    asset       text REFERENCES ingest.asset,
    content     text NOT NULL,
    digest      text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    PRIMARY KEY (contract, position),
    -- Proposed once, and each answer at most once.
    UNIQUE (contract, fact, says),
    CHECK ((says = 'propose') = (kind IS NOT NULL)),
    CHECK (says = 'propose' OR asset IS NULL)
);
COMMENT ON COLUMN contracts.fact_entry.position IS 'number of the entry in its contract''s log, from 1';
COMMENT ON COLUMN contracts.fact_entry.asset IS 'the asset that a proposal concerns; none means all of the contract';
COMMENT ON COLUMN contracts.fact_entry.content IS 'canonical JSON of the entry; digest is its SHA-256';

-- Accepted, rejected and withdrawn are final.
CREATE UNIQUE INDEX fact_entry_final ON contracts.fact_entry (contract, fact)
    WHERE says IN ('accept', 'reject', 'withdraw');

CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON contracts.fact_entry
    FOR EACH ROW EXECUTE FUNCTION contracts.refuse_change();
CREATE TRIGGER immutable_whole BEFORE TRUNCATE ON contracts.fact_entry
    FOR EACH STATEMENT EXECUTE FUNCTION contracts.refuse_change();
