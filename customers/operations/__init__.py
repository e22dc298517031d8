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
    "add_mandate",
    "add_power_of_attorney",
    "add_representative",
    "change_customer",
    "change_prospect",
    "change_representative",
    "end_mandate",
    "prohibit_all_marketing",
    "record_consented_datum",
    "record_contact",
    "record_disclosure",
    "record_satisfaction",
    "register_customer",
    "register_prospect",
    "save_recipient",
    "set_marketing_permission",
    "set_relationship",
    "withdraw_consent",
]
