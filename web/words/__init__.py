"""Words: parts of a contract and what came of them, as both sides read them."""
