-- Invoices. A draft may be replaced while its month is open; an issued one is protected by the database itself.

CREATE SCHEMA billing;

CREATE TABLE billing.number_series (
    issuer         text NOT NULL REFERENCES ingest.issuer,
    year           int NOT NULL,
    last_number    int NOT NULL CHECK (last_number > 0),
    last_issued_on date NOT NULL,
    last_digest    text NOT NULL,
    PRIMARY KEY (issuer, year)
);

CREATE TABLE billing.invoice (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contract     text NOT NULL REFERENCES contracts.contract,
    issuer       text NOT NULL REFERENCES ingest.issuer,
    customer     text NOT NULL REFERENCES ingest.customer,
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    month        date NOT NULL CHECK (extract(day FROM month) = 1),
    period_start timestamptz NOT NULL,
    period_end   timestamptz NOT NULL CHECK (period_end > period_start),
    known_at     timestamptz NOT NULL,
    net          numeric NOT NULL,
    vat          numeric NOT NULL,
    gross        numeric NOT NULL CHECK (gross = net + vat),
    status       text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'issued')),
    number       text,
    issued_at    timestamptz,
    issued_on    date,
    due_on       date CHECK (due_on >= issued_on),
    content      text,
    digest       text,
    previous_digest text,
    UNIQUE (contract, month),
    UNIQUE (issuer, number),
    CHECK ((status = 'issued') = (number IS NOT NULL)),
    CHECK ((status = 'issued') = (issued_at IS NOT NULL AND issued_on IS NOT NULL AND due_on IS NOT NULL
                                  AND content IS NOT NULL AND digest IS NOT NULL AND previous_digest IS NOT NULL))
);
COMMENT ON COLUMN billing.invoice.content IS 'canonical JSON of the whole issued document; digest is its SHA-256';
COMMENT ON COLUMN billing.invoice.previous_digest IS 'digest of the number before it in its series, empty for the first';

CREATE TABLE billing.invoice_line (
    invoice     bigint NOT NULL REFERENCES billing.invoice,
    position    int NOT NULL CHECK (position > 0),
    evaluation  bigint NOT NULL REFERENCES contracts.evaluation,
    term        text NOT NULL,
    asset       text REFERENCES ingest.asset,
    description text NOT NULL,
    quantity    numeric NOT NULL,
    unit        text NOT NULL,
    unit_price  numeric NOT NULL CHECK (unit_price >= 0),
    amount      numeric NOT NULL,
    vat_percent numeric NOT NULL CHECK (vat_percent BETWEEN 0 AND 100),
    PRIMARY KEY (invoice, position)
);

CREATE TABLE billing.invoice_vat (
    invoice     bigint NOT NULL REFERENCES billing.invoice,
    vat_percent numeric NOT NULL,
    base        numeric NOT NULL,
    amount      numeric NOT NULL,
    PRIMARY KEY (invoice, vat_percent)
);

CREATE FUNCTION billing.protect_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' OR OLD.status = 'issued' THEN
        RAISE EXCEPTION 'an issued invoice is never changed; correct it by a further document'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;

CREATE FUNCTION billing.protect_issued_part() RETURNS trigger LANGUAGE plpgsql AS $$
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
$$;

CREATE TRIGGER issued BEFORE UPDATE OR DELETE ON billing.invoice
    FOR EACH ROW EXECUTE FUNCTION billing.protect_issued();
CREATE TRIGGER issued_whole BEFORE TRUNCATE ON billing.invoice
    FOR EACH STATEMENT EXECUTE FUNCTION billing.protect_issued();
CREATE TRIGGER issued BEFORE INSERT OR UPDATE OR DELETE ON billing.invoice_line
    FOR EACH ROW EXECUTE FUNCTION billing.protect_issued_part();
CREATE TRIGGER issued_whole BEFORE TRUNCATE ON billing.invoice_line
    FOR EACH STATEMENT EXECUTE FUNCTION billing.protect_issued_part();
CREATE TRIGGER issued BEFORE INSERT OR UPDATE OR DELETE ON billing.invoice_vat
    FOR EACH ROW EXECUTE FUNCTION billing.protect_issued_part();
CREATE TRIGGER issued_whole BEFORE TRUNCATE ON billing.invoice_vat
    FOR EACH STATEMENT EXECUTE FUNCTION billing.protect_issued_part();
