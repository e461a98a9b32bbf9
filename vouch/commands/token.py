"""Tokens: for programs that use the API in the name of an account.

Shell.
"""

import click

from vouch.commands.common import console, open_database, print_table


@click.group()
def token() -> None:
    """Tokens for the API."""


@token.command("add")
@click.argument("email")
@click.option("--name", required=True, help="What it is for; revoked by this name.")
@click.option("--days", default=365, show_default=True, help="How long it is in force.")
def token_add(email: str, name: str, days: int) -> None:
    """A token by which a program may do what the account EMAIL may; shown this once."""
    from web.accounts.tokens import add_token

    with open_database() as conn:
        made = add_token(conn, email, name, days)
        conn.commit()
    console.print(f"token  {made}", soft_wrap=True)
    console.print("It is not stored: note it now. Send it as the header `Authorization: Bearer TOKEN`.")


@token.command("list")
def token_list() -> None:
    """All tokens, without what they are."""
    from web.accounts.tokens import list_tokens

    with open_database() as conn:
        found = list_tokens(conn)
    rows = [
        (one.email, one.name, f"{one.created_at:%Y-%m-%d}", f"{one.expires_at:%Y-%m-%d}",
         one.revoked_at and f"{one.revoked_at:%Y-%m-%d %H:%M} UTC",
         one.last_used_at and f"{one.last_used_at:%Y-%m-%d %H:%M} UTC")
        for one in found
    ]  # fmt: skip
    print_table("Tokens", ["account", "name", "made", "until", "revoked", "last used"], rows)


@token.command("revoke")
@click.argument("email")
@click.option("--name", required=True)
def token_revoke(email: str, name: str) -> None:
    """End a token at once."""
    from web.accounts.tokens import revoke_token

    with open_database() as conn:
        revoke_token(conn, email, name)
        conn.commit()
    console.print(f"token {name!r} of {email} is revoked")
