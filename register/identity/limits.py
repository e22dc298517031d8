"""Counts attempts in the cache: how often something was tried from one place, at one address, by everybody.

Keys are digests, so that the cache holds no address of mail or network.
"""

from dataclasses import dataclass

from django.core.cache import cache
from django.utils.crypto import salted_hmac


@dataclass(frozen=True, slots=True)
class Limit:
    """How many attempts are let through within a time, counted from the first of them."""

    name: str
    most: int
    within_s: int

    def lets_through(self, key: str = "") -> bool:
        """Count an attempt under a key and tell whether it is still within the limit."""
        digest = salted_hmac("register.identity.limits", key, algorithm="sha256").hexdigest()
        name = f"limit:{self.name}:{digest}"
        cache.add(name, 0, timeout=self.within_s)
        try:
            return bool(cache.incr(name) <= self.most)
        except ValueError:  # it ran out between the two: the next count begins
            cache.set(name, 1, timeout=self.within_s)
            return True
