"""One number, one contract: how a price is spelled does not make another agreement."""

from contracts.contract import governing
from contracts.document import contract_of, parse_contract
from tests.world import CONTRACT, OCTOBER_ENDS, OCTOBER_STARTS
from vouch.period import Period


def test_a_respelled_number_keeps_the_digest_and_another_number_changes_it() -> None:
    digests = [
        contract_of(parse_contract(CONTRACT.replace("745.00", amount), "c.yaml")[1]).digest
        for amount in ("745.00", "745", "745.0", "745.01")
    ]

    assert digests[0] == digests[1] == digests[2] != digests[3]


def test_without_versions_nothing_governs() -> None:
    assert governing([], Period(OCTOBER_STARTS, OCTOBER_ENDS)) == []
