"""All reads of retention: why a row is held, what goes when, what is overdue, what will go, how runs went."""

from .caution import LONGEST_GAP, backlog, exceeds_forecast
from .outlook import Faults, Overlong, RuleMonths, faults, forecast, foresee, months_ahead, overdue, overlong
from .panel import PanelRow, what_goes_when
from .reasons import KeepState, NoSuchTable, Reasons, find_target, reasons_of
from .status import (
    REMIND_BEFORE,
    Status,
    ended_holds,
    ending_holds,
    open_run,
    open_stop,
    run_shown,
    status,
    who_stopped,
)

__all__ = [
    "LONGEST_GAP",
    "Faults",
    "KeepState",
    "NoSuchTable",
    "Overlong",
    "PanelRow",
    "REMIND_BEFORE",
    "Reasons",
    "RuleMonths",
    "Status",
    "backlog",
    "ended_holds",
    "ending_holds",
    "exceeds_forecast",
    "faults",
    "find_target",
    "forecast",
    "foresee",
    "months_ahead",
    "open_run",
    "open_stop",
    "overdue",
    "overlong",
    "reasons_of",
    "run_shown",
    "status",
    "what_goes_when",
    "who_stopped",
]
