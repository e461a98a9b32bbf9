-- Who may sign in to the portal, and what they may see: a customer's people see that customer only.

CREATE SCHEMA web;

CREATE TABLE web.account (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email         text NOT NULL CHECK (email = lower(email) AND email LIKE '%_@_%'),
    name          text NOT NULL,
    role          text NOT NULL CHECK (role IN ('account_manager', 'finance', 'customer')),
    customer      text REFERENCES ingest.customer,
    password_hash text NOT NULL,
    UNIQUE (email),
    CHECK ((role = 'customer') = (customer IS NOT NULL))
);
