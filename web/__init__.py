"""People: the portal, and the API for programs.

Owns: accounts, sign-in, tokens, who may see what, pages with their pictures, the words in which both sides read terms
and results, and the server.

Does not own: anything that is computed or decided. Pages show what the other packages' use cases answer, so that the
command line says the same; amounts come from billing, measures from contracts, readings from ingest. Nor the accounts
of devices at the broker, which are ingest's.
"""
