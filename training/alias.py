"""Points MLflow's alias at the ledger's champion, for people who look there; the ledger alone says who it is."""

from artifacts import cli, ledger
from artifacts.champion_alias import ALIAS
from artifacts.errors import Missing, Unavailable
from artifacts.registry import Registry


def follow(registry: Registry, ledger_url: str, model: str) -> None:
    """Point MLflow's alias at the ledger's champion; if MLflow cannot, say so and leave it to the next call.

    The ledger is read again after the alias was set: of two promotions at once the later one's alias stays.
    """
    line = ledger.champion(ledger_url, model)
    while line is not None:
        try:
            registry.set_alias(model, ALIAS, line.version)
        except (Unavailable, Missing) as refusal:
            cli.say(f"The alias {ALIAS} of {model} is behind the ledger until the next call: {refusal.message}")
            return
        now = ledger.champion(ledger_url, model)
        if now == line:
            return
        line = now
