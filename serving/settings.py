"""The service's settings: `SERVING_*`, typed, frozen, unknown ones refused."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, SecretStr

from artifacts.errors import BadInput
from artifacts.prediction_log.settings import Durability, LogSettings
from artifacts.settings import Settings, read_settings
from serving.policy import Action, Policy

SHORTEST_KEY = 16
# It comes in a request's head, which has at most 64 KiB here, and less behind many a proxy.
LONGEST_KEY = 512


class ServingSettings(Settings):
    """Where the service listens, what it refuses, and how it logs; each field is `SERVING_FIELD`.

    `port` 0 takes a free one. `max_in_flight` is per worker. `durability` is the prediction log's. `api_key_file` holds
    the key alone. The last four say what happens to odd rows.
    """

    host: str = Field(default="127.0.0.1", pattern=r"^\S+$")
    port: int = Field(default=8000, ge=0, le=65535)
    workers: int = Field(default=1, ge=1, le=256)
    max_body_bytes: int = Field(default=4 * 2**20, ge=1024, le=12 * 2**20)
    max_rows: int = Field(default=1000, ge=1, le=10_000)
    timeout_seconds: float = Field(default=10.0, gt=0, le=600)
    max_in_flight: int = Field(default=64, ge=1, le=10_000)
    api_key: SecretStr | None = None
    api_key_file: Path | None = None
    durability: Durability = "each"
    max_feature_age_seconds: float = Field(default=86_400, gt=0, le=366 * 86_400)
    poll_seconds: float = Field(default=1.0, ge=0.05, le=2)
    unseen_category: Action = Policy().unseen_category
    out_of_bounds: Action = Policy().out_of_bounds
    unexpected_null: Action = Policy().unexpected_null
    all_null: Action = Policy().all_null

    @property
    def policy(self) -> Policy:
        """What to do with odd rows."""
        return Policy(**{name: getattr(self, name) for name in Policy.model_fields})

    @property
    def log(self) -> LogSettings:
        """How the prediction log is written."""
        return LogSettings(durability=self.durability)

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def read_serving_settings(
    environ: Mapping[str, str] | None = None, options: Mapping[str, object] | None = None
) -> ServingSettings:
    """The settings of the environment, after those of the command line; raises `BadInput` (`settings.invalid`)."""
    return read_settings(ServingSettings, "SERVING_", environ, options)


def read_key(settings: ServingSettings) -> bytes | None:
    """The key that callers must send, or None when none is wanted; raises `BadInput` (`serving.api_key`)."""
    if settings.api_key is not None and settings.api_key_file is not None:
        raise _no_key("SERVING_API_KEY and SERVING_API_KEY_FILE are both set", "Unset one.")
    if settings.api_key is not None:
        key, where = settings.api_key.get_secret_value(), "SERVING_API_KEY"
    elif settings.api_key_file is not None:
        where = f"SERVING_API_KEY_FILE={settings.api_key_file}"
        try:
            key = settings.api_key_file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise _no_key(f"{where} cannot be read: {type(error).__name__}", "Correct the path.") from error
    else:
        return None
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable() or " " in key:
        raise _no_key(
            f"{where} holds a key of {len(key)} characters; wanted {SHORTEST_KEY} to {LONGEST_KEY}, ASCII, no blanks",
            "Make one: python -c 'import secrets; print(secrets.token_urlsafe(32))'",
        )
    return key.encode()


def _no_key(what: str, next_step: str) -> BadInput:
    return BadInput("serving.api_key", f"{what}.", next_step=next_step)
