"""What people read when the database refuses a row of this app, by the name of the constraint."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "request_is_identified_before_it_is_answered": _("Record how the identity was checked first."),
    "request_identity_check_is_whole": _("An identity check needs its method, its moment and who made it."),
    "request_closed_has_its_day": _("A closed request has the day on which it was closed."),
    "request_refusal_has_its_reason": _("A refusal needs its reason."),
    "request_extension_has_its_reason": _("An extension needs its reason."),
    "request_is_due_after_it_is_received": _("A request is due after the day on which it was received."),
    "a_datum_is_corrected_once_a_request": _("Each datum is corrected once in a request."),
    "request_goes_step_by_step": _("The request is not at this step: look at it again."),
    "request_stays_as_it_was_received": _("What was received, and the identity check, cannot be changed afterwards."),
    "request_closed_stays_closed": _("The request is closed."),
    "package_made_has_its_file": _("A package that is made has its file."),
    "download_follows_the_identity_check": _("Record how the identity was checked first."),
    "download_is_by_a_second_person": _("You recorded the identity check: another person hands the data over."),
    "strong_identification_is_not_said_by_staff": _("Choose how the identity was checked."),
    "package_stays_with_its_request": _("A package stays with its request."),
    "dsar_request_number_key": _("This number is taken."),
}
