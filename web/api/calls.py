"""The API, /api/v1: what programs do by HTTP instead of by command line and files.

Shell. JSON in and out, a bearer token with every call, no cookies. Errors are problem documents (RFC 9457). Who may
call what is access.py's business; openapi.py describes every call, and docs/api.md shows them.
"""

import base64
import logging
import uuid
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from flask import Blueprint, Flask, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.exceptions import HTTPException, UnsupportedMediaType

from ingest.access import credentials
from ingest.access.cut_off import cut_off
from ingest.registry import device_store
from ingest.registry.apply import apply_registry
from ingest.registry.device_store import DeviceRow
from ingest.registry.file import declared_in
from ingest.rejection_store import list_rejected
from ingest.store import load_balance
from ingest.writer import Writer, replay_rejected
from vouch.authority import Authority, authority_folder
from vouch.document import Document, DocumentFaults, parse_document
from vouch.errors import Invalid
from vouch.json_document import parse_json_document
from vouch.settings import Settings
from web.access import viewer, visible_customer
from web.api import openapi
from web.connection import connection

log = logging.getLogger(__name__)

PREFIX: Final = "/api/v1"
CALLS_MAX: Final = "600 per minute"
_SETTINGS: Final = "vouch_settings"
_YAML: Final = ("application/yaml", "application/x-yaml", "text/yaml")
_PEM: Final = "application/x-pem-file"
_NAMED: Final = "registry"

_Query = TypeVar("_Query", bound=BaseModel)

calls = Blueprint("api", __name__, url_prefix=PREFIX)


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _DeviceQuery(_Asked):
    after: str = Field("", max_length=openapi.DEVICE_LENGTH_MAX)
    limit: int = Field(100, ge=1, le=openapi.DEVICES_MAX)


class _RejectionQuery(_Asked):
    after: int = Field(0, ge=0, le=openapi.ID_MAX)
    limit: int = Field(100, ge=1, le=openapi.REJECTIONS_MAX)


class _ReplayQuery(_Asked):
    after: int = Field(0, ge=0, le=openapi.ID_MAX)
    limit: int = Field(1_000, ge=1, le=openapi.REPLAY_MAX)


class _CertificateQuery(_Asked):
    days: int = Field(openapi.CERTIFICATE_DAYS, ge=1, le=openapi.CERTIFICATE_DAYS_MAX)


class _ApplyQuery(_Asked):
    check: bool = False


class BadQuery(Invalid):
    """A parameter of an address that is unknown or out of bounds."""

    def __init__(self, error: ValidationError) -> None:
        faults = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_url=False))
        super().__init__("; ".join(faults))


def use_settings(app: Flask, settings: Settings) -> None:
    """Where the broker's files are, for calls that change credentials."""
    app.extensions[_SETTINGS] = settings


@calls.get("/openapi.json", endpoint="openapi")
def describe() -> ResponseReturnValue:
    """This very API, described."""
    return jsonify(openapi.DESCRIPTION)


@calls.post("/registry")
def apply() -> ResponseReturnValue:
    """Declare what the body says, as a whole or not at all."""
    request.max_content_length = openapi.REGISTRY_BYTES_MAX
    check = _query(_ApplyQuery).check
    document = _document()
    declared = declared_in(document)
    changed = 0 if check else apply_registry(connection(), document, declared)
    log.info("registry applied", extra={"changed": changed, "account": viewer().id})
    return jsonify(changed=changed)


@calls.get("/devices")
def device_list() -> ResponseReturnValue:
    """Devices in order of their ids, a page at a time."""
    asked = _query(_DeviceQuery)
    found = device_store.list_devices(connection(), visible_customer(), asked.after, asked.limit + 1)
    shown = found[: asked.limit]
    return jsonify(devices=[_device(row) for row in shown], next=shown[-1].id if len(found) > len(shown) else None)


@calls.get("/devices/<device>")
def device(device: DeviceRow) -> ResponseReturnValue:
    """One device, and what it said last."""
    # A customer sees what the device has measured for it, and not for whom it worked before.
    since = device.serves_since if visible_customer() else None
    metrics = [
        {
            "name": last.metric,
            "kind": last.kind,
            "unit": last.unit,
            "last": None
            if last.measured_at is None or last.received_at is None
            else {
                "measured_at": last.measured_at.isoformat(),
                "received_at": last.received_at.isoformat(),
                "value": last.value,
            },
        }
        for last in device_store.list_last_readings(connection(), device.id, since)
    ]
    return jsonify(_device(device) | {"metrics": metrics})


@calls.post("/devices/<device>/credentials")
def add_credentials(device: DeviceRow) -> ResponseReturnValue:
    """A new password for the device; the one it had is worth nothing from then on."""
    settings = _settings()
    password = credentials.add_device(settings, device.id)
    log.info("credentials given", extra={"device": device.id, "account": viewer().id})
    brokers = [url for url in (settings.device_mqtts_url, settings.device_mqtt_url) if url]
    return jsonify(user_name=device.id, password=password, brokers=brokers), 201


@calls.delete("/devices/<device>/credentials")
def remove_credentials(device: DeviceRow) -> ResponseReturnValue:
    """Take the device's password away."""
    credentials.remove_device(_settings(), device.id)
    log.info("credentials taken away", extra={"device": device.id, "account": viewer().id})
    return "", 204


@calls.post("/devices/<device>/certificate")
def add_certificate(device: DeviceRow) -> ResponseReturnValue:
    """A certificate for the key of the signing request in the body; earlier ones stay valid."""
    if request.mimetype != _PEM:
        raise UnsupportedMediaType(f"expected Content-Type: {_PEM}, with a certificate signing request")
    days = _query(_CertificateQuery).days
    authority = Authority.open(authority_folder(_settings()))
    issued, _ = authority.issue(device.id, datetime.now(UTC), days, request.get_data())
    log.info("certificate issued", extra={"device": device.id, "days": days, "account": viewer().id})
    return jsonify(
        certificate=issued.file.read_text(),
        authority=authority.pem(),
        valid_until=issued.valid_until.isoformat(),
        brokers=[url for url in (_settings().device_certificate_url,) if url],
    ), 201


@calls.delete("/devices/<device>/certificate")
def revoke_certificate(device: DeviceRow) -> ResponseReturnValue:
    """Revoke all certificates of the device and cut its connection."""
    settings = _settings()
    Authority.open(authority_folder(settings)).revoke(device.id, datetime.now(UTC))
    log.info("certificates revoked", extra={"device": device.id, "account": viewer().id})
    credentials.reload_broker(settings)
    cut_off(settings, device.id)
    return "", 204


@calls.get("/rejections")
def rejections() -> ResponseReturnValue:
    """Refused messages whose cause is not mended yet, oldest first."""
    asked = _query(_RejectionQuery)
    found = list_rejected(connection(), asked.limit + 1, asked.after)
    shown = found[: asked.limit]
    listed = [
        {
            "id": message.id,
            "topic": message.topic,
            "payload_base64": base64.b64encode(message.payload).decode(),
            "first_received_at": message.first_received_at.isoformat(),
            "times_received": message.times_received,
            "reasons": message.reasons,
            "details": message.details,
        }
        for message in shown
    ]
    return jsonify(rejections=listed, next=shown[-1].id if len(found) > len(shown) else None)


@calls.post("/rejections/replay")
def replay() -> ResponseReturnValue:
    """Take refused messages in again."""
    asked = _query(_ReplayQuery)
    stored, refused, left = replay_rejected(connection(), Writer(uuid.uuid4()), asked.limit, asked.after)
    log.info("rejections replayed", extra={"stored": stored, "refused": refused, "account": viewer().id})
    return jsonify(stored=stored, refused=refused, next=left)


@calls.get("/balance")
def balance() -> ResponseReturnValue:
    """The ledger: received = stored + duplicate + rejected."""
    found = load_balance(connection())
    return jsonify(
        messages=found.messages,
        received=found.received,
        stored=found.stored,
        duplicate=found.duplicate,
        rejected=found.rejected,
    )


def is_call() -> bool:
    """Whether the request is a program's, whether or not there is such a call."""
    return request.path.startswith("/api/")


def problem(status: int, title: str, detail: str, error: Exception | None) -> ResponseReturnValue:
    """An error as a program reads it; mistakes in a document come with their places."""
    found: dict[str, Any] = {"title": title, "status": status, "detail": detail}
    if isinstance(error, DocumentFaults):
        found["faults"] = [
            {"line": fault.line, "place": fault.place, "message": fault.message}
            for fault in error.placed[: openapi.FAULTS_MAX]
        ]
    response: Response = jsonify(found)
    response.status_code = status
    response.mimetype = "application/problem+json"
    if isinstance(error, HTTPException):
        for name, value in error.get_headers():
            if name in ("WWW-Authenticate", "Allow", "Retry-After"):
                response.headers[name] = value
    return response


def _device(row: DeviceRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "product_type": row.product_type,
        "installed_at": row.installed_at.isoformat() if row.installed_at else None,
        "sparkplug": row.sparkplug,
        "asset": row.asset,
        "serves_since": row.serves_since.isoformat() if row.serves_since else None,
    }


def _query(model: type[_Query]) -> _Query:
    # One that is given twice stays a list, which no parameter is.
    given = {name: one if not more else [one, *more] for name, (one, *more) in request.args.lists()}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise BadQuery(error) from error


def _document() -> Document:
    """The body as a document. Raises DocumentFaults, UnsupportedMediaType."""
    if request.mimetype == "application/json":
        return parse_json_document(_text(), _NAMED)
    if request.mimetype in _YAML:
        return parse_document(_text(), _NAMED)
    raise UnsupportedMediaType("expected Content-Type: application/json or application/yaml")


def _text() -> str:
    try:
        return request.get_data().decode()
    except UnicodeDecodeError as error:
        raise DocumentFaults([f"{_NAMED}: not UTF-8 text: {error}"]) from error


def _settings() -> Settings:
    settings: Settings = current_app.extensions[_SETTINGS]
    return settings
