"""What the environment says; nothing else reads it."""

from enum import StrEnum
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.allowances import USUAL


class LogFormat(StrEnum):
    """How a line of the log looks."""

    JSON = "json"
    TEXT = "text"


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
    pgbouncer: bool = Field(default=False, description="REGULARS_DATABASE_URL leads to PgBouncer in transaction mode.")
    read_connections: int = Field(default=20, ge=1, le=500, description="At most, of a process; for queries.")
    write_connections: int = Field(default=5, ge=1, le=500, description="At most, of a process; for mutations.")
    pool_wait_s: float = Field(default=5, gt=0, le=60, description="How long a request waits for a free connection.")
    workers: int = Field(default=1, ge=1, le=64, description="Processes of serve that share the port.")
    drain_s: float = Field(
        default=0, ge=0, le=300, description="How long /readyz says 503 before the port closes, when told to end."
    )
    grace_s: int = Field(default=15, ge=0, le=300, description="How long requests may still run after that.")
    log_format: LogFormat | None = Field(
        default=None, description="json or text; without it text at a terminal, else json."
    )
    log_share: float = Field(
        default=1.0, ge=0, le=1, description="Share of the quick successes that are logged; all else always is."
    )
    metrics_port: int | None = Field(
        default=None, ge=1, le=65535, description="Port of /metrics, a listener of its own; without it there is none."
    )
    metrics_host: str = Field(default="127.0.0.1", description="Address of /metrics.")
    secret: SecretStr | None = Field(
        default=None, min_length=32, description="Authenticates cursors; without it they end with the process."
    )
    key_rate: int = Field(default=USUAL.key_rate, ge=1, description="Points that a key gets back a second.")
    key_burst: int = Field(default=USUAL.key_burst, ge=1, description="Most points that a key can save up.")
    tenant_rate: int = Field(default=USUAL.tenant_rate, ge=1, description="Points that a tenant gets back a second.")
    tenant_burst: int = Field(default=USUAL.tenant_burst, ge=1, description="Most points that a tenant can save up.")
    tenant_operations: int = Field(
        default=USUAL.tenant_operations, ge=1, description="Operations of one tenant that a process runs at once."
    )
    deadline_s: int = Field(default=USUAL.deadline_s, ge=1, le=60, description="Seconds after which one is stopped.")
