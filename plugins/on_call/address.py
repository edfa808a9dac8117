"""Where the on-call pages stand in Airflow: below which path, and at which address a browser asks for one."""

from urllib.parse import quote, urlsplit

PREFIX = "/on-call"


def root() -> str:
    """Airflow's own address, without a slash at the end; empty when nobody set one."""
    from airflow.configuration import conf

    return str(conf.get("api", "base_url", fallback="")).rstrip("/")


def address(path: str) -> str:
    """An address of the pages as a browser asks for it, also when Airflow stands under a path of its own."""
    return urlsplit(root()).path.rstrip("/") + PREFIX + path


def address_of(*parts: str) -> str:
    """The same, of a path's parts, each quoted."""
    return address("".join(f"/{quote(part, safe='')}" for part in parts))
