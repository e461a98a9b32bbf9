"""The API described, in OpenAPI 3.1: every call, what it takes, what it answers. Held to the routes by a test.

Pure. Access is decided in access.py; what is said of roles here is for the reader.
"""

from typing import Any, Final

from ingest.registry.file import RegistryDocument
from vouch.json_schema import published
from web.accounts.role import Role

REGISTRY_BYTES_MAX: Final = 16 * 1024 * 1024
# The greatest bigint of the database.
ID_MAX: Final = 2**63 - 1
DEVICE_LENGTH_MAX: Final = 128
DEVICES_MAX: Final = 1_000
REJECTIONS_MAX: Final = 500
REPLAY_MAX: Final = 10_000
CERTIFICATE_DAYS: Final = 730
CERTIFICATE_DAYS_MAX: Final = 3_650
FAULTS_MAX: Final = 1_000

Node = dict[str, Any]

_TEXT: Final[Node] = {"type": "string"}
_COUNT: Final[Node] = {"type": "integer", "minimum": 0}
_INSTANT: Final[Node] = {"type": "string", "format": "date-time", "description": "in UTC"}
_STAFF: Final = f"Roles: {Role.ACCOUNT_MANAGER}, {Role.FINANCE}."
_MANAGER: Final = f"Role: {Role.ACCOUNT_MANAGER}."
_ANYONE: Final = "Roles: all; a customer's account sees the devices that serve its assets now."


def _or_null(schema: Node) -> Node:
    return schema | {"type": [schema["type"], "null"]}


def _object(properties: Node, *optional: str) -> Node:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _list_of(schema: Node, **bounds: int) -> Node:
    return {"type": "array", "items": schema} | bounds


def _ref(name: str) -> Node:
    return {"$ref": f"#/components/schemas/{name}"}


_DEVICE: Final[Node] = {
    "id": _TEXT,
    "product_type": _TEXT,
    "installed_at": _or_null(_INSTANT),
    "sparkplug": _or_null(_TEXT) | {"description": "group/edge node, or group/edge node/device"},
    "asset": _or_null(_TEXT) | {"description": "the asset that it serves now"},
    "serves_since": _or_null(_INSTANT),
}
_READING: Final = _object({"measured_at": _INSTANT, "received_at": _INSTANT, "value": {"type": ["number", "string"]}})
_SCHEMAS: Final[Node] = {
    "Changed": _object({"changed": _COUNT | {"description": "declarations that were new or changed"}}),
    "Device": _object(_DEVICE),
    "DevicePage": _object(
        {
            "devices": _list_of(_ref("Device"), maxItems=DEVICES_MAX),
            "next": _or_null(_TEXT) | {"description": "give it as `after` to read on; null at the end"},
        }
    ),
    "DeviceDetail": _object(
        _DEVICE
        | {
            "metrics": _list_of(
                _object(
                    {
                        "name": _TEXT,
                        "kind": _TEXT,
                        "unit": _or_null(_TEXT),
                        "last": {"anyOf": [_READING, {"type": "null"}]},
                    }
                )
            )
        }
    ),
    "Credentials": _object(
        {
            "user_name": _TEXT,
            "password": _TEXT | {"description": "shown this once and stored nowhere in clear"},
            "brokers": _list_of(_TEXT) | {"description": "where devices connect, as far as this is known here"},
        }
    ),
    "Certificate": _object(
        {
            "certificate": _TEXT | {"description": "PEM; its common name is the device's id"},
            "authority": _TEXT | {"description": "PEM: by which the device knows the broker"},
            "valid_until": _INSTANT,
            "brokers": _list_of(_TEXT) | {"description": "where devices enter with it, as far as this is known here"},
        }
    ),
    "RejectionPage": _object(
        {
            "rejections": _list_of(
                _object(
                    {
                        "id": _COUNT,
                        "topic": _TEXT,
                        "payload_base64": _TEXT,
                        "first_received_at": _INSTANT,
                        "times_received": _COUNT,
                        "reasons": _list_of(_TEXT),
                        "details": _list_of(_TEXT) | {"description": "place: what was found, what was expected"},
                    }
                ),
                maxItems=REJECTIONS_MAX,
            ),
            "next": _or_null(_COUNT) | {"description": "give it as `after` to read on; null at the end"},
        }
    ),
    "Replayed": _object(
        {
            "stored": _COUNT,
            "refused": _COUNT | {"description": "places that were refused once more"},
            "next": _or_null(_COUNT) | {"description": "give it as `after` to go on; null at the end"},
        }
    ),
    "Balance": _object(dict.fromkeys(("messages", "received", "stored", "duplicate", "rejected"), _COUNT)),
    "Problem": _object(
        {
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
            "faults": _list_of(
                _object(
                    {
                        "line": {"type": ["integer", "null"], "description": "of a YAML document"},
                        "place": _TEXT | {"description": "such as product_types[0].metrics[1].unit"},
                        "message": _TEXT,
                    }
                ),
                maxItems=FAULTS_MAX,
            ),
        },
        "faults",
    ),
}


def _with_registry(schemas: Node) -> Node:
    """The registry file's own schema among the others, its parts by their names."""
    schema = published(RegistryDocument.model_json_schema(ref_template="#/components/schemas/{model}"))
    parts: Node = schema.pop("$defs")
    del schema["$schema"]
    return schemas | parts | {"Registry": schema}


def _answers(success: int, schema: str | None, *errors: int) -> Node:
    content = {} if schema is None else {"content": {"application/json": {"schema": _ref(schema)}}}
    failed: Node = {"content": {"application/problem+json": {"schema": _ref("Problem")}}}
    return {str(success): {"description": _WORDS[success]} | content} | {
        str(status): {"description": _WORDS[status]} | failed for status in (401, 403, *errors, 429, 503)
    }


_WORDS: Final = {
    200: "done",
    201: "made",
    204: "gone",
    401: "no token that is in force",
    403: "the account's role may not",
    404: "not there, or not for this account",
    409: "contradicts what is stored",
    413: "the body is too long",
    415: "the body is in a form that is not read here",
    422: "cannot be right: the detail says what was found and what was expected",
    429: "too many calls",
    503: "something vouch stands on does not answer",
}


def _query(name: str, schema: Node, words: str) -> Node:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": words}


def _limit(most: int, default: int) -> Node:
    return _query("limit", {"type": "integer", "minimum": 1, "maximum": most, "default": default}, "at most so many")


_BEHIND: Final = _query(
    "after", {"type": "integer", "minimum": 0, "maximum": ID_MAX, "default": 0}, "only ids behind it"
)
_ID: Final[Node] = {"name": "device", "in": "path", "required": True, "schema": _TEXT, "description": "the device's id"}
_PATHS: Final[Node] = {
    "/openapi.json": {
        "get": {
            "operationId": "describe",
            "summary": "This description",
            "security": [],
            "responses": {"200": {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {}}}}},
        }
    },
    "/registry": {
        "post": {
            "operationId": "apply_registry",
            "summary": "Declare issuers, customers, product types, devices and assets",
            "description": "As a whole or not at all; what is not mentioned stays as it is, and the same document "
            f"twice changes nothing. {_MANAGER}",
            "parameters": [_query("check", {"type": "boolean", "default": False}, "only check, change nothing")],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": _ref("Registry")},
                    "application/yaml": {"schema": _ref("Registry")},
                },
            },
            "responses": _answers(200, "Changed", 409, 413, 415, 422),
        }
    },
    "/devices": {
        "get": {
            "operationId": "list_devices",
            "summary": "Devices in order of their ids",
            "description": _ANYONE,
            "parameters": [
                _query("after", _TEXT | {"maxLength": DEVICE_LENGTH_MAX}, "only ids behind it"),
                _limit(DEVICES_MAX, 100),
            ],
            "responses": _answers(200, "DevicePage", 422),
        }
    },
    "/devices/{device}": {
        "get": {
            "operationId": "show_device",
            "summary": "One device, its metrics, and what each showed last",
            "description": _ANYONE,
            "parameters": [_ID],
            "responses": _answers(200, "DeviceDetail", 404),
        }
    },
    "/devices/{device}/credentials": {
        "post": {
            "operationId": "add_credentials",
            "summary": "A new password for the device's account at the broker",
            "description": f"The password that it had is worth nothing from then on. {_MANAGER}",
            "parameters": [_ID],
            "responses": _answers(201, "Credentials", 404, 422),
        },
        "delete": {
            "operationId": "remove_credentials",
            "summary": "Take the device's password away; the broker cuts its connection",
            "description": _MANAGER,
            "parameters": [_ID],
            "responses": _answers(204, None, 404, 422),
        },
    },
    "/devices/{device}/certificate": {
        "post": {
            "operationId": "add_certificate",
            "summary": "A certificate by which the device enters the broker, for a key that it has made itself",
            "description": f"Signed by the development authority of `vouch ca`; earlier ones stay valid. {_MANAGER}",
            "parameters": [
                _ID,
                _query(
                    "days",
                    {
                        "type": "integer",
                        "minimum": 1,
                        "maximum": CERTIFICATE_DAYS_MAX,
                        "default": CERTIFICATE_DAYS,
                    },
                    "how long it is valid",
                ),
            ],
            "requestBody": {
                "required": True,
                "description": "a certificate signing request in PEM; only its key is taken from it",
                "content": {"application/x-pem-file": {"schema": _TEXT}},
            },
            "responses": _answers(201, "Certificate", 404, 413, 415, 422),
        },
        "delete": {
            "operationId": "revoke_certificate",
            "summary": "Revoke all certificates of the device; the broker cuts its connection",
            "description": f"409 where it comes in again by another way, such as a password. {_MANAGER}",
            "parameters": [_ID],
            "responses": _answers(204, None, 404, 409),
        },
    },
    "/rejections": {
        "get": {
            "operationId": "list_rejections",
            "summary": "Refused messages whose cause is not mended yet, oldest first",
            "description": _STAFF,
            "parameters": [_BEHIND, _limit(REJECTIONS_MAX, 100)],
            "responses": _answers(200, "RejectionPage", 422),
        }
    },
    "/rejections/replay": {
        "post": {
            "operationId": "replay_rejections",
            "summary": "Take refused messages in again, the oldest first; safe to call twice",
            "description": _MANAGER,
            "parameters": [_BEHIND, _limit(REPLAY_MAX, 1_000)],
            "responses": _answers(200, "Replayed", 422),
        }
    },
    "/balance": {
        "get": {
            "operationId": "show_balance",
            "summary": "The ledger over all ingest processes: received = stored + duplicate + rejected",
            "description": _STAFF,
            "responses": _answers(200, "Balance"),
        }
    },
}

DESCRIPTION: Final[Node] = {
    "openapi": "3.1.0",
    "info": {
        "title": "vouch",
        "version": "1",
        "description": "Registry, devices, credentials and what ingest refused, for programs.",
    },
    "servers": [{"url": "/api/v1"}],
    "security": [{"token": []}],
    "paths": _PATHS,
    "components": {
        "schemas": _with_registry(_SCHEMAS),
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer", "description": "made by `vouch token add`"},
        },
    },
}
