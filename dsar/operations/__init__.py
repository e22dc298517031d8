"""All writes of requests: asking, by staff or by the customer, and handling."""

from .asking import UnableToAsk, ask_for_access, ask_for_rectification, object_to_marketing
from .choosing import choose_marketing
from .handling import (
    UnableToHandle,
    accept_rectification,
    answer_access,
    assign,
    extend,
    note,
    record_identity,
    refuse,
    withdraw,
)

__all__ = [
    "UnableToAsk",
    "UnableToHandle",
    "accept_rectification",
    "answer_access",
    "ask_for_access",
    "ask_for_rectification",
    "assign",
    "choose_marketing",
    "extend",
    "note",
    "object_to_marketing",
    "record_identity",
    "refuse",
    "withdraw",
]
