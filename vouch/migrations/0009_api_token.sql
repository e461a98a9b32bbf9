-- Tokens by which programs use the API as an account: they may do what the account may, until they end or are revoked.
-- Only a digest is kept. A token is 256 random bits, so nobody can try them out, and a salt or a slow hash adds nothing.

CREATE TABLE web.api_token (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account      bigint NOT NULL REFERENCES web.account ON DELETE CASCADE,
    name         text NOT NULL CHECK (name ~ '^[^[:cntrl:]]{1,100}$'),
    digest       bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at   timestamptz NOT NULL CHECK (expires_at > created_at),
    revoked_at   timestamptz,
    last_used_at timestamptz
);
-- A name is free again once its token is revoked.
CREATE UNIQUE INDEX api_token_named ON web.api_token (account, name) WHERE revoked_at IS NULL;
