"""Accounts: people, their roles, how they sign in, and the tokens by which programs act for them."""
