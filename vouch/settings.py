"""Settings: VOUCH_* variables and one TOML file, validated once.

Shell. Order, first wins: environment, the TOML file (VOUCH_CONFIG, else ./vouch.toml), the addresses that a running
`vouch up` wrote into its data folder, the defaults here.
"""

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from vouch.errors import Invalid

ADDRESSES_FILE = "addresses.toml"


class Settings(BaseSettings):
    """All that can be set from outside. Names of variables: VOUCH_ and the field in capitals."""

    model_config = SettingsConfigDict(env_prefix="VOUCH_", extra="forbid")

    home: Path = Field(Path(".vouch"), description="data folder of the embedded services")
    database_url: str = Field("", description="postgresql://user:password@host:port/name")
    mqtt_url: str = Field("", description="mqtt://user:password@host:port")
    simulator_mqtt_url: str = Field(
        "", description="as mqtt_url, with an account that may publish for any device: `vouch sim`, `vouch replay`"
    )
    device_mqtt_url: str = Field("", description="mqtt://host:port where devices connect, each with its own account")
    device_mqtts_url: str = Field("", description="the same over TLS")
    device_certificate_url: str = Field("", description="mqtts://host:port where devices enter with a certificate")
    mqtt_ca_file: Path | None = Field(
        None, description="PEM: authorities whose broker mqtts:// believes; without it the system's"
    )
    mqtt_cert_file: Path | None = Field(None, description="PEM: vouch's own certificate, where the broker asks for one")
    mqtt_key_file: Path | None = Field(None, description="PEM: the key of mqtt_cert_file")
    ca_folder: Path | None = Field(None, description="of the development authority; without it, `ca` in `home`")
    devices_tls_host: str = Field("127.0.0.1", description="address of the embedded broker's TLS listeners")
    devices_tls_port: int = Field(0, ge=0, le=65_535, description="for devices with a password; 0: a free one")
    devices_certificate_port: int = Field(0, ge=0, le=65_535, description="with a certificate; 0: a free one")
    mqtt_client_id: str = Field("vouch-ingest", description="fixed: names the persistent session")
    mqtt_password_file: Path | None = Field(None, description="Mosquitto's password file, kept by `vouch device add`")
    mqtt_acl_file: Path | None = Field(None, description="Mosquitto's access list, kept by `vouch device add`")
    mqtt_reload_command: str = Field(
        "", description="run after the broker's files change, such as `systemctl reload mosquitto`"
    )
    receipt_topic_filter: str = Field(
        "vouch/v1/+/receipt", description="response topics that are answered; others would lend senders our rights"
    )
    sparkplug_host_id: str = Field(
        "vouch",
        pattern=r"^[^/+#]*$",
        max_length=100,
        description="under which ingest is a Sparkplug host; empty: takes none of it",
    )
    sparkplug_session: Literal["durable", "clean"] = Field(
        "durable",
        description="durable: the broker keeps Sparkplug data while ingest is away; clean: as the standard says",
    )
    sparkplug_reorder_seconds: float = Field(
        2, ge=0.1, le=60, description="longest wait for a message that is missing in an edge node's sequence"
    )
    sparkplug_rebirth_seconds: float = Field(
        10,
        ge=0,
        le=86_400,
        description="least time between two requests for a rebirth to one edge node; 0: none is sent",
    )
    sparkplug_silence_seconds: float = Field(
        120, ge=1, le=86_400, description="silence after which an edge node is dead that said so of another session"
    )
    batch_bytes_max: int = Field(
        4_194_304, ge=1024, le=1_073_741_824, description="payload that is written in one transaction"
    )
    batch_messages_max: int = Field(4_000, ge=1, le=65_535, description="messages that are written in one transaction")
    batch_seconds_max: float = Field(0.05, gt=0, le=10, description="longest wait for a batch to fill")
    inbox_bytes_max: int = Field(
        67_108_864, ge=1024, le=1_073_741_824, description="payload that may wait in memory to be written"
    )
    unacknowledged_max: int = Field(
        16_000, ge=1, le=65_535, description="messages that may be under way, from the broker to the commit"
    )
    canary_seconds: float = Field(
        5, ge=0.1, le=20, description="time between the messages by which ingest proves that it hears"
    )
    ingest_http_host: str = Field("127.0.0.1", description="address of ingest's /healthz and /metrics")
    ingest_http_port: int = Field(0, ge=0, le=65_535, description="their port; 0: not served")
    web_host: str = "127.0.0.1"
    web_port: int = Field(8080, ge=1, le=65_535)
    web_metrics: bool = Field(False, description="the portal answers /metrics, to anybody who reaches it")
    secret_key: str = Field("", description="signs the portal's session cookies")
    cookies_secure: bool = Field(False, description="true wherever the portal is served by HTTPS")
    close_days_after: int = Field(3, ge=0, le=60, description="days after a month's end before it is closed by itself")
    summarise_seconds: int = Field(10, ge=1, le=3600)
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        env = EnvSettingsSource(settings_cls)
        config = _read_toml(_config_file())
        # The addresses are those in the data folder that these very settings name.
        home = init_settings().get("home") or os.environ.get("VOUCH_HOME") or config.get("home") or ".vouch"
        addresses = _read_toml(Path(home) / ADDRESSES_FILE)
        return (init_settings, env, *(InitSettingsSource(settings_cls, found) for found in (config, addresses)))


def load_settings(**overrides: Any) -> Settings:
    """The settings in force here and now. Raises Invalid, naming each wrong one."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise Invalid(f"settings: {faults}") from error


def _config_file() -> Path:
    named = os.environ.get("VOUCH_CONFIG")
    if named and not Path(named).is_file():
        raise Invalid(f"VOUCH_CONFIG names {named}, which is not a file")
    return Path(named) if named else Path("vouch.toml")


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return {}
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"{path}: {error}") from error
