"""Accounts: people who may sign in to the portal.

Shell.
"""

import click

from vouch.commands.common import console, open_database
from web.accounts.role import Role


@click.group()
def account() -> None:
    """People who may sign in to the portal."""


@account.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--customer", help="The customer whose people see it; with the role customer only.")
@click.password_option(help="Asked for when not given.")
def account_add(email: str, name: str, role: str, customer: str | None, password: str) -> None:
    """Add a person."""
    from web.accounts.auth import add_account

    with open_database() as conn:
        add_account(conn, email, name, Role(role), customer, password)
        conn.commit()
    console.print(f"{email} may sign in as {role}")


@account.command("password")
@click.argument("email")
@click.password_option(help="Asked for when not given.")
def account_password(email: str, password: str) -> None:
    """Give a person another password; whoever is signed in as that person is signed out."""
    from web.accounts.auth import set_password

    with open_database() as conn:
        set_password(conn, email, password)
        conn.commit()
    console.print(f"{email} has a new password")
