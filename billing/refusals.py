"""What people read when the database refuses a row of this app, by the name of the constraint."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "billing_ownaccount_iban_key": _("This account is in the list already."),
    "a_controller_bills_a_customer_in_one_way": _("The customer has a billing account of this controller already."),
    "bank_account_ends_after_it_starts": _("A bank account goes out of use after the day it was told."),
    "credit_is_current_after_its_retrieval": _("Credit information is current from the day it was retrieved."),
    "credit_is_asked_with_a_reason": _("Credit information is asked only with a reason."),
    "invoice_number_is_one_a_controller": _("This invoice number is taken."),
    "invoice_and_its_controller": _("An invoice belongs to one controller."),
    "invoice_is_due_after_its_date": _("An invoice is due on its own date or later."),
    "invoice_total_is_not_negative": _("The total of an invoice is not negative: a credit note has its own kind."),
    "credit_note_total_is_not_positive": _("The total of a credit note is not positive."),
    "invoice_paid_is_not_negative": _("What was paid is not negative."),
    "invoice_paid_has_its_day": _("An invoice that is paid or credited needs the day on which it was settled."),
    "an_invoice_names_a_contract_once": _("The invoice names this contract already."),
    "invoice_rows_are_numbered": _("The invoice has a row of this number already."),
    "invoice_row_tax_is_a_percentage": _("The tax is a percentage from 0 to 100."),
    "invoice_row_ends_after_it_starts": _("The days of a row end after they start."),
    "charge_is_not_negative": _("A charge is not negative."),
    "payment_is_not_nothing": _("A payment is not zero."),
    "payment_is_booked_once": _("This payment is booked already."),
    "payment_and_its_controller": _("A payment belongs to one controller."),
    "a_payment_settles_an_invoice_once": _("The payment settles this invoice already."),
    "settlement_is_not_nothing": _("A settlement is not zero."),
    "case_is_about_money": _("A payment to be sorted out is about a sum of money."),
    "case_closed_has_its_moment": _("What is sorted out has its moment, and what is open has none."),
    "case_closed_by_hand_says_why": _("Say why."),
    "case_without_payment_is_one": _("This entry of the bank is on the list already."),
    "invoice_contract_and_invoice_agree": _("The invoice belongs to the other controller."),
    "invoice_contract_and_contract_agree": _("The contract belongs to the other controller."),
    "allocation_and_invoice_agree": _("The invoice belongs to the other controller."),
    "allocation_and_payment_agree": _("The payment belongs to the other controller."),
}

# At which field of a form the sentence is meant.
FIELDS = {
    "billing_ownaccount_iban_key": "iban",
    "bank_account_ends_after_it_starts": "ended_on",
    "credit_is_asked_with_a_reason": "reason",
    "invoice_number_is_one_a_controller": "number",
    "invoice_is_due_after_its_date": "due_on",
    "invoice_paid_has_its_day": "settled_on",
    "invoice_row_tax_is_a_percentage": "vat_percent",
    "charge_is_not_negative": "amount_eur",
    "payment_is_not_nothing": "amount_eur",
    "settlement_is_not_nothing": "amount_eur",
}
