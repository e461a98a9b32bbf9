"""JSON Schemas of what people and devices write, and of statements.

Shell.
"""

import sys
from typing import Any

import click


@click.command()
@click.argument(
    "which",
    type=click.Choice(["telemetry", "presence", "registry", "contract", "fact", "evidence", "statement", "invoice"]),
)
def schema(which: str) -> None:
    """Print a JSON Schema: of messages, registry and contract files, facts, evidence, statements or invoices."""
    import json

    json.dump(_schema(which), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def _schema(which: str) -> dict[str, Any]:
    from billing.documents.content import IssuedContent
    from billing.statement import StatementDocument
    from contracts.document import ContractDocument
    from contracts.evidence import document as evidence
    from contracts.facts.entry import FactLog
    from ingest.formats import json as telemetry
    from ingest.formats import presence
    from ingest.registry.file import RegistryDocument
    from vouch.json_schema import published, schema_of, schema_of_form

    match which:
        case "telemetry":
            return published(telemetry.SCHEMA)
        case "presence":
            return published(presence.SCHEMA)
        case "registry":
            return schema_of(RegistryDocument)
        case "fact":
            return schema_of(FactLog)
        case "evidence":
            return published(evidence.schema())
        case "statement":
            return schema_of_form(StatementDocument)
        case "invoice":
            return schema_of_form(IssuedContent)
        case _:
            return schema_of(ContractDocument)
