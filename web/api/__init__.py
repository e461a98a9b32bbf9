"""The API: what programs do by HTTP."""
