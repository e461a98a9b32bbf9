"""The engine's number rises with what the templates come to: their digests are kept with it."""

from contracts.engine import ENGINE
from tests.templates.digests import FILE, SLUGS, kept, other_results, refusal, taken

RENEW = f"`python -m tests.templates.digests` renews {FILE.name}"


def test_what_the_templates_come_to_is_what_this_engine_is_known_to_give() -> None:
    engine, before = kept()
    found = taken()

    names = other_results(engine, before, found)
    assert not names, refusal(names)
    assert engine == ENGINE, f"the digests are of engine {engine}, and this is {ENGINE}: {RENEW}"
    assert found == before, f"templates came, went or changed: {RENEW}"
    assert list(found) == SLUGS


def test_other_statements_are_other_results_only_of_the_same_files_and_under_the_same_number() -> None:
    before = {"a": ("files", "statements"), "b": ("files", "statements")}

    assert other_results(ENGINE, before, before) == []
    assert other_results(ENGINE, before, {"a": ("files", "others"), "b": ("files", "statements")}) == ["a"]
    assert other_results(ENGINE, before, {"a": ("other files", "others"), "c": ("files", "statements")}) == []
    assert other_results(f"{ENGINE}0", before, {"a": ("files", "others")}) == []
