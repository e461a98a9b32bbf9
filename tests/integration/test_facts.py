"""The log of facts at the database and on the command line: laws, both clocks, twice, nothing changed."""

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from psycopg import Connection, errors

from contracts.facts.entry import AnyEntry, FactLog
from contracts.facts.file import answer_of, parse_log, write_log
from contracts.facts.kinds import FactKind
from contracts.facts.store import AlteredEntry, EntriesRefused, add_entries, add_entry, list_entries, load_book
from contracts.store import NoContract
from tests.world import CONTRACT, agree, declare_world
from vouch.__main__ import main
from vouch.database import connect
from vouch.json_schema import schema_of
from vouch.knowledge import snapshot

Run = Callable[..., Result]

PROPOSED: dict[str, Any] = {
    "fact": "F-1",
    "by": "supplier",
    "says": "propose",
    "kind": "planned_work",
    "asset": "truck-1",
    "from": "2026-10-10T06:00:00Z",
    "until": "2026-10-10T10:00:00Z",
    "about": {"cause": "service"},
}
ACCEPTED = answer_of("F-1", "customer", "accept", None)


def proposal(**changes: Any) -> AnyEntry:
    (entry,) = FactLog.model_validate([PROPOSED | changes]).root
    return entry


@pytest.fixture
def world(conn: Connection[Any]) -> Connection[Any]:
    """A connection to a database with the contract `trucks`, which covers truck-1."""
    declare_world(conn)
    return conn


def test_what_was_recorded_comes_back_and_counts_from_its_own_instant(world: Connection[Any]) -> None:
    assert add_entry(world, "trucks", proposal())
    with snapshot(world) as between:
        pass
    assert add_entry(world, "trucks", ACCEPTED)
    with snapshot(world) as after:
        now = load_book(world, "trucks", after)
        then = load_book(world, "trucks", between)

    (fact,) = now.of(FactKind.PLANNED_WORK, "truck-1")
    assert fact.accepted_at is not None
    assert fact.proposed_at < between < fact.accepted_at < after
    assert [one.accepted_at for one in then.all()] == [None]
    assert load_book(world, "trucks", fact.proposed_at).all() == ()


def test_recording_the_same_again_changes_nothing(world: Connection[Any]) -> None:
    log = [proposal(), answer_of("F-1", "customer", "dispute", "not that day"), ACCEPTED]
    assert [add_entry(world, "trucks", entry) for entry in log] == [True, True, True]
    before = list_entries(world, "trucks")

    assert [add_entry(world, "trucks", entry) for entry in log] == [False, False, False]
    assert add_entries(world, "trucks", [proposal(fact="F-2"), *log, proposal(fact="F-2")]) == [True, *[False] * 4]
    assert list_entries(world, "trucks")[:-1] == before


def test_the_log_refuses_what_breaks_its_laws_and_records_all_or_nothing(world: Connection[Any]) -> None:
    add_entry(world, "trucks", proposal())

    for entries, message in (
        ([proposal(evidence="other")], "never changes"),
        ([answer_of("F-1", "supplier", "accept", None)], "the customer accepts"),
        ([answer_of("F-9", "customer", "accept", None)], "not proposed before"),
        ([proposal(fact="F-2"), proposal(fact="F-3", succeeds="F-9")], "not proposed before"),
        ([proposal(fact="F-2", asset="truck-2")], "'truck-2' is none of contract 'trucks'"),
    ):
        with pytest.raises(EntriesRefused, match=message):
            add_entries(world, "trucks", entries)
    with pytest.raises(NoContract):
        add_entry(world, "vans", proposal())
    assert [entry.fact for entry in list_entries(world, "trucks")] == ["F-1"]


def test_what_comes_out_of_the_database_is_a_file_that_says_the_same(world: Connection[Any]) -> None:
    add_entries(world, "trucks", [proposal(), proposal(fact="F-2", asset=None, succeeds="F-1")])
    add_entry(world, "trucks", answer_of("F-2", "customer", "reject", "which day — précisément?"))

    text = write_log(list_entries(world, "trucks"))
    assert parse_log(text, "facts.jsonl") == list_entries(world, "trucks")
    assert write_log(parse_log(text, "facts.jsonl")) == text


def test_two_who_answer_at_once_are_heard_one_after_the_other(world: Connection[Any], database: str) -> None:
    add_entry(world, "trucks", proposal())
    world.commit()
    said: list[str] = []

    def answer(says: str) -> None:
        with connect(database) as conn:
            try:
                add_entry(conn, "trucks", answer_of("F-1", "customer", says, "because"))
                said.append(says)
            except EntriesRefused as error:
                said.append(str(error))

    threads = [threading.Thread(target=answer, args=(says,)) for says in ("accept", "reject")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(said) == 2
    assert len([one for one in said if "which is final" in one]) == 1
    assert len(list_entries(world, "trucks")) == 2


CHANGES = [
    "UPDATE contracts.fact_entry SET content = '{}'",
    "UPDATE contracts.fact_entry SET recorded_at = '2020-01-01Z'",
    "DELETE FROM contracts.fact_entry",
    "TRUNCATE contracts.fact_entry",
]


def test_the_database_refuses_every_change_and_every_second_last_word(world: Connection[Any]) -> None:
    add_entries(world, "trucks", [proposal(), ACCEPTED])
    again = """INSERT INTO contracts.fact_entry (contract, position, fact, recorded_at, by, says, kind, content, digest)
               SELECT contract, {0}, fact, recorded_at, by, '{1}', {2}, content, digest
                 FROM contracts.fact_entry WHERE position = 1"""

    for change in CHANGES:
        with pytest.raises(errors.IntegrityConstraintViolation, match="never changed"):
            world.execute(change.encode())
        world.rollback()
    for position, says, kind in ((3, "propose", "kind"), (3, "reject", "NULL"), (1, "dispute", "NULL")):
        with pytest.raises(errors.UniqueViolation):
            world.execute(again.format(position, says, kind).encode())
        world.rollback()
    for position, says, kind in ((3, "dispute", "kind"), (0, "dispute", "NULL")):
        with pytest.raises(errors.CheckViolation):
            world.execute(again.format(position, says, kind).encode())
        world.rollback()


def test_an_entry_altered_behind_the_database_is_noticed(world: Connection[Any]) -> None:
    add_entry(world, "trucks", proposal())
    world.execute("ALTER TABLE contracts.fact_entry DISABLE TRIGGER immutable")
    world.execute("UPDATE contracts.fact_entry SET content = replace(content, 'T10', 'T11')")

    with pytest.raises(AlteredEntry, match="entry 1"):
        list_entries(world, "trucks")


# The command line

PAGE = (Path(__file__).parents[2] / "docs" / "facts.md").read_text()


@pytest.fixture
def run(world: Connection[Any], database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on the world's database, in an empty folder."""
    world.commit()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOUCH_DATABASE_URL", database)
    return lambda *words: CliRunner().invoke(main, list(words))


def test_from_a_file_to_an_accepted_fact(run: Run) -> None:
    Path("planned.yaml").write_text(json.dumps([PROPOSED, PROPOSED | {"fact": "F-2", "asset": None}]))
    of = ("--contract", "trucks")

    assert run("fact", "propose", "planned.yaml", *of).output == (
        "fact F-1: proposed by the supplier\nfact F-2: proposed by the supplier\n"
    )
    assert "was proposed before, nothing to change" in run("fact", "propose", "planned.yaml", *of).output
    disputed = run("fact", "dispute", "F-1", *of, "--by", "customer", "--reason", "not on a Saturday")
    assert disputed.output == "fact F-1: disputed by the customer\n"
    before = json.loads(run("fact", "export", *of).output.splitlines()[-1])["recorded_at"]
    assert "accepted by" in run("fact", "accept", "F-1", *of, "--by", "customer").output
    assert "was accepted before" in run("fact", "accept", "F-1", *of, "--by", "customer").output
    assert "withdrawn by" in run("fact", "withdraw", "F-2", *of, "--by", "supplier", "--reason", "too soon").output

    listed = run("fact", "list", *of).output
    assert re.search(r"F-1 +planned_work +truck-1 +2026-10-10T06:00:00Z to 2026-10-10T10:00:00Z", listed)
    assert "withdrawn: too soon" in listed
    assert "F-1" not in run("fact", "list", *of, "--kind", "claim").output
    then = run("fact", "list", *of, "--as-of", before).output
    assert "unanswered" in then
    assert "accepted" not in then
    shown = run("fact", "show", "F-1").output
    assert "not on a Saturday" in shown
    assert "cause service" in shown


def test_mistakes_end_with_a_sentence_and_an_exit_code(run: Run) -> None:
    Path("planned.yaml").write_text(json.dumps([PROPOSED, PROPOSED | {"fact": "F-2", "asset": "truck-2"}], indent=0))
    of = ("--contract", "trucks")

    refused = run("fact", "propose", "planned.yaml", *of)
    assert refused.exit_code == 2
    assert re.search(r"planned\.yaml:\d+: \[1\]\.asset: asset 'truck-2' is none of contract", refused.output)
    assert "Facts of trucks known at" in run("fact", "list", *of).output
    for words, code in (
        (("fact", "accept", "F-1", *of, "--by", "customer"), 4),
        (("fact", "show", "F-1"), 3),
        (("fact", "list", "--contract", "vans"), 3),
        (("fact", "list", *of, "--kind", "holiday"), 2),
        (("fact", "list", *of, "--as-of", "2199-01-01T00:00:00Z"), 2),
        (("fact", "list", *of, "--as-of", "yesterday"), 2),
        (("fact", "reject", "F 1", *of, "--by", "customer", "--reason", "x"), 2),
    ):
        result = run(*words)
        assert result.exit_code == code, (words, result.output)
        assert result.output.startswith("vouch: "), words


def test_the_commands_of_the_page_on_facts_say_what_it_says(run: Run) -> None:
    (file,) = re.findall(r"```yaml\n(# facts\.yaml\n.*?)```", PAGE, re.DOTALL)
    (session,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    Path("facts.yaml").write_text(file)

    for step in session.strip().split("\n$ "):
        command, _, output = step.removeprefix("$ ").partition("\n")
        words = re.findall(r'"([^"]*)"|(\S+)', command)
        result = run(*[quoted or plain for quoted, plain in words][1:])
        assert result.output.strip() == output.strip(), command


def test_schema_of_facts_is_printed(run: Run) -> None:
    printed = json.loads(run("schema", "fact").output)

    assert printed == schema_of(FactLog)
    assert {f"Propose{''.join(word.title() for word in kind.split('_'))}" for kind in FactKind} <= set(printed["$defs"])


def test_a_fact_of_two_contracts_is_shown_when_the_contract_is_said(world: Connection[Any], run: Run) -> None:
    second = CONTRACT.replace("contract: trucks", "contract: more-trucks")
    agree(world, second)
    for contract in ("trucks", "more-trucks"):
        add_entry(world, contract, proposal())
    world.commit()

    assert run("fact", "show", "F-1").exit_code == 4
    assert "more-trucks" in run("fact", "show", "F-1", "--contract", "more-trucks").output
