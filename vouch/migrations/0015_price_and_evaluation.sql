-- A price's id is called `price` wherever it is written, on invoices as on statements; and what a line rests on is a
-- line's evidence, so it belongs to billing. What is stored under the old word in documents stays as it was issued.

ALTER TABLE contracts.evaluation SET SCHEMA billing;
ALTER TABLE billing.evaluation RENAME COLUMN term TO price;
ALTER TABLE billing.invoice_line RENAME COLUMN term TO price;
