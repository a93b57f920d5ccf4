"""What an installation may set for the service: the variables ``NLP_…`` of the environment.

Limits are constants beside the code that keeps them, thresholds travel in the bundle.
"""

import enum
import re
from collections.abc import Mapping, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from nlp_service.domain.local_names import LocalNames


class LogFormat(enum.StrEnum):
    """How the log is written."""

    TEXT = "text"
    """A line for each warning."""
    JSON = "json"
    """A JSON object for each warning and each request."""


class Settings(BaseSettings):
    """Made by whoever starts the service, never at import."""

    model_config = SettingsConfigDict(env_prefix="NLP_", env_ignore_empty=True, frozen=True)

    bundle: Path = Path("models/default")
    """Folder of the model bundle."""
    local_taxonomy: Annotated[Path | LocalNames | None, NoDecode] = None
    """TOML file with the installation's own names and units; or what an admin set instead."""
    store: bool = True
    """Whether the service keeps what it assesses; without it no database is started or reached."""
    samples: bool = True
    """Whether the first start puts the sample submissions into a store that never had any."""
    data: Path = Path("var")
    """Folder of what the service remembers: the embedded database lies in ``pg`` below it."""
    database_url: SecretStr | None = None
    """Address of a PostgreSQL server (``postgresql://…``) to be used instead of the embedded one;
    it may hold a password, so it is never shown."""
    retention: Path | None = None
    """TOML file with the office's rules of how long texts are kept; without it all are."""
    encoder_threads: int = Field(default=0, ge=0)
    """Processor threads of one pass of the encoder; 0 for one a core."""
    file_from: float = Field(default=60, ge=0, le=100)
    """Total from which a proposal is suggested for filing (立案); filing rates run from 54 % to
    97 % between places, so this is the installation's."""
    convert_from: float = Field(default=45, ge=0, le=100)
    """Total from which one that is not filed is suggested to be passed on (转意见建议), not
    returned; at most ``file_from``."""
    log_format: LogFormat = LogFormat.TEXT
    """``json`` for a collector of logs, with a line for every request."""
    traces: bool = False
    """Whether spans go to an OpenTelemetry collector; the standard ``OTEL_…`` say where."""
    keys: str = ""
    """Keys that let other systems in, ``name:SHA-256,…``, to all but managing: for installations
    without a store, which have no users and no other keys. ``nlp-service keys add`` makes one."""
    proxies: str = ""
    """Addresses or networks of proxies, by commas, whose ``X-Forwarded-For`` and
    ``X-Forwarded-Proto`` are believed; without any, neither is."""
    workers: int = Field(default=1, ge=0, le=64)
    """Worker processes for batch jobs that ``serve`` starts; 0 where others work (``nlp-service
    worker``, also on other machines)."""
    queue_rows: int = Field(default=1_000_000, ge=1)
    """Rows of all batch jobs that may wait before further jobs are refused for a while."""
    queue_jobs: int = Field(default=20, ge=1)
    """Jobs of one caller that may be unfinished at a time."""
    results_days: int = Field(default=30, ge=1)
    """How long the results of a job are kept after its end."""
    webhook_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """Hosts that may be told of the end of a job, parted by commas: ``platform.example.cn``,
    ``10.0.0.5:8080``, ``*.example.cn`` (of which no inner address is notified)."""
    webhook_secret: SecretStr | None = None
    """Secret by which notices are signed; without it none are sent."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    """0 lets the system choose a free one."""

    @field_validator("keys")
    @classmethod
    def _names_and_hashes(cls, value: str) -> str:
        _read_keys(value)
        return value

    @field_validator("proxies")
    @classmethod
    def _addresses(cls, value: str) -> str:
        for proxy in _parts(value):
            ip_network(proxy)
        return value

    @property
    def key_hashes(self) -> Mapping[str, bytes]:
        """SHA-256 of each key in ``keys``, by name."""
        return _read_keys(self.keys)

    @property
    def trusted_proxies(self) -> Sequence[str]:
        """What stands in ``proxies``, one by one."""
        return _parts(self.proxies)

    @field_validator("webhook_hosts", mode="before")
    @classmethod
    def _part_at_commas(cls, value: object) -> object:
        parts = value.split(",") if isinstance(value, str) else value
        return (
            [part.strip() for part in parts if part.strip()] if isinstance(parts, list) else parts
        )

    @field_validator("convert_from")
    @classmethod
    def _not_above_filing(cls, value: float, info: ValidationInfo) -> float:
        if value > info.data.get("file_from", value):
            raise ValueError("above file_from")
        return value


def _parts(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _read_keys(value: str) -> Mapping[str, bytes]:
    """Return hashes by name.

    Raises:
        ValueError: a part is none of name and SHA-256.
    """
    found = {}
    for part in _parts(value):
        name, _, digest = part.rpartition(":")
        if not name or not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise ValueError("not name:SHA-256")
        found[name] = bytes.fromhex(digest)
    return found
