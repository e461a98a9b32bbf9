"""A simulated month, billed, against what really happened, by plain arithmetic of this file's own.

Nothing here uses the engine's measures, prices or rounding: amounts come from the simulator's truth and from the
contract files as text.
"""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
import yaml
from psycopg import Connection

from billing.run import close_month, issue_invoice
from billing.store import InvoiceFilter, list_invoices, load_body
from billing.verify import verify_invoice
from device_sim.fleet import Fleet, fleet
from device_sim.publisher import simulate
from tests.end_to_end.conftest import IngestProcess
from vouch.commands.fleets import declare_on
from vouch.database import connect

CENT = Decimal("0.01")
Amounts = dict[tuple[str, str | None], list[Decimal]]


@pytest.mark.parametrize("name", ["printers", "tyres", "uptime"])
@pytest.mark.parametrize("month", [date(2026, 10, 1), date(2026, 3, 1)], ids=["october", "march"])
def test_every_line_of_a_simulated_month_equals_the_truth_to_the_cent(
    name: str, month: date, ingesting: IngestProcess
) -> None:
    simulated = fleet(name, "truth", None, [month])
    with connect(ingesting.database) as conn:
        declare_on(conn, name, simulated.registry, simulated.contracts)

    ingesting.take_in(lambda url: simulate(url, name, "truth", None, f"{month:%Y-%m}", None))
    with connect(ingesting.database) as conn:
        _bill(conn, month)
        for contract, text in simulated.contracts.items():
            amounts, gross = _invoiced(conn, contract)
            expected = _expected(yaml.safe_load(text), simulated, f"{month:%Y-%m}")

            assert amounts == expected
            assert gross == _gross(expected, yaml.safe_load(text)["vat_percent"])


def _bill(conn: Connection[Any], month: date) -> None:
    for closed in close_month(conn, month):
        assert closed.invoice is not None
        issued = issue_invoice(conn, closed.invoice)
        conn.commit()
        assert verify_invoice(conn, issued.name, issued.issuer).vouched


def _invoiced(conn: Connection[Any], contract: str) -> tuple[Amounts, Decimal]:
    (head,) = list_invoices(conn, InvoiceFilter(contract=contract))
    amounts: Amounts = {}
    for line in load_body(conn, head).lines:
        amounts.setdefault((line.price, line.asset), []).append(line.amount)
    conn.commit()
    return amounts, head.gross


def _expected(contract: dict[str, Any], simulated: Fleet, month: str) -> Amounts:
    prices = {price["kind"]: price for price in contract["prices"]}
    parts = {part["id"]: part for part in (*contract["measures"], *contract["judges"])}
    truth = {
        asset["asset"]: truth_of_month
        for asset in simulated.truth["assets"]
        for truth_of_month in asset["months"]
        if asset["contract"] == contract["contract"] and truth_of_month["month"] == month
    }
    amounts: Amounts = {}
    for asset, what in truth.items():
        if "fixed_fee" in prices:
            fee = Decimal(str(prices["fixed_fee"]["amount"])) * what["in_service_seconds"] / what["month_seconds"]
            amounts[prices["fixed_fee"]["id"], asset] = [_cents(fee)]
        if "remedy" in prices:
            remedy = prices["remedy"]
            measure = parts[parts[remedy["of"]]["measure"]]
            assert measure["unknown_rule"]["then"] == "exclude"
            percent = _credit_percent(remedy["credit"], what["state"]["counted"])
            amounts[remedy["id"], asset] = [-_cents(fee * percent / 100)]
    usage = prices["usage_price"]
    (counted,) = usage["of"]
    counter = parts[counted["measure"]]
    use = {asset: Decimal(what["use"][counter["metric"]]) for asset, what in truth.items()}
    if counter["scope"] == "pooled":
        amounts[usage["id"], None] = _tiers(usage["scheme"], sum(use.values(), Decimal(0)))
    else:
        for asset, quantity in use.items():
            amounts[usage["id"], asset] = _tiers(usage["scheme"], quantity)
    return amounts


def _credit_percent(credit: dict[str, Any], counted: dict[str, int]) -> Decimal:
    up, total = counted["up"], counted["up"] + counted["down"]
    owed = Decimal(0)
    for tier in credit["tiers"]:
        if up * 100 < Decimal(str(tier["below"])) * total:
            owed = Decimal(str(tier["percent"]))
    return min(owed, Decimal(str(credit["cap_percent"])))


def _tiers(scheme: dict[str, Any], quantity: Decimal) -> list[Decimal]:
    if scheme["model"] == "flat":
        return [_cents(quantity * Decimal(str(scheme["price"])))]
    (lower, upper) = scheme["tiers"]
    first = min(quantity, Decimal(lower["up_to"]))
    amounts = [_cents(first * Decimal(str(lower["price"])))]
    if quantity > first:
        amounts.append(_cents((quantity - first) * Decimal(str(upper["price"]))))
    return amounts


def _gross(amounts: Amounts, vat_percent: int) -> Decimal:
    net = sum((amount for lines in amounts.values() for amount in lines), Decimal(0))
    return net + _cents(net * vat_percent / 100)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
