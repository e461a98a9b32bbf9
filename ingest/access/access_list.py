"""The access list: what each account may publish and read at the broker, in Mosquitto's own form.

Pure. Rules that somebody else wrote into the list stay where they are; ours are added where they are missing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ingest.sparkplug_topics import EVERYTHING, NAMESPACE, Verb, device_command_topic, node_command_topic, state_topic
from ingest.topics import USES, device_topic, receipt_topic, telemetry_topic

INGEST_ACCOUNT: Final = "vouch-ingest"
GATEWAY_ACCOUNT: Final = "vouch-sim"

# Sparkplug: what an edge node says of itself, and what of the devices behind it.
_NODE_SENT: Final = (Verb.NBIRTH, Verb.NDATA, Verb.NDEATH)
_NODE_DEVICE_SENT: Final = (Verb.DBIRTH, Verb.DDATA, Verb.DDEATH)
_GATEWAY_HEAD: Final = "# Kept by `vouch gateway add`."
_TELEMETRY_RULE: Final = re.compile(f"topic write {telemetry_topic('([^/]+)')}")
_NODE_RULE: Final = re.compile(rf"topic write {re.escape(NAMESPACE)}/([^/]+)/{Verb.NBIRTH}/([^/]+)")


def _device_rules(kind: str, device: str) -> tuple[str, ...]:
    """What one that speaks as `device` may do, each rule beginning with `kind`: pattern or topic."""
    return (
        *(f"{kind} write {device_topic(device, use)}" for use in USES),
        f"{kind} read {receipt_topic(device)}",
    )


def _node_rules(kind: str, group: str, node: str) -> tuple[str, ...]:
    """The same for a Sparkplug edge node and whatever is behind it."""
    return (
        *(f"{kind} write {NAMESPACE}/{group}/{sent}/{node}" for sent in _NODE_SENT),
        *(f"{kind} write {NAMESPACE}/{group}/{sent}/{node}/+" for sent in _NODE_DEVICE_SENT),
        f"{kind} read {node_command_topic(f'{group}/{node}')}",
        f"{kind} read {device_command_topic(f'{group}/{node}', '+')}",
        # In a pattern that names no user, as rules for everybody must be patterns; Mosquitto warns and applies it.
        f"{kind} read {state_topic('+')}",
    )


@dataclass(frozen=True, slots=True)
class Speaks:
    """For whom an account speaks by its own rules: devices by id, edge nodes as `group/node`; `+` and `+/+` for any."""

    devices: tuple[str, ...] = ()
    edge_nodes: tuple[str, ...] = ()

    def rules(self) -> list[str]:
        """The access list's lines."""
        nodes = (node.split("/") for node in self.edge_nodes)
        rules = [rule for device in self.devices for rule in _device_rules("topic", device)]
        return rules + [rule for group, node in nodes for rule in _node_rules("topic", group, node)]


FOR_ANY: Final = Speaks(("+",), ("+/+",))

# Any account, by its user name. An edge node's user name is its edge node id.
DEVICE_RULES: Final = (*_device_rules("pattern", "%u"), *_node_rules("pattern", "+", "%u"))
_OWN_RULES: Final[Mapping[str, Sequence[str]]] = {
    # Its own canary is below vouch/v1, its commands and its STATE are below spBv1.0.
    INGEST_ACCOUNT: ("topic readwrite vouch/v1/#", f"topic readwrite {EVERYTHING}", "topic read $SYS/#"),
    GATEWAY_ACCOUNT: FOR_ANY.rules(),
}

NEW_LIST: Final = "\n".join(
    (
        "# Kept by `vouch device add`.",
        "",
        "# vouch itself: all its topics, and the broker's own counters.",
        f"user {INGEST_ACCOUNT}",
        *_OWN_RULES[INGEST_ACCOUNT],
        "",
        "# A gateway speaks for many devices: the simulator, and whoever replays recordings.",
        f"user {GATEWAY_ACCOUNT}",
        *_OWN_RULES[GATEWAY_ACCOUNT],
        "",
        "# A device, by its user name: writes what it has to say, reads what is sent to it, nothing of others.",
        *DEVICE_RULES,
        "",
    )
)


def completed(text: str) -> str:
    """The list with what is missing of ours at its end; an empty one becomes `NEW_LIST`.

    vouch's own accounts get what they lack only where the list knows them already.
    """
    if not text.strip():
        return NEW_LIST
    sections = _read_rules(text)
    added = [rule for rule in DEVICE_RULES if rule not in sections[None]]
    for account, rules in _OWN_RULES.items():
        missing = [rule for rule in rules if rule not in sections.get(account, rules)]
        if missing:
            added += ["", f"user {account}", *missing]
    return text.rstrip("\n") + "\n\n" + "\n".join(added).lstrip("\n") + "\n" if added else text


def with_gateway(text: str, name: str, speaks: Speaks) -> str:
    """The list in which `name` may speak for these and no others."""
    kept = without_gateway(text, name)
    return "\n".join((kept.rstrip("\n"), "", _GATEWAY_HEAD, f"user {name}", *dict.fromkeys(speaks.rules()), ""))


def without_gateway(text: str, name: str) -> str:
    """The list without the rules of one account; what stands around them stays."""
    kept: list[str] = []
    inside = False
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["user"]:
            inside = words[1:] == [name]
            if inside and kept[-1:] == [_GATEWAY_HEAD]:
                kept.pop()
        if not (inside and words[:1] in (["user"], ["topic"])):
            kept.append(line)
    return "\n".join(kept).rstrip("\n") + "\n"


def list_accounts(text: str) -> list[str]:
    """The accounts that have rules of their own, in the list's order."""
    return [account for account in _read_rules(text) if account is not None]


def spoken_for(text: str, name: str) -> Speaks:
    """For whom an account may publish by its own rules."""
    rules = _read_rules(text).get(name, {})
    devices = (match[1] for rule in rules if (match := _TELEMETRY_RULE.fullmatch(rule)))
    nodes = (f"{match[1]}/{match[2]}" for rule in rules if (match := _NODE_RULE.fullmatch(rule)))
    return Speaks(tuple(devices), tuple(nodes))


def _read_rules(text: str) -> dict[str | None, dict[str, None]]:
    """The rules in order by account; patterns, which hold for every account wherever they stand, under None."""
    sections: dict[str | None, dict[str, None]] = {None: {}}
    account: str | None = None
    for line in text.splitlines():
        rule = " ".join(line.split())
        if rule.startswith("user "):
            account = rule.removeprefix("user ")
            sections.setdefault(account, {})
        elif rule.startswith("pattern "):
            sections[None][rule] = None
        elif rule.startswith("topic "):
            sections[account][rule] = None
    return sections
