"""The broker's side: packets in, acknowledgements and receipts out, one session a process."""
