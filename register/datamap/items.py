"""The catalogue of items: the page that the data protection officer reads, in the order of the seed.

The item says what a datum is and what it may be used for; why a row is held stands on its model.
Source: docs/seed/items.csv, the register description.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .vocabulary import P1, P2, P3, P4, P5, P6, R1, R2, R3, R4, R5, R6, R7, Clause, Section, Sensitivity

CUSTOMER, SITE, BILLING, OTHER = Section.CUSTOMER, Section.SITE, Section.BILLING, Section.OTHER
ORDINARY, MASKED, SECRET = Sensitivity.ORDINARY, Sensitivity.MASKED, Sensitivity.SECRET


@dataclass(frozen=True, slots=True, eq=False)
class DataItem:
    """One datum of the register description: its number, name, allowed purposes, sources and sensitivity."""

    seed: str
    section: Section
    name: str | Promise
    purposes: frozenset[Clause]
    sources: frozenset[Clause]
    sensitivity: Sensitivity = ORDINARY


def _item(
    seed: str,
    section: Section,
    name: str | Promise,
    purposes: set[Clause],
    sources: set[Clause],
    sensitivity: Sensitivity = ORDINARY,
) -> DataItem:
    return DataItem(seed, section, name, frozenset(purposes), frozenset(sources), sensitivity)


NAME = _item("C01", CUSTOMER, _("name"), {P1, P2, P3, P4}, {R1, R2, R3, R5, R6, R7})
YEAR_OF_BIRTH = _item("C02", CUSTOMER, _("age or year of birth"), {P1, P2, P3, P4}, {R1, R2})
IDENTITY_CODE = _item("C03", CUSTOMER, _("personal identity code"), {P1, P4}, {R1, R2}, SECRET)
PHONE = _item("C04", CUSTOMER, _("phone number"), {P1, P2, P3, P4}, {R1, R2, R3, R5, R6})
EMAIL = _item("C05", CUSTOMER, _("email address"), {P1, P2, P3, P4}, {R1, R2, R5, R6})
ADDRESS = _item(
    "C06", CUSTOMER, _("street address, postal code and post office"), {P1, P2, P3, P4}, {R1, R2, R3, R5, R6, R7}
)
REPRESENTATIVE = _item(
    "C07",
    CUSTOMER,
    _("representative's or contact person's name, personal identity code, phone number and email"),
    {P1, P2, P4},
    {R1, R2},
    MASKED,
)
CUSTOMER_NUMBER = _item("C08", CUSTOMER, _("customer number"), {P1, P2, P4}, {R1, R2})
CONTRACT_IDENTIFIER = _item("C09", CUSTOMER, _("contract identifier"), {P1, P2, P4}, {R1, R2})
CONTRACT_REFERENCE = _item("C10", CUSTOMER, _("contract reference"), {P1, P2, P4}, {R1, R2})
CONNECTION_IDENTIFIER = _item("C11", CUSTOMER, _("connection identifier"), {P1, P2}, {R1, R2})
DISTRICT_BLOCK_PLOT = _item("C12", CUSTOMER, _("district / block / plot"), {P1, P2}, {R1, R2})
CONTRACT_DATES = _item("C13", CUSTOMER, _("contract start and end date"), {P1, P2, P4}, {R1, R2, R6})
MARKETING_PERMISSIONS = _item(
    "C14",
    CUSTOMER,
    _("direct-marketing permissions and prohibitions given by the contract customer"),
    {P1, P3, P6},
    {R1, R2, R5},
)
METERING_POINT = _item("S01", SITE, _("site (metering point) identifier"), {P1, P2, P4}, {R1, R2})
SITE_ADDRESS = _item("S02", SITE, _("site street address, postal code and post office"), {P1, P2, P4}, {R1, R2})
HOUSING = _item("S03", SITE, _("housing type and tenure"), {P1, P2, P6}, {R1, R2})
DISTRIBUTION_SYSTEM_OPERATOR = _item("S04", SITE, _("distribution system operator"), {P1, P2}, {R1, R2})
SITE_CONTRACT_DATES = _item("S05", SITE, _("contract start and end date"), {P1, P2, P4}, {R1, R2})
CUSTOMER_PRODUCT = _item("S06", SITE, _("contract customer's product"), {P1, P2, P3}, {R1, R2, R6})
PRODUCT_PRICE = _item("S07", SITE, _("product price"), {P1, P2, P3}, {R1, R2, R6})
HEATING = _item("S08", SITE, _("heating solution"), {P1, P2, P6}, {R1, R2})
CONSUMPTION = _item("S09", SITE, _("consumption data"), {P1, P2, P4, P6}, {R1, R2})
DEVICE = _item("S10", SITE, _("data on the device that the group delivered to the site"), {P1, P2}, {R1, R2})
METERING_METHOD = _item("S11", SITE, _("metering method"), {P1, P2}, {R1, R2})
MAIN_FUSE = _item("S12", SITE, _("main fuse size"), {P1, P2}, {R1, R2})
CONNECTION_SIZE = _item("S13", SITE, _("connection size"), {P1, P2}, {R1, R2})
CONNECTION_POINT = _item("S14", SITE, _("connection point"), {P1, P2}, {R1, R2})
VOLTAGE_LEVEL = _item("S15", SITE, _("voltage level"), {P1, P2}, {R1, R2})
SERVICE_LINE_LENGTH = _item("S16", SITE, _("length of the service line"), {P1, P2}, {R1, R2})
HEAT_POWER = _item("S17", SITE, _("contracted heat power"), {P1, P2}, {R1, R2})
WATER_FLOW = _item("S18", SITE, _("contracted water flow"), {P1, P2}, {R1, R2})
BUILDING_VOLUME = _item("S19", SITE, _("contracted building volume"), {P1, P2}, {R1, R2})
TECHNICAL_ROOM_ACCESS = _item("S20", SITE, _("access to the property's technical room"), {P1, P2}, {R1, R2})
METER_COORDINATES = _item("S21", SITE, _("coordinates of the metering device"), {P1, P2}, {R1, R2})
ARCHIVE_IDENTIFIER = _item("S22", SITE, _("archive identifier"), {P1, P2}, {R1, R2})
METER_FUSE = _item("S23", SITE, _("size of the fuse ahead of the meter"), {P1, P2}, {R1, R2})
TIMING_OF_USE = _item("S24", SITE, _("timing of use"), {P1, P2, P6}, {R1, R2})
CONSUMPTION_ESTIMATE = _item(
    "S25", SITE, _("electricity consumption estimate or consumption data"), {P1, P2, P6}, {R1, R2}
)
BANK_ACCOUNT = _item("B01", BILLING, _("bank account number"), {P1, P4}, {R1, R2}, SECRET)
BILLING_CONTRACT_DATES = _item("B02", BILLING, _("contract start and end date"), {P1, P2, P4}, {R1, R2})
CREDIT_INFORMATION = _item("B03", BILLING, _("credit information"), {P1, P4}, {R4}, MASKED)
BILLED_PRODUCT = _item("B04", BILLING, _("product"), {P1, P4}, {R1, R2})
BILLED_PRICE = _item("B05", BILLING, _("price"), {P1, P4}, {R1, R2})
INVOICE_TOTAL = _item("B06", BILLING, _("invoice total"), {P1, P4}, {R1, R2})
DUE_DATE = _item("B07", BILLING, _("due date"), {P1, P4}, {R1, R2})
PAYMENT = _item("B08", BILLING, _("payment amount and payment date"), {P1, P4}, {R1, R2})
BILLING_RHYTHM = _item("B09", BILLING, _("billing rhythm"), {P1, P4}, {R1, R2})
BILLING_METHOD = _item("B10", BILLING, _("billing method"), {P1, P4}, {R1, R2})
CHARGES = _item("B11", BILLING, _("data on payments and charges"), {P1, P4}, {R1, R2})
RECORDING = _item("O01", OTHER, _("recordings of calls received by customer service"), {P5}, {R1, R2}, SECRET)
CUSTOMER_DIARY = _item(
    "O02", OTHER, _("data the customer saved on the site and on events or tasks"), {P1, P2}, {R1, R2}
)
SERVICE_USE = _item("O03", OTHER, _("data on the use of services"), {P1, P2, P6}, {R1, R2})
STATUTORY_PERMISSIONS = _item("O04", OTHER, _("statutory permissions and prohibitions"), {P1, P3, P6}, {R1, R5, R7})
SATISFACTION = _item("O05", OTHER, _("customer satisfaction data"), {P1, P2}, {R1, R2})
CONSENTED_DATA = _item(
    "O06",
    OTHER,
    _("other data obtained with consent or authorisation, needed for the requested service"),
    {P1, P2},
    {R1, R2},
)

ITEMS = (
    NAME,
    YEAR_OF_BIRTH,
    IDENTITY_CODE,
    PHONE,
    EMAIL,
    ADDRESS,
    REPRESENTATIVE,
    CUSTOMER_NUMBER,
    CONTRACT_IDENTIFIER,
    CONTRACT_REFERENCE,
    CONNECTION_IDENTIFIER,
    DISTRICT_BLOCK_PLOT,
    CONTRACT_DATES,
    MARKETING_PERMISSIONS,
    METERING_POINT,
    SITE_ADDRESS,
    HOUSING,
    DISTRIBUTION_SYSTEM_OPERATOR,
    SITE_CONTRACT_DATES,
    CUSTOMER_PRODUCT,
    PRODUCT_PRICE,
    HEATING,
    CONSUMPTION,
    DEVICE,
    METERING_METHOD,
    MAIN_FUSE,
    CONNECTION_SIZE,
    CONNECTION_POINT,
    VOLTAGE_LEVEL,
    SERVICE_LINE_LENGTH,
    HEAT_POWER,
    WATER_FLOW,
    BUILDING_VOLUME,
    TECHNICAL_ROOM_ACCESS,
    METER_COORDINATES,
    ARCHIVE_IDENTIFIER,
    METER_FUSE,
    TIMING_OF_USE,
    CONSUMPTION_ESTIMATE,
    BANK_ACCOUNT,
    BILLING_CONTRACT_DATES,
    CREDIT_INFORMATION,
    BILLED_PRODUCT,
    BILLED_PRICE,
    INVOICE_TOTAL,
    DUE_DATE,
    PAYMENT,
    BILLING_RHYTHM,
    BILLING_METHOD,
    CHARGES,
    RECORDING,
    CUSTOMER_DIARY,
    SERVICE_USE,
    STATUTORY_PERMISSIONS,
    SATISFACTION,
    CONSENTED_DATA,
)
BY_SEED = {item.seed: item for item in ITEMS}
