"""Parts of a contract, results and findings in plain words, as both sides read them.

Pure. The sentences of each kind are in measure_words.py, judge_words.py and price_words.py.
"""

from collections.abc import Callable
from typing import Any, Final

from contracts.contract import Contract
from contracts.facts.book import Fact
from contracts.terms import AnyJudge, AnyMeasure, AnyPrice, Threshold
from contracts.terms.base import PricePart
from contracts.terms.kinds import NAMES, SHARES
from web.accounts.role import Role
from web.formats import figure, tidy
from web.pictures import in_order, look_of
from web.results import Content, fraction, number_of
from web.words.agreed import title
from web.words.judges import JUDGES, target_words
from web.words.measures import MEASURES
from web.words.prices import PRICES

AnyPart = AnyMeasure | AnyJudge | AnyPrice

CLASSES: Final = {
    "up": "up",
    "down": "down",
    "unknown": "unknown",
    "not_listening": "unknown: vouch was not listening",
    "out": "left out, by its state",
    "outside": "outside service hours",
    "in_band": "within the band",
    "out_of_band": "outside the band",
    "attributed_up": "no data, on record as up",
    "attributed_down": "no data, on record as down",
    "attributed_out": "no data, left out by record",
    "in_service": "in service",
    "online": "there",
    "offline": "gone",
    "silent": "silent",
    "unheard": "not heard of yet",
    "listening": "listening",
    "nobody": "nobody was listening",
    "none": "not covered, or still to come",
}

_CLASS_KINDS: Final = {
    "out": "{}, left out",
    "up": "{}, counted as up",
    "void_down": "down during {}, left out",
    "whole_window": "{}: nothing is judged",
    "degraded": "degraded: {}",
}

VERDICTS: Final = {
    "met": "kept",
    "missed": "missed",
    "undefined": "nothing to judge",
    "insufficient": "too little is known",
    "not_due": "not due yet",
}

SO_FAR: Final = VERDICTS | {"met": "kept so far", "missed": "below so far"}

STATES: Final = {
    "undefined": "nothing to measure",
    "insufficient": "too little is known",
    "not_due": "not due yet",
}

REASONS: Final = {
    "": "",
    "allowance_used_up": "the allowance was used up",
    "cause_not_agreed": "the contract does not name this cause",
    "not_entitled": "declared by the side that may not",
    "notice_too_late": "known too late",
    "no_evidence": "no evidence was named",
    "rejected": "the other side rejected it",
    "disputed": "the other side disputes it",
    "undecided": "the other side has not answered yet",
    "withdrawn": "taken back",
    "free": "one of the free ones",
}

FINDINGS: Final = {
    "no_device": "No device",
    "no_readings": "No reading",
    "counted_from_first": "Counting began within the window",
    "reset": "The counter started again",
    "dip": "The counter fell and came back",
    "device_changed": "The device was changed",
}

SAYS: Final = {
    "accept": "accepted",
    "reject": "rejected",
    "dispute": "disputed",
    "withdraw": "withdrawn",
}

ROLES: Final = {
    Role.ACCOUNT_MANAGER: "Account manager",
    Role.FINANCE: "Finance",
    Role.CUSTOMER: "Customer",
}


def term_kind(term: AnyPart) -> str:
    """What kind of measure, promise or price it is."""
    return NAMES[term.kind].title


def term_title(term: AnyPart) -> str:
    """What it is called: a price by its text, the others by their id."""
    return term.text if isinstance(term, PricePart) else title(term.id)


def term_words(term: AnyPart, contract: Contract) -> list[str]:
    """A part in sentences."""
    if type(term) in PRICES:
        words = PRICES[type(term)](term, contract)
    else:
        words = (MEASURES if type(term) in MEASURES else JUDGES)[type(term)](term)
    return [tidy(sentence) for sentence in words]


def class_words(name: str) -> str:
    """What a class of time is called."""
    if name in CLASSES:
        return CLASSES[name]
    kind, colon, rest = name.partition(":")
    return _CLASS_KINDS.get(kind, "{}").format(rest) if colon else name


def verdict_words(verdict: str, is_open: bool = False) -> str:
    """How a promise stands; in a running month, how it stands so far."""
    return (SO_FAR if is_open else VERDICTS).get(verdict, verdict)


def reason_words(reason: str) -> str:
    """Why a judge refused a span, or what a granted one rests on."""
    return REASONS.get(reason, reason.replace("_", " "))


def value_words(content: Content) -> str:
    """A measure's value with its unit: a share in percent, cut; else why there is none, or what it is so far."""
    number = number_of(content["value"])
    if number is not None:
        return figure(number, content["unit"], content["kind"] in SHARES)
    so_far = number_of(content.get("so_far"))
    if so_far is not None:
        return f"{figure(so_far, content['unit'], content['kind'] in SHARES)} so far"
    return STATES[content["state"]]


def beyond_words(content: Content, term: Threshold, unit: str) -> str:
    """By how much a promise was kept or missed: percentage points, or the measure's unit."""
    beyond = number_of(content["beyond"])
    if beyond is None:
        return ""
    how = "falls short" if content["verdict"] == "missed" else "is kept with room"
    by = figure(abs(beyond) * (1 if term.percent is None else 100), unit if term.percent is None else "")
    return f"{how} by {by}" + (" percentage points" if term.percent is not None else "") if beyond else ""


def finding_words(finding: dict[str, Any]) -> str:
    """An inference that was made on the way."""
    heading = FINDINGS.get(finding["kind"], title(finding["kind"]))
    return f"{heading}: {finding['text']}."


def answer_words(fact: Fact) -> str:
    """How a fact stands in words: what the other side said last."""
    if not fact.answers:
        return f"not answered by the {fact.proposed_by.other} yet"
    last = fact.answers[-1]
    reason = f": {last.reason}" if last.reason else ""
    return f"{SAYS[last.says]} by the {last.by}{reason}"


def about_words(fact: Fact) -> str:
    """What a fact says beside its time."""
    said = fact.about.model_dump(mode="json", exclude_none=True)
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in said.items())


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "term_kind": term_kind,
    "term_title": term_title,
    "term_words": term_words,
    "class_words": class_words,
    "verdict_words": verdict_words,
    "reason_words": reason_words,
    "value_words": value_words,
    "beyond_words": beyond_words,
    "target_words": lambda term: tidy(target_words(term)),
    "finding_words": finding_words,
    "answer_words": answer_words,
    "about_words": about_words,
    "in_order": in_order,
    "look_of": look_of,
    "title": title,
    "fraction": fraction,
    "role_words": lambda role: ROLES[role],
}
