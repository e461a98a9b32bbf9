"""Every template: it fits the evidence beside it, and it is listed and printed."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.templates.worked import TEMPLATES, contract_files, evidence_of, run
from vouch.__main__ import main

SLUGS = sorted(one.parent.name for one in TEMPLATES.glob("*/contract.yaml"))


@pytest.mark.parametrize("slug", SLUGS)
def test_a_template_and_its_amendments_fit_their_evidence(slug: str) -> None:
    for file in contract_files(slug):
        said = run("contract", "check", str(file), "--evidence", str(evidence_of(slug))).stdout

        assert said.endswith(f"fits {evidence_of(slug)}\n")


def test_templates_are_listed_each_with_its_first_sentence() -> None:
    listed = run("contract", "templates").stdout.splitlines()

    assert [one.split()[0] for one in listed] == SLUGS
    for one, slug in zip(listed, SLUGS, strict=True):
        text = (TEMPLATES / slug / "contract.yaml").read_text()
        assert text.startswith("# ")
        assert one == f"{slug:<24}{text.splitlines()[0].removeprefix('# ')}"
        assert one.endswith(".")


@pytest.mark.parametrize("slug", SLUGS)
def test_a_template_is_printed_as_it_is(slug: str) -> None:
    assert run("contract", "template", slug).stdout == (TEMPLATES / slug / "contract.yaml").read_text()


def test_a_template_is_written_to_a_new_file_only(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"

    run("contract", "template", SLUGS[0], "--to", str(file))

    assert file.read_text() == (TEMPLATES / SLUGS[0] / "contract.yaml").read_text()
    assert refused("contract", "template", SLUGS[0], "--to", str(file)).endswith("and is left as it is\n")


def test_a_template_that_is_not_there_is_an_error_and_no_path() -> None:
    for name in ("no_such_template", "../templates/ink_subscription", "."):
        assert refused("contract", "template", name).startswith(f"vouch: there is no template {name!r}")


def refused(*words: str) -> str:
    """What `vouch` says when it does not do as it is told."""
    result = CliRunner().invoke(main, list(words), catch_exceptions=False)
    assert (result.exit_code, result.stdout) != (0, "")
    return result.stderr
