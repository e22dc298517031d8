"""What the kinds of work and of imports are called."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

_WORDS: dict[str, str | Promise] = {
    "purge": gettext_lazy("purge"),
    "purge-preview": gettext_lazy("preview of a purge"),
    "import-uploaded-consumption": gettext_lazy("import of consumption"),
    "delete-imported-consumption": gettext_lazy("undoing of an import"),
    "mark-ended-holds": gettext_lazy("marking of ended holds"),
    "check-relationships": gettext_lazy("check of relationships"),
    "consumption": gettext_lazy("consumption"),
    "customers": gettext_lazy("customers"),
    "contracts": gettext_lazy("contracts"),
    "sites": gettext_lazy("metering points"),
    "meters": gettext_lazy("meters"),
    "prohibitions": gettext_lazy("prohibitions"),
    "representatives": gettext_lazy("representatives"),
    "prospects": gettext_lazy("marketing register"),
    "devices": gettext_lazy("delivered devices"),
    "payment-history": gettext_lazy("payment history"),
    "payments": gettext_lazy("payments"),
    "invoices": gettext_lazy("invoices"),
    "recordings": gettext_lazy("recordings"),
    "import-uploaded-file": gettext_lazy("import of a file"),
    "undo-imported-file": gettext_lazy("undoing of an import"),
    "demo": gettext_lazy("demonstration register"),
    "import-uploaded-table": gettext_lazy("import of a table"),
    "undo-imported-table": gettext_lazy("undoing of an import"),
    "delete-imported-rows": gettext_lazy("undoing of an import"),
    "keep-relationships-after-undo": gettext_lazy("check of relationships after an undoing"),
    "access-package": gettext_lazy("package of a person's data"),
}


def words_of(kind: str) -> str | Promise:
    """Give a kind of work or of import in words."""
    return _WORDS.get(kind, kind)
