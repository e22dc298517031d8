"""What a model declares of its access: the rows that staff and portal reach, and what the roles may do.

The conditions are SQL over the table's own columns, in the form that keeps the indexes in use.
"""

from dataclasses import dataclass

_CUSTOMERS = "(SELECT nullif(current_setting('register.customers', true), ''))::uuid[]"
_CONTROLLERS = "(SELECT nullif(current_setting('register.controllers', true), ''))::int[]"
PERSONS = "(SELECT current_setting('register.persons', true)) = 'on'"
IDENTIFIED = "(SELECT current_setting('register.identified', true)) = 'on'"
ALL = "true"
NOBODY = "false"

APPEND = frozenset({"SELECT", "INSERT"})
WRITE = frozenset({"SELECT", "INSERT", "UPDATE"})
REPLACE = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})
READ = frozenset({"SELECT"})
PURGE = frozenset({"SELECT", "UPDATE", "DELETE"})


def of_controllers(column: str = "controller_id") -> str:
    """Condition: the row's controller is among those of the scope."""
    return f"{column} = ANY({_CONTROLLERS})"


def of_customers(column: str = "customer_id") -> str:
    """Condition: the row is about a customer of the scope."""
    return f"{column} = ANY({_CUSTOMERS})"


def of_contracts(column: str = "contract_id") -> str:
    """Condition: the row hangs on a contract that a customer of the scope holds."""
    return f"{column} IN (SELECT h.contract_id FROM sites_contractholder h WHERE {of_customers('h.customer_id')})"


def of_sites(column: str = "site_id") -> str:
    """Condition: the row's site is or was a site of the scope's customers; a cancelled contract makes none."""
    return (
        f"{column} IN (SELECT c.site_id FROM sites_contract c JOIN sites_contractholder h ON h.contract_id = c.id"
        f" WHERE NOT c.is_cancelled AND {of_customers('h.customer_id')})"
    )


def of_sites_on(day: str, *, site: str = "site_id") -> str:
    """Condition: on that day the site was a site of the scope's customers, by their contracts' days."""
    return (
        "EXISTS (SELECT 1 FROM sites_contract c JOIN sites_contractholder h ON h.contract_id = c.id"
        f" WHERE c.site_id = {site} AND c.started_on <= {day} AND (c.ended_on IS NULL OR {day} < c.ended_on)"
        f" AND NOT c.is_cancelled AND {of_customers('h.customer_id')})"
    )


def both(*conditions: str) -> str:
    """Condition: all of these hold."""
    return " AND ".join(f"({condition})" for condition in conditions)


@dataclass(frozen=True, slots=True)
class Access:
    """Who reaches a table: a condition for staff, one for the portal, and the privileges of the roles.

    `protected` is False only for tables without personal data and for those read before a scope exists; where
    such a table has a condition for staff, that is for writing alone.
    `by_code` opens the table to a portal user who only gave a one-time code sent by e-mail: sums and due
    dates of invoices, consumption by month, and what leads there. Every other table wants identification.
    """

    staff: str = NOBODY
    portal: str = NOBODY
    app: frozenset[str] = WRITE
    purge: frozenset[str] = PURGE
    protected: bool = True
    service: str = ALL
    by_code: bool = False

    @property
    def portal_rows(self) -> str:
        """The whole condition for the portal, the proof of identity included."""
        return self.portal if self.by_code or self.portal == NOBODY else both(IDENTIFIED, self.portal)


def person_access(column: str, *, app: frozenset[str] = WRITE) -> Access:
    """Access to data of a person, which both controllers share: staff by role, customers their own."""
    return Access(staff=PERSONS, portal=of_customers(column), app=app)


def controller_access(
    portal: str = NOBODY, *, app: frozenset[str] = WRITE, persons: bool = True, by_code: bool = False
) -> Access:
    """Access to data that belongs to one controller."""
    staff = both(of_controllers(), PERSONS) if persons else of_controllers()
    return Access(staff=staff, portal=portal, app=app, by_code=by_code)


def open_access(*, app: frozenset[str] = WRITE, purge: frozenset[str] = PURGE) -> Access:
    """Access without policies: reference data, and the gate tables that are read before a scope exists."""
    return Access(app=app, purge=purge, protected=False)


def read_by_all(staff: str) -> Access:
    """Access to what is public but belongs to one controller: all read it, staff write where `staff` holds."""
    return Access(staff=staff, protected=False)
