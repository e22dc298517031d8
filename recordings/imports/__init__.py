"""What comes in from folders of recorded calls."""

from .calls import RECORDINGS

__all__ = ["RECORDINGS"]
