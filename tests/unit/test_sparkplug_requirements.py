"""The table of Sparkplug's requirements on a host application is whole, and each names a test that exists."""

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
ROW: Final = re.compile(r"^\| `([a-z0-9-]+)` \| .+ \| `(test_[a-z0-9_]+)` \|$", re.MULTILINE)

# As the specification names them, without tck-id-.
REQUIREMENTS: Final = """
operational-behavior-host-application-connect-will
payloads-state-will-message
host-topic-phid-death-required
operational-behavior-host-application-connect-will-topic
host-topic-phid-death-topic
operational-behavior-host-application-connect-will-payload
payloads-state-will-message-payload
host-topic-phid-death-payload
host-topic-phid-death-payload-timestamp-connect
operational-behavior-host-application-connect-will-qos
operational-behavior-host-application-connect-will-retained
payloads-state-will-message-qos
payloads-state-will-message-retain
host-topic-phid-death-qos
host-topic-phid-death-retain
message-flow-phid-sparkplug-clean-session-311
message-flow-phid-sparkplug-clean-session-50
operational-behavior-host-application-host-id
host-topic-phid-birth-sub-required
message-flow-phid-sparkplug-subscription
payloads-state-subscribe
principles-birth-certificates-order
host-topic-phid-birth-message
host-topic-phid-birth-required
message-flow-phid-sparkplug-state-publish
operational-behavior-host-application-connect-birth
payloads-state-birth
conformance-primary-host
components-ph-state
intro-sparkplug-host-state
operational-behavior-host-application-connect-birth-topic
host-topic-phid-birth-topic
operational-behavior-host-application-connect-birth-qos
operational-behavior-host-application-connect-birth-retained
host-topic-phid-birth-qos
host-topic-phid-birth-retain
operational-behavior-host-application-connect-birth-payload
payloads-state-birth-payload
host-topic-phid-birth-payload
host-topic-phid-birth-payload-timestamp
message-flow-phid-sparkplug-state-publish-payload
message-flow-phid-sparkplug-state-publish-payload-timestamp
message-flow-hid-sparkplug-state-message-delivered
operational-behavior-host-application-termination
operational-behavior-host-application-death-topic
operational-behavior-host-application-death-payload
operational-behavior-host-application-death-qos
operational-behavior-host-application-death-retained
host-topic-phid-death-payload-timestamp-disconnect-clean
host-topic-phid-death-payload-timestamp-disconnect-with-no-disconnect-packet
operational-behavior-host-application-disconnect-intentional
operational-behavior-host-reordering-param
operational-behavior-host-reordering-start
operational-behavior-host-reordering-success
operational-behavior-host-reordering-rebirth
payloads-sequence-num-req-nbirth
operational-behavior-edge-node-termination-host-action-ndeath-node-offline
operational-behavior-edge-node-termination-host-action-ndeath-node-tags-stale
operational-behavior-edge-node-termination-host-action-ndeath-devices-offline
operational-behavior-edge-node-termination-host-action-ndeath-devices-tags-stale
operational-behavior-edge-node-termination-host-action-ddeath-devices-offline
operational-behavior-edge-node-termination-host-action-ddeath-devices-tags-stale
payloads-ndeath-bdseq
topics-ncmd-topic
topics-dcmd-topic
topics-ncmd-mqtt
topics-dcmd-mqtt
payloads-ncmd-qos
payloads-ncmd-retain
payloads-dcmd-qos
payloads-dcmd-retain
topics-ncmd-timestamp
topics-dcmd-timestamp
payloads-ncmd-timestamp
payloads-dcmd-timestamp
payloads-ncmd-seq
payloads-dcmd-seq
topics-ncmd-payload
topics-dcmd-payload
operational-behavior-data-commands-ncmd-verb
operational-behavior-data-commands-dcmd-verb
operational-behavior-data-commands-ncmd-metric-name
operational-behavior-data-commands-dcmd-metric-name
operational-behavior-data-commands-ncmd-metric-value
operational-behavior-data-commands-dcmd-metric-value
operational-behavior-data-commands-ncmd-rebirth-verb
operational-behavior-data-commands-ncmd-rebirth-name
operational-behavior-data-commands-ncmd-rebirth-value
payloads-name-cmd-requirement
payloads-alias-data-cmd-requirement
payloads-metric-datatype-not-req
operational-behavior-host-application-multi-server-timestamp
operational-behavior-primary-application-state-with-multiple-servers-state
operational-behavior-primary-application-state-with-multiple-servers-state-subs
""".split()


def rows() -> list[tuple[str, str]]:
    return ROW.findall((ROOT / "docs" / "sparkplug.md").read_text())


def test_every_requirement_has_its_row_and_no_row_has_none() -> None:
    assert [requirement for requirement, _ in rows()] == REQUIREMENTS
    assert len(set(REQUIREMENTS)) == len(REQUIREMENTS)


def test_every_test_that_shows_a_requirement_exists() -> None:
    paths = [path for path in (ROOT / "tests").rglob("test_*.py") if ".venv" not in path.parts]
    defined = {name for path in paths for name in re.findall(r"^def (test_\w+)\(", path.read_text(), re.MULTILINE)}

    assert {test for _, test in rows()} - defined == set()


def test_the_page_counts_its_rows() -> None:
    text = (ROOT / "docs" / "sparkplug.md").read_text()

    assert f"{len(rows())} in all" in text
