"""Evaluations as they are kept: what one price came to for one subject in one part of a month, with its evidence.

Pure. An evaluation's content is canonical JSON; its digest is what an invoice line names.
"""

from dataclasses import dataclass

from contracts.contract import Contract
from vouch.period import Period


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the price `term` came to. `subject` is an asset, or `*` for all assets of the contract together."""

    contract: Contract
    term: str
    subject: str
    window: Period
    content: str
