"""The `vouch` command."""

import click

from vouch.commands import (
    accounts,
    bill,
    certificates,
    contract_file,
    declare,
    evaluate,
    evidence,
    fact,
    ingested,
    known,
    presence,
    services,
    simulate,
    sparkplug,
    tokens,
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
    services.up,
    services.down,
    services.status,
    simulate.demo,
    declare.registry,
    declare.device,
    accounts.gateway,
    certificates.ca,
    declare.contract,
    fact.fact,
    declare.account,
    tokens.token,
    bill.close,
    bill.invoice,
    bill.verify,
    evaluate.statement,
    evaluate.evaluate,
    evidence.evidence,
    ingested.balance,
    ingested.rejections,
    ingested.summarise,
    known.findings,
    presence.presence,
    presence.listening,
    sparkplug.sparkplug,
    simulate.sim,
    simulate.replay,
    services.db,
    services.ingest,
    services.schedule,
    services.web,
    declare.schema,
):
    main.add_command(command)


for command in (contract_file.contract_check, contract_file.contract_diff):
    declare.contract.add_command(command)


for command in (known.device_list, known.device_show):
    declare.device.add_command(command)


if __name__ == "__main__":
    main()
