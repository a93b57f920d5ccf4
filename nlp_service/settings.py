"""What an installation may set for the service: the variables ``NLP_…`` of the environment.

Limits are constants beside the code that keeps them, thresholds travel in the bundle.
"""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Made by whoever starts the service, never at import."""

    model_config = SettingsConfigDict(env_prefix="NLP_", env_ignore_empty=True, frozen=True)

    bundle: Path = Path("models/default")
    """Folder of the model bundle."""
    local_taxonomy: Path | None = None
    """TOML file with the installation's own names and units."""
    encoder_threads: int = Field(default=0, ge=0)
    """Processor threads of one pass of the encoder; 0 for one a core."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    """0 lets the system choose a free one."""
