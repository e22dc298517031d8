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
from .packaging import UnableToPackage, ask_for_package, begin_package, download_package, make_package
from .steps import is_checker

__all__ = [
    "UnableToAsk",
    "UnableToHandle",
    "UnableToPackage",
    "accept_rectification",
    "answer_access",
    "ask_for_access",
    "ask_for_package",
    "ask_for_rectification",
    "assign",
    "choose_marketing",
    "begin_package",
    "download_package",
    "extend",
    "is_checker",
    "make_package",
    "note",
    "object_to_marketing",
    "record_identity",
    "refuse",
    "withdraw",
]
