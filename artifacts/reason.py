"""How long a person's reason may be in the ledger, where it stays."""

SHORTEST, LONGEST = 3, 2000


def fitting(reason: str) -> str:
    """The reason, cut with a sign of it where it is longer than the ledger takes."""
    if len(reason) <= LONGEST:
        return reason
    sign = f" … (cut; {len(reason):,} characters were given)"
    return reason[: LONGEST - len(sign)] + sign
