"""A statement on the terminal: what was measured, how the promises stand, what is charged, what was inferred.

Shell.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from vouch.commands.common import console, print_table

if TYPE_CHECKING:
    from billing.statement import PartSaid, StatementDocument
    from contracts.content import JudgeSaid, MeasureSaid


def print_statement(found: "StatementDocument") -> None:
    """The whole statement, the evidence in short."""
    versions = ", ".join(str(one["version"]) for one in found["versions"])
    console.print(
        f"[bold]{found['contract']}[/] {found['month']}, version {versions}, customer {found['customer']}, "
        f"as known at {found['known_at']}"
    )
    for part in found["parts"]:
        _print_part(part)
    rows = [
        (n["position"], n["text"], n["quantity"], n["unit"], n["unit_price"] or "", f"{Decimal(n['amount']):,}")
        for n in found["lines"]
    ]
    print_table("Lines", ["line>", "text", "quantity>", "unit", "price>", "amount>"], rows)
    for total in found["vat"]:
        console.print(f"VAT {total['vat_percent']} % on {Decimal(total['base']):,}: {Decimal(total['amount']):,}")
    net, vat, gross = (Decimal(found[name]) for name in ("net", "vat_total", "gross"))
    console.print(f"net {net:,}  VAT {vat:,}  [bold]gross {gross:,} {found['currency']}[/]")
    console.print(f"digest {found['digest']}", soft_wrap=True)


def _print_part(part: "PartSaid") -> None:
    rows = [(m["measure"], m["subject"], _number(m), m["unit"], _time(m)) for m in part["measures"]]
    if rows:
        print_table(f"Measured {part['from']} to {part['until']}", ["measure", "of", "value>", "", "time"], rows)
    judged = [(j["judge"], j["subject"], *_standing(j)) for j in part["judges"]]
    if judged:
        print_table("Judged", ["judge", "of", "standing", ""], judged)
    for view in part["views"]:
        hours = Decimal(view["differing_micros"]) / 3_600_000_000
        console.print(f"view {view['view']}, {view['asset']}: owner and supplier differ over {hours:.4f} h")
    findings = list(_findings(part))
    if findings:
        console.print("[bold]Findings[/]")
        for text in findings:
            console.print(f"  {text}", markup=False, soft_wrap=True)


def _number(measure: "MeasureSaid") -> str:
    number = measure["value"] or measure.get("so_far")
    if number is None:
        return str(measure["state"])
    text = str(number["decimal"]) + ("" if number["exact"] else "…")
    return text if measure["value"] else f"{text} so far"


def _time(measure: "MeasureSaid") -> str:
    micros = measure.get("micros", {})
    return ", ".join(f"{name} {Decimal(count) / 3_600_000_000:.2f} h" for name, count in micros.items() if count)


def _standing(judge: "JudgeSaid") -> tuple[str, str]:
    if "verdict" in judge:
        target = judge["target"]
        return judge["verdict"], f"promised {target['decimal']}" if target else ""
    if "arisen" in judge:
        return ("arisen" if judge["arisen"] else "not arisen"), judge["right"]
    granted = sum(span["granted"] for span in judge["spans"])
    refused = [span["reason"] for span in judge["spans"] if not span["granted"]]
    return f"{granted} granted, {len(refused)} refused", ", ".join(sorted(set(refused)))


def _findings(part: "PartSaid") -> Iterator[str]:
    for measure in part["measures"]:
        for asset in measure.get("assets", ()):
            for finding in asset["findings"]:
                yield f"{measure['measure']}, {asset['asset']}: {finding['text']}"
        for finding in measure.get("findings", ()):
            yield f"{measure['measure']}, {measure['subject']}: {finding['text']}"
    for finding in part["findings"]:
        yield f"{finding.get('price', '')}, {finding.get('subject', '')}: {finding['text']}"
