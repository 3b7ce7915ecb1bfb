"""What the environment says; nothing else reads it."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """REGULARS_… variables.  Without DSNs the embedded PostgreSQL in ``var`` is used."""

    model_config = SettingsConfigDict(env_prefix="REGULARS_", env_ignore_empty=True)

    database_url: str | None = Field(default=None, description="DSN of the login role, regulars_app.")
    owner_database_url: str | None = Field(default=None, description="DSN of the role that owns the tables.")
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on.")
    var: Path = Field(
        default=Path("var"), description="Directory of the embedded database and of what the demo writes."
    )
    postgres_bin: Path | None = Field(
        default=None, description="Programs for the embedded PostgreSQL, instead of the wheel's."
    )
    require_hardening: bool = Field(
        default=False, description="Refuse to start when isolation is not hardened in full."
    )
    secret: SecretStr | None = Field(
        default=None, min_length=32, description="Authenticates cursors; without it they end with the process."
    )
