"""Amendments: whether a version follows from those before it.

Pure. Versions are numbered from 1, each takes effect after the one before, and the parties, the currency and the time
zone stay. An amendment may cut a month: every term says what a part of one is worth.
"""

from collections.abc import Sequence

from contracts.contract import Contract
from vouch.errors import Conflict
from vouch.period import iso


class AmendmentRefused(Conflict):
    """A further version does not follow from the one before."""


def check_succession(contract: Contract, earlier: Sequence[Contract]) -> None:
    """Raise AmendmentRefused where `contract` is not the next version after `earlier`."""
    if not earlier:
        if contract.version != 1:
            raise AmendmentRefused(f"contract {contract.id!r} begins with version 1")
        return
    last = max(earlier, key=lambda version: version.version)
    if contract.version != last.version + 1:
        raise AmendmentRefused(f"contract {contract.id!r}: the next version is {last.version + 1}")
    for name in ("issuer", "customer", "currency", "zone"):
        if getattr(contract, name) != getattr(last, name):
            raise AmendmentRefused(
                f"contract {contract.id!r}: {name} stays {getattr(last, name)}; another {name} is another contract"
            )
    if contract.effective_from <= last.effective_from:
        raise AmendmentRefused(
            f"contract {contract.id!r}: version {contract.version} takes effect after version {last.version}, that is "
            f"after {iso(last.effective_from)}; found {iso(contract.effective_from)}"
        )
    if last.effective_until is not None and contract.effective_from > last.effective_until:
        raise AmendmentRefused(
            f"contract {contract.id!r}: version {last.version} ended at {iso(last.effective_until)}, before version "
            f"{contract.version} takes effect: another contract begins then"
        )
