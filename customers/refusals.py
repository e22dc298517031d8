"""What people read when the database refuses a row of this app, by the name of the constraint."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "a_customer_is_pinned_once_by_an_account": _("You have pinned this customer already."),
    "customers_runningcall_account_id_key": _("You are in a call already: end it first."),
    "satisfaction_score_is_from_0_to_10": _("A score is a number from 0 to 10."),
    "consent_is_withdrawn_after_it_was_given": _("A consent cannot be withdrawn before the day it was given."),
    "recipient_is_within_the_eea": _("A recipient must be in a country of the European Economic Area."),
    "customers_recipient_name_key": _("There is a recipient of this name already."),
    "disclosure_to_an_authority_names_its_statute": _("Name the statute that gives the authority its right."),
    "permission_in_force_is_one_a_channel_and_purpose": _(
        "Somebody else has just set the same permission: look at it again."
    ),
    "permission_ends_after_it_was_given": _("A permission cannot end before it was given."),
    "objection_stands_once_an_address": _("This address has objected already."),
    "objection_is_withdrawn_after_it_was_made": _("An objection cannot be withdrawn before the day it was made."),
    "customer_relationship_ends_after_it_starts": _("A customer relationship cannot end before it starts."),
    "customer_person_has_a_family_name": _("A person needs a family name."),
    "customer_company_or_estate_has_a_name": _("A company or an estate needs its name."),
    "customer_business_id_is_a_companys": _("Only a company has a business ID."),
    "customer_company_has_no_identity_code": _("A company has no personal identity code."),
    "customer_identity_code_is_one_persons": _("This personal identity code cannot be saved for this customer."),
    "customers_customer_number_key": _("This customer number is taken."),
    "mandate_ends_after_it_starts": _("A mandate ends after the day it starts."),
}

# At which field of a form the sentence is meant.
FIELDS = {
    "satisfaction_score_is_from_0_to_10": "score",
    "consent_is_withdrawn_after_it_was_given": "withdrawn_on",
    "recipient_is_within_the_eea": "country",
    "customers_recipient_name_key": "name",
    "disclosure_to_an_authority_names_its_statute": "statute",
    "customer_relationship_ends_after_it_starts": "relationship_ended_on",
    "customer_person_has_a_family_name": "family_name",
    "customer_company_or_estate_has_a_name": "organisation_name",
    "customer_business_id_is_a_companys": "business_id",
    "customer_company_has_no_identity_code": "identity_code",
    "customer_identity_code_is_one_persons": "identity_code",
    "mandate_ends_after_it_starts": "ended_on",
}
