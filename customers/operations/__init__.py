"""All writes of the customers' tables. Each is one transaction with its audit, or an `UnableTo…` error."""

from .contacts import (
    UnableToRecordContact,
    UnableToRecordWord,
    record_consented_datum,
    record_contact,
    record_satisfaction,
    withdraw_consent,
)
from .disclosures import UnableToDisclose, UnableToSaveRecipient, record_disclosure, save_recipient
from .marketing import (
    UnableToSaveProspect,
    UnableToSetPermission,
    change_prospect,
    prohibit_all_marketing,
    register_prospect,
    set_marketing_permission,
)
from .people import (
    CustomerValues,
    UnableToChangeCustomer,
    UnableToRegisterCustomer,
    change_customer,
    register_customer,
    set_relationship,
)
from .signing_in import (
    UnableToSignIn,
    ask_to_sign_in,
    note_service_use,
    send_sign_in_code,
    sign_in_by_code,
    sign_in_identified,
)
from .standing import (
    RepresentativeValues,
    UnableToSaveMandate,
    UnableToSaveRepresentative,
    add_mandate,
    add_power_of_attorney,
    add_representative,
    change_representative,
    end_mandate,
)

__all__ = [
    "CustomerValues",
    "RepresentativeValues",
    "UnableToChangeCustomer",
    "UnableToDisclose",
    "UnableToRecordContact",
    "UnableToRecordWord",
    "UnableToRegisterCustomer",
    "UnableToSaveMandate",
    "UnableToSaveProspect",
    "UnableToSaveRecipient",
    "UnableToSaveRepresentative",
    "UnableToSetPermission",
    "UnableToSignIn",
    "add_mandate",
    "add_power_of_attorney",
    "add_representative",
    "ask_to_sign_in",
    "change_customer",
    "change_prospect",
    "change_representative",
    "end_mandate",
    "note_service_use",
    "prohibit_all_marketing",
    "record_consented_datum",
    "record_contact",
    "record_disclosure",
    "record_satisfaction",
    "register_customer",
    "register_prospect",
    "save_recipient",
    "send_sign_in_code",
    "set_marketing_permission",
    "set_relationship",
    "sign_in_by_code",
    "sign_in_identified",
    "withdraw_consent",
]
