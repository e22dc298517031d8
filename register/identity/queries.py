"""Reads of accounts that guard access."""

from register.identity.models import Account, Commitment

COMMITMENT_VERSION = "2026-11"


def has_committed(account: Account) -> bool:
    """Tell whether the account has accepted the commitment to confidentiality in force (clause X4)."""
    return Commitment.objects.filter(account=account, text_version=COMMITMENT_VERSION).exists()
