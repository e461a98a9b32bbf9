"""The oracle's bill: all prices of all parts, in the contract's order."""

from fractions import Fraction
from typing import Any

from tests.oracle.naive import Oracle
from tests.oracle.naive_caps import bonus, combination, maximum, minimum, obligation_consequence
from tests.oracle.naive_prices import NONE, Lines, fixed_fee, is_over, remedy
from tests.oracle.naive_use import paid_back, usage_price

RULES: dict[str, Any] = {
    "fixed_fee": fixed_fee,
    "usage_price": usage_price,
    "remedy": remedy,
    "bonus": bonus,
    "combination": combination,
    "maximum": maximum,
    "minimum": minimum,
    "obligation_consequence": obligation_consequence,
}
# What is left to do for subjects that are gone.
LEFT: dict[str, Any] = {"usage_price": paid_back}


class Bill:
    """All lines of all parts up to the oracle's month."""

    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle
        self.lines: list[Lines] = []
        # What each month bears of a price, where that is not what its lines come to.
        self.borne: list[dict[tuple[str, str], Fraction]] = []
        self.carried: dict[tuple[int, str, str, str], Any] = {}
        for index in range(len(oracle.parts)):
            self.lines.append({})
            self.borne.append({})
            for price in oracle.parts[index].contract["prices"]:
                if price["kind"] in RULES:
                    served = oracle.subjects(index, price["id"])
                    for subject in served:
                        found = RULES[price["kind"]](self, index, price, subject)
                        if found is not None:
                            self.lines[index][price["id"], subject] = found
                    for subject in self.gone(index, price, served):
                        self.lines[index][price["id"], subject] = LEFT[price["kind"]](self, index, price, subject)

    def gone(self, index: int, price: dict[str, Any], served: list[str]) -> list[str]:
        """Whom the price was for before, who is not there now and will not come back."""
        if price["kind"] not in LEFT:
            return []
        before = {subject for _, name, subject, _ in self.carried if name == price["id"]}
        return sorted(one for one in before if one not in served and is_over(self.oracle, index, one))

    def charged(self, index: int, prices: list[str], subject: str, window: Any = "month") -> Fraction:
        """What the prices came to in the window so far; for `*` for all subjects."""
        inside = self.oracle.window(index, window)[0]
        total = NONE
        for i in inside:
            for name, whom in self.lines[i].keys() | self.borne[i].keys():
                if name in prices and subject in ("*", whom):
                    amounts = self.lines[i].get((name, whom), [])
                    total += self.borne[i].get((name, whom), sum(amounts, NONE))
        return total
