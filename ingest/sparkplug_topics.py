"""Sparkplug topics: the namespace, the verbs, and who speaks under which name.

Pure. The one place that knows them: a later version of Sparkplug brings another namespace and other verbs, and starts
here. Source: Sparkplug 3.0, chapter 4.
"""

from enum import StrEnum
from typing import Final, NamedTuple

NAMESPACE: Final = "spBv1.0"
_NAMESPACE_LEVEL: Final = f"{NAMESPACE}/"
_NAME_CHARACTERS_MAX: Final = 200


class Verb(StrEnum):
    """What a message is: of an edge node (N) or of a device behind it (D)."""

    NBIRTH = "NBIRTH"
    NDEATH = "NDEATH"
    NDATA = "NDATA"
    NCMD = "NCMD"
    DBIRTH = "DBIRTH"
    DDEATH = "DDEATH"
    DDATA = "DDATA"
    DCMD = "DCMD"


BIRTHS: Final = frozenset({Verb.NBIRTH, Verb.DBIRTH})
DATA: Final = frozenset({Verb.NDATA, Verb.DDATA})
_OF_DEVICES: Final = frozenset({Verb.DBIRTH, Verb.DDEATH, Verb.DDATA, Verb.DCMD})
# By the letter a host subscribes to this; the compatibility kit looks for it.
EVERYTHING: Final = f"{NAMESPACE}/#"
# What edge nodes say. Commands are left out: they are ours and other hosts', and go the other way.
FILTERS: Final = (
    f"{NAMESPACE}/+/NBIRTH/+",
    f"{NAMESPACE}/+/NDEATH/+",
    f"{NAMESPACE}/+/NDATA/+",
    f"{NAMESPACE}/+/DBIRTH/+/+",
    f"{NAMESPACE}/+/DDEATH/+/+",
    f"{NAMESPACE}/+/DDATA/+/+",
)


class SparkplugTopic(NamedTuple):
    """A topic taken apart; `edge_node` is `group/node`, `device` is empty where the node itself speaks."""

    verb: Verb
    edge_node: str
    device: str

    @property
    def source(self) -> str:
        """The name under which the registry knows the speaker: `spBv1.0/group/node` or `spBv1.0/group/node/device`."""
        return address_of(self.edge_node, self.device)


def parse_topic(topic: str) -> SparkplugTopic | None:
    """The parts of an edge node's topic; None for any other topic, such as STATE."""
    namespace, *levels = topic.split("/")
    if namespace != NAMESPACE or len(levels) not in (3, 4) or not all(levels) or "\0" in topic:
        return None
    if levels[1] not in Verb.__members__ or any(len(level) > _NAME_CHARACTERS_MAX for level in levels):
        return None
    verb = Verb(levels[1])
    if (verb in _OF_DEVICES) != (len(levels) == 4):
        return None
    return SparkplugTopic(verb, f"{levels[0]}/{levels[2]}", levels[3] if len(levels) == 4 else "")


def is_sparkplug(name: str) -> bool:
    """Whether a topic, or the name of a speaker, is in Sparkplug's namespace."""
    return name.startswith(_NAMESPACE_LEVEL)


def address_of(edge_node: str, device: str = "") -> str:
    """The name under which the registry knows an edge node (`group/node`), or a device behind it.

    Also of a whole address, `group/node/device`.
    """
    return f"{NAMESPACE}/{edge_node}/{device}" if device else f"{NAMESPACE}/{edge_node}"


def parse_address(address: str) -> tuple[str, str] | None:
    """(`group/node`, device or empty) of an address as the registry has it; None for anything else."""
    levels = address.split("/")
    if len(levels) not in (2, 3) or not all(levels) or any(sign in address for sign in "+#\0"):
        return None
    return f"{levels[0]}/{levels[1]}", levels[2] if len(levels) == 3 else ""


def node_command_topic(edge_node: str) -> str:
    """Where an edge node (`group/node`) listens for commands."""
    group, node = edge_node.split("/")
    return f"{NAMESPACE}/{group}/{Verb.NCMD}/{node}"


def device_command_topic(edge_node: str, device: str) -> str:
    """Where an edge node (`group/node`) listens for commands to a device behind it."""
    group, node = edge_node.split("/")
    return f"{NAMESPACE}/{group}/{Verb.DCMD}/{node}/{device}"


def state_topic(host: str) -> str:
    """Where the host application of this id says whether it is there."""
    return f"{NAMESPACE}/STATE/{host}"
