"""`vouch contract check` and `vouch contract diff`: what they say of files, without a database."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.contract_files import FULL, FULL_EVIDENCE
from vouch.__main__ import main


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("VOUCH_DATABASE_URL", "VOUCH_CONFIG", "VOUCH_HOME"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "evidence.yaml").write_text(FULL_EVIDENCE)
    return tmp_path


def said(here: Path, *words: str, **files: str) -> Result:
    for name, text in files.items():
        (here / f"{name}.yaml").write_text(text)
    return CliRunner().invoke(main, ["contract", *words])


def test_a_good_file_is_checked_without_a_database(here: Path) -> None:
    result = said(here, "check", "a.yaml", a=FULL)

    assert result.exit_code == 0
    assert result.stdout == ("a.yaml: contract full version 1 fits its own words; it was not held against a registry\n")


def test_all_mistakes_of_form_come_at_once_each_with_its_line(here: Path) -> None:
    wrong = FULL.replace("comparison: at_least", "comparison: at_lest").replace("version: 1\n", "verson: 1\n", 1)
    result = said(here, "check", "a.yaml", a=wrong)

    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "vouch: a.yaml:164: judges[0].comparison: found 'at_lest'; expected: 'at_least', 'more_than', 'at_most' or "
        "'less_than'; did you mean 'at_least'?".replace("164", str(number_of(wrong, "at_lest"))),
        "a.yaml:3: verson: unknown key; did you mean 'version'?",
    ]


def number_of(text: str, words: str) -> int:
    return text.count("\n", 0, text.index(words)) + 1


def test_a_registry_that_is_asked_for_has_to_answer(here: Path) -> None:
    assert said(here, "check", "a.yaml", "--registry", a=FULL).exit_code == 5


def test_a_database_that_does_not_answer_is_said_and_the_rest_is_checked(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOUCH_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    result = said(here, "check", "a.yaml", a=FULL)
    left_out = said(here, "check", "a.yaml", "--no-registry", a=FULL)

    assert result.exit_code == left_out.exit_code == 0
    assert result.stderr.startswith("vouch: not held against the registry: database 127.0.0.1")
    assert left_out.stderr == ""


def test_a_file_is_held_against_a_folder_of_evidence(here: Path) -> None:
    good = said(here, "check", "a.yaml", "--evidence", "evidence", a=FULL)
    metric = said(here, "check", "a.yaml", "--evidence", "evidence", a=FULL.replace("metric: pages", "metric: page"))
    asset = said(here, "check", "a.yaml", "--evidence", "evidence", a=FULL.replace("asset: truck-2", "asset: truk-2"))

    assert good.stdout == "a.yaml: contract full version 1 fits evidence\n"
    assert (metric.exit_code, asset.exit_code) == (2, 2)
    assert (
        "measures[4].metric: 'page' is no metric of every covered asset; expected: an amount or a gauge"
        in metric.stderr
    )
    assert "did you mean 'pages'?" in metric.stderr
    assert "assets[1].asset: no device of the evidence serves 'truk-2'; did you mean 'truck-2'?" in asset.stderr


def test_versions_have_to_follow_one_another(here: Path) -> None:
    second = FULL.replace("version: 1\n", "version: 2\n", 1)
    overlapping = said(here, "check", "a.yaml", "b.yaml", a=FULL, b=second)
    following = said(
        here, "check", "b.yaml", "a.yaml", b=second.replace("effective_from: 2026-01-01", "effective_from: 2027-01-01")
    )
    other = said(here, "check", "a.yaml", "b.yaml", b=second.replace("contract: full", "contract: other"))

    assert overlapping.exit_code == 4
    assert "version 2 takes effect after version 1" in overlapping.stderr
    assert following.exit_code == 0
    assert other.exit_code == 2


def test_an_amendment_is_told_in_words(here: Path) -> None:
    second = FULL.replace("version: 1\n", "version: 2\n", 1).replace(
        "effective_from: 2026-01-01", "effective_from: 2026-07-01"
    )
    second = second.replace("price: 0.045", "price: 0.042").replace("notice_hours: 48", "notice_hours: 24")
    result = said(here, "diff", "a.yaml", "b.yaml", a=FULL, b=second)
    same = said(here, "diff", "a.yaml", "a.yaml")

    assert result.stdout.splitlines() == [
        "version 2 takes effect on 1 July 2026",
        "planned: planned work may now be announced 24 hours instead of 48 hours ahead",
        "Kilometres, tier above 10,000 to 20,000 km: 0.045 → 0.042 EUR",
    ]
    assert same.stdout == "nothing changes\n"
