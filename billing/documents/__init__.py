"""Documents: what an invoice states, and the forms in which it is given out, one file a form."""
