"""The `vouch` command.

Shell.
"""

import click

from vouch.commands import (
    account,
    balance,
    ca,
    close,
    contract,
    db,
    demo,
    device,
    evaluate,
    evidence,
    fact,
    findings,
    gateway,
    invoice,
    presence,
    registry,
    rejections,
    replay,
    schema,
    services,
    sim,
    sparkplug,
    summarise,
    token,
    up,
    verify,
)
from vouch.commands.common import Commands


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="vouch")
def main() -> None:
    """Turns telemetry into invoices that both sides can check.

    \b
    Begin with `vouch demo`, or:
      vouch up                          start database, broker and services in this folder
      vouch registry apply FILE         say who sells, who pays, what is measured
      vouch contract apply FILE         agree on terms
      vouch close 2026-10               evaluate a month and draft its invoices
      vouch invoice issue --month 2026-10
      vouch verify --all                recompute every line from raw readings

    
    Without a database:
      vouch contract templates          agreements to begin with
      vouch evaluate CONTRACT --evidence FOLDER --period 2026-10
    """


for command in (
    up.up,
    up.down,
    up.status,
    demo.demo,
    registry.registry,
    device.device,
    gateway.gateway,
    ca.ca,
    contract.contract,
    fact.fact,
    account.account,
    token.token,
    close.close,
    invoice.invoice,
    verify.verify,
    evaluate.statement,
    evaluate.evaluate,
    evidence.evidence,
    balance.balance,
    rejections.rejections,
    summarise.summarise,
    findings.findings,
    presence.presence,
    presence.listening,
    sparkplug.sparkplug,
    sim.sim,
    replay.replay,
    db.db,
    services.ingest,
    services.schedule,
    services.web,
    schema.schema,
):
    main.add_command(command)


if __name__ == "__main__":
    main()
