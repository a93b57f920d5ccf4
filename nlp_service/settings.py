"""What an installation may set for the service: the variables ``NLP_…`` of the environment.

Limits are constants beside the code that keeps them, thresholds travel in the bundle.
"""

from pathlib import Path

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Made by whoever starts the service, never at import."""

    model_config = SettingsConfigDict(env_prefix="NLP_", env_ignore_empty=True, frozen=True)

    bundle: Path = Path("models/default")
    """Folder of the model bundle."""
    local_taxonomy: Path | None = None
    """TOML file with the installation's own names and units."""
    store: bool = True
    """Whether the service keeps what it assesses; without it no database is started or reached."""
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
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    """0 lets the system choose a free one."""

    @field_validator("convert_from")
    @classmethod
    def _not_above_filing(cls, value: float, info: ValidationInfo) -> float:
        if value > info.data.get("file_from", value):
            raise ValueError("above file_from")
        return value
