"""The page of a package: one HTML file that opens without a network, in the language of the person."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from itertools import chain, islice
from typing import Final

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from customers.models import Customer
from register.audit.models import LogEntry
from register.datamap.record import RECIPIENTS
from register.identity.models import Controller
from retention.queries import PanelRow

from .charts import Curve, drawn
from .rows import Cell, Reading, read
from .tables import Column, Table

# As many rows of a table are shown on the page; all of them are in its CSV file.
SHOWN_ROWS: Final = 300
_STYLE: Final = """
:root { color-scheme: light dark; --ink: #18262a; --dim: #51636a; --line: #d5dfe1; --ground: #fff; --main: #0f5f63; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eeef; --dim: #a3b3b8; --line: #344347; --ground: #12191b; --main: #7cc9c4; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; font: 1.0625rem/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--ground); }
h1 { font-size: 1.75rem; line-height: 1.2; } h2 { font-size: 1.25rem; margin: 2.5rem 0 .25rem; }
a { color: var(--main); } p { margin: .5rem 0; } .dim, caption { color: var(--dim); }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
caption { text-align: left; } th, td { text-align: left; vertical-align: top; padding: .375rem .75rem .375rem 0;
  border-bottom: 1px solid var(--line); } thead th { color: var(--dim); }
.figures td, .figures thead th { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
dl { display: grid; grid-template-columns: minmax(9rem, 16rem) 1fr; margin: .5rem 0 1.25rem; }
dt, dd { margin: 0; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); } dt { color: var(--dim); }
figure { margin: 1rem 0 2rem; } figcaption { font-weight: 600; }
.chart { width: 100%; max-height: 14rem; } .chart rect { fill: var(--main); }
.chart text { font-size: 10px; fill: var(--dim); }
nav ul { columns: 16rem; } audio { width: 16rem; max-width: 100%; display: block; }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dt { border: 0; padding-bottom: 0; } }
@media print { body { padding: 0; font-size: 10pt; } audio { display: none; } h2 { break-after: avoid; } }
"""


@dataclass(frozen=True)
class Facts:
    """What the head of the page says."""

    customer: Customer
    request_number: str
    made_on: str
    controllers: list[Controller]
    goes: list[PanelRow]
    curves: Iterable[Curve]


def page(tables: list[Table], counts: dict[str, int], reading: Reading, facts: Facts) -> Iterator[str]:
    """Yield the page piece by piece."""
    # The person first, the logs last.
    shown = sorted((table for table in tables if counts[table.label]), key=_is_log)
    yield "<!doctype html>\n"
    yield f'<html lang="{get_language()}"><head><meta charset="utf-8"><title>{escape(_("Your data"))}</title>'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<style>{_STYLE}</style></head><body><main>"
    yield from _head(facts)
    yield from _contents(shown, counts)
    yield from _when(facts.goes)
    yield from _rights(facts)
    yield f'<h2 id="consumption">{escape(_("Consumption by month"))}</h2>'
    yield from chain.from_iterable(drawn(curve) for curve in facts.curves)
    for table in shown:
        yield from _section(table, counts[table.label], reading)
    yield "</main></body></html>\n"


def _head(facts: Facts) -> Iterator[str]:
    yield f"<h1>{escape(_('Your data in the customer register'))}</h1>"
    yield f"<p><b>{escape(facts.customer.name)}</b>, {escape(_('customer'))} {escape(facts.customer.number)}</p>"
    number = f" · {escape(_('request'))} {escape(facts.request_number)}" if facts.request_number else ""
    yield f'<p class="dim">{escape(_("Made on"))} {facts.made_on}{number}</p>'
    how = _(
        "This page opens without a network. The same data are for a machine in data.json, whose schema is"
        " schema.json, and as tables in the folder csv. Recordings are in the folder files."
    )
    yield f"<p>{escape(how)}</p>"


def _contents(tables: list[Table], counts: dict[str, int]) -> Iterator[str]:
    yield f'<nav aria-label="{escape(_("Contents"))}"><h2>{escape(_("Contents"))}</h2><ul>'
    parts = {
        "when": _("What goes when"),
        "rights": _("What we tell you"),
        "consumption": _("Consumption by month"),
    }
    for anchor, words in parts.items():
        yield f'<li><a href="#{anchor}">{escape(words)}</a></li>'
    for table in tables:
        title = escape(_upper(str(table.title)))
        yield f'<li><a href="#{_anchor(table)}">{title}</a> <span class="dim">{counts[table.label]}</span></li>'
    yield "</ul></nav>"


def _when(goes: list[PanelRow]) -> Iterator[str]:
    title = _("What goes when")
    yield f'<h2 id="when">{escape(title)}</h2>{_wide(title)}<table><thead><tr>'
    for words in (_("Part"), _("Rows"), _("Why it is kept"), _("Goes")):
        yield f'<th scope="col">{escape(words)}</th>'
    yield "</tr></thead><tbody>"
    for row in goes:
        why = "; ".join(str(basis.words) for basis in row.bases)
        yield f'<tr><th scope="row">{escape(_upper(str(row.title)))}</th><td>{row.count}</td>'
        yield f"<td>{escape(_upper(str(row.rule.title)))}<br><span class='dim'>{escape(why)}</span></td>"
        yield f"<td>{escape(_day_of(row))}</td></tr>"
    yield "</tbody></table></div>"


def _day_of(row: PanelRow) -> str:
    days = [day for day in (row.first_goes_on, row.goes_on) if day]
    told = " – ".join(dict.fromkeys(f"{day.day}.{day.month}.{day.year}" for day in days))
    if row.goes_on is None:
        told = f"{told} – {_('some of it is still open')}" if told else _("while it lasts")
    held = _("kept until your request is answered, or another reason ends")
    return f"{told}; {held}" if row.held_count else told


def _rights(facts: Facts) -> Iterator[str]:
    yield f'<h2 id="rights">{escape(_("What we tell you"))}</h2><dl>'
    controllers = "<br>".join(
        escape(f"{one.name}, {one.business_id}, {one.postal_address}, {one.email}, {one.phone}")
        for one in facts.controllers
    )
    yield f"<dt>{escape(_('Controllers'))}</dt><dd>{controllers}</dd>"
    recipients = "<br>".join(escape(_upper(str(words))) for _clause, words in RECIPIENTS)
    yield f"<dt>{escape(_('Recipients'))}</dt><dd>{recipients}</dd>"
    yield f"<dt>{escape(_('Your rights'))}</dt><dd>"
    rights = _(
        "You may have an error corrected, object to marketing, ask for erasure or restriction, and take your"
        " data with you."
    )
    yield escape(rights)
    yield f"</dd><dt>{escape(_('Complaint'))}</dt><dd>"
    yield escape(_("You may complain to the Data Protection Ombudsman: tietosuoja.fi."))
    yield f"</dd><dt>{escape(_('Who looked'))}</dt><dd>"
    looked = _(
        "You see when, why and which unit looked at your data. The names of our staff are not given, and the"
        " identity codes of others are hidden."
    )
    yield escape(looked)
    yield "</dd></dl>"


def _section(table: Table, count: int, reading: Reading) -> Iterator[str]:
    yield f'<section><h2 id="{_anchor(table)}">{escape(_upper(str(table.title)))}</h2><p class="dim">'
    purposes = ", ".join(dict.fromkeys(str(keep.purpose.title) for keep in table.keeps))
    kept = ", ".join(dict.fromkeys(str(keep.period.title) for keep in table.keeps))
    yield escape(f"{_upper(purposes)}. {_upper(kept)}.")
    yield "</p>"
    rows = list(islice(read(table, reading, for_people=True), SHOWN_ROWS))
    wanted = _filled(table, rows)
    yield from _facts(wanted, rows) if len(rows) <= 3 else _rows(_upper(str(table.title)), wanted, rows)
    if count > len(rows):
        left = count - len(rows)
        more = ngettext("%(count)s row more in", "%(count)s rows more in", left) % {"count": left}
        yield f'<p>{escape(more)} <a href="csv/{table.file_name}">csv/{table.file_name}</a></p>'
    yield "</section>"


def _filled(table: Table, rows: list[list[Cell]]) -> list[tuple[int, str, Column | None]]:
    """The columns that say something to people in these rows, and the day on which a row goes."""
    heads: list[tuple[str, Column | None]] = [(_upper(str(one.title)), one) for one in table.columns]
    heads.append((_("Goes on"), None))
    return [
        (place, title, column) for place, (title, column) in enumerate(heads) if any(row[place].text for row in rows)
    ]


def _facts(wanted: list[tuple[int, str, Column | None]], rows: list[list[Cell]]) -> Iterator[str]:
    for row in rows:
        yield "<dl>"
        for place, title, column in wanted:
            if row[place].text:
                yield f"<dt>{escape(title)}</dt><dd>{_shown(row[place], column)}</dd>"
        yield "</dl>"


def _rows(title: str, wanted: list[tuple[int, str, Column | None]], rows: list[list[Cell]]) -> Iterator[str]:
    yield f"{_wide(title)}<table><thead><tr>"
    yield from (f'<th scope="col">{escape(head)}</th>' for _place, head, _column in wanted)
    yield "</tr></thead><tbody>"
    for row in rows:
        cells = "".join(f"<td>{_shown(row[place], column)}</td>" for place, _title, column in wanted)
        yield f"<tr>{cells}</tr>"
    yield "</tbody></table></div>"


def _shown(cell: Cell, column: Column | None) -> str:
    text = escape(cell.text)
    if column is None or not column.is_file or not cell.text:
        return text.replace("\n", "<br>")
    if cell.text.endswith((".wav", ".mp3", ".ogg", ".m4a", ".flac")):
        return f'<audio controls preload="none" src="{text}"></audio><a href="{text}">{text}</a>'
    return f'<a href="{text}">{text}</a>'


def _is_log(table: Table) -> bool:
    """Whether the rows tell of other rows: changes and looks."""
    return table.model._meta.app_label == LogEntry._meta.app_label


def _wide(name: str) -> str:
    """A box in which a wide table is moved sideways, by keyboard too."""
    return f'<div class="wide" tabindex="0" role="region" aria-label="{escape(name)}">'


def _anchor(table: Table) -> str:
    return table.label.replace(".", "-").lower()


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
