"""MQTT clients: how each of ours enters a broker, with a password, over TLS, or with a certificate.

Shell. What a client then says and hears is its owner's business.
"""

import ssl
from pathlib import Path

from paho.mqtt.client import Client

from vouch.broker_address import BrokerAddress, TlsFiles, parse_broker
from vouch.errors import Invalid
from vouch.settings import Settings


class UnusableTlsFile(Invalid):
    """A file that settings name for TLS is missing, unreadable, or not what its setting says."""

    def __init__(self, setting: str, file: Path | None, reason: str, expected: str) -> None:
        super().__init__(f"{setting} names {file}, which cannot be used ({reason}): expected {expected}")


def tls_files(settings: Settings) -> TlsFiles:
    """The files by which all of vouch's connections use TLS, wherever an address begins with mqtts://."""
    return TlsFiles(settings.mqtt_ca_file, settings.mqtt_cert_file, settings.mqtt_key_file)


def broker_of(settings: Settings) -> BrokerAddress:
    """The broker that ingest reads from. Raises Invalid, Unavailable as `parse_broker` does."""
    return parse_broker(settings.mqtt_url, tls_files(settings))


def prepare_client(client: Client, address: BrokerAddress) -> None:
    """Give a client that has not connected yet its account and TLS. Raises UnusableTlsFile.

    TLS is version 1.2 or newer, and the broker's certificate must name the address's host.
    """
    if address.username:
        client.username_pw_set(address.username, address.password)
    if address.tls:
        client.tls_set_context(tls_context(address.files))


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """How a client checks the other side, and with what it proves itself. Raises UnusableTlsFile."""
    try:
        # With a file only its authorities count: a broker that some public authority has certified is not ours.
        context = ssl.create_default_context(cafile=files.ca)
    except OSError as error:
        raise UnusableTlsFile("VOUCH_MQTT_CA_FILE", files.ca, str(error), "certificates in PEM") from error
    if files.certificate is not None:
        try:
            context.load_cert_chain(files.certificate, files.key)
        except OSError as error:
            expected = "a certificate in PEM, and its key there or in VOUCH_MQTT_KEY_FILE"
            raise UnusableTlsFile("VOUCH_MQTT_CERT_FILE", files.certificate, str(error), expected) from error
    elif files.key is not None:
        raise UnusableTlsFile("VOUCH_MQTT_KEY_FILE", files.key, "no certificate", "VOUCH_MQTT_CERT_FILE with it")
    return context
