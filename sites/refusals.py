"""What people read when the database refuses a row of this app, by the name of the constraint."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "a_product_has_one_price_at_a_time": _("The product has another price for some of these days."),
    "price_is_not_negative": _("A price is not negative."),
    "a_site_has_one_contract_of_a_line_at_a_time": _(
        "The site has another contract of the same kind for some of these days."
    ),
    "contract_ends_after_it_starts": _("A contract ends after the day it starts."),
    "contract_cancelled_has_an_end": _("A cancelled contract needs the day of its end."),
    "contract_supplier_is_named_on_network_contracts": _("Only a network contract names an electricity supplier."),
    "contract_and_its_controller": _("A contract belongs to one controller."),
    "sites_contract_number_key": _("This contract identifier is taken."),
    "a_customer_holds_a_contract_once": _("The customer holds this contract already."),
    "a_contract_has_one_product_at_a_time": _("The contract has another product for some of these days."),
    "agreed_price_is_not_negative": _("A price is not negative."),
    "device_is_removed_after_it_is_delivered": _("A device is removed after the day it was delivered."),
    "electricity_connection_has_one_or_three_phases": _("A main fuse has one phase or three."),
    "electricity_connection_sizes_are_positive": _("Fuse and connection size are above zero."),
    "electricity_connection_ends_after_it_starts": _("A connection ends after the day it starts."),
    "heat_connection_power_and_flow_are_positive": _("Contracted power and water flow are above zero."),
    "heat_connection_ends_after_it_starts": _("A connection ends after the day it starts."),
    "meters_follow_one_another_at_a_site": _("Another meter is at the site for some of these days."),
    "meter_is_removed_after_it_is_installed": _("A meter is removed after the day it was installed."),
    "meter_coordinates_are_in_finland": _("Coordinates are given both, in degrees, and lie in Finland."),
    "sites_site_gsrn_key": _("This metering point is in the register already."),
    "sites_electricityconnection_identifier_key": _("This connection identifier is taken."),
    "sites_heatconnection_identifier_key": _("This connection identifier is taken."),
    "sites_homedetails_contract_id_key": _("The contract has its details of the home already."),
    "sites_qualityword_word_key": _("This word is in the list already."),
    "quality_is_of_the_day_or_of_each_slot": _("Quality is given for the whole day or for each reading."),
    "a_slot_is_a_quarter_or_an_hour": _("A reading is of a quarter or of an hour."),
    "energy_is_not_negative": _("Energy is not negative."),
    "a_day_has_the_slots_of_its_helsinki_day": _("A day has the readings of its Helsinki day."),
    "sites_product_code_key": _("This product code is taken."),
    "holder_and_contract_have_one_controller": _("The contract belongs to the other controller."),
}

# At which field of a form the sentence is meant.
FIELDS = {
    "a_product_has_one_price_at_a_time": "started_on",
    "price_is_not_negative": "energy_c_kwh",
    "contract_ends_after_it_starts": "ended_on",
    "contract_cancelled_has_an_end": "ended_on",
    "contract_supplier_is_named_on_network_contracts": "supplier_name",
    "sites_contract_number_key": "number",
    "device_is_removed_after_it_is_delivered": "removed_on",
    "electricity_connection_has_one_or_three_phases": "main_fuse_phase_count",
    "electricity_connection_ends_after_it_starts": "ended_on",
    "heat_connection_ends_after_it_starts": "ended_on",
    "meters_follow_one_another_at_a_site": "installed_on",
    "meter_is_removed_after_it_is_installed": "removed_on",
    "sites_site_gsrn_key": "gsrn",
    "sites_electricityconnection_identifier_key": "identifier",
    "sites_heatconnection_identifier_key": "identifier",
    "sites_homedetails_contract_id_key": "contract",
    "sites_product_code_key": "code",
}
