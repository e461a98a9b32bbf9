-- What waits to be mended is asked for again and again, by reason and by message, and is little of what was ever refused.

CREATE INDEX rejection_waiting ON ingest.rejection (reason, message) WHERE replayed_at IS NULL;
CREATE INDEX rejected_message_by_receipt ON ingest.rejected_message (last_received_at DESC, id DESC);
