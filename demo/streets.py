"""Streets of Kuopio with the postal codes in which they lie, and the district of each code."""

from random import Random
from typing import NamedTuple

AREAS: dict[str, tuple[str, int, str]] = {
    # postal code: district, share of homes, streets
    "70100": (
        "Keskusta",
        120,
        "Haapaniemenkatu Puijonkatu Tulliportinkatu Kauppakatu Minna_Canthin_katu Maljalahdenkatu Suokatu",
    ),
    "70110": (
        "Väinölänniemi",
        90,
        "Kirkkokatu Hatsalankatu Niiralankatu Piispankatu Hapelähteenkatu Satamakatu Asemakatu",
    ),
    "70150": ("Itkonniemi", 40, "Itkonniemenkatu Kelloniemenkatu Sokkelokatu Tehdaskatu Telkkistentie"),
    "70200": ("Niirala", 60, "Rinnekatu Niiralankaari Yrttipolku Savilahdentie Neulaniementie"),
    "70210": ("Savilahti", 40, "Microkatu Yliopistonranta Savilahdenkatu Viestikatu"),
    "70300": ("Puijonlaakso", 50, "Taivaanpankontie Sammakkolammentie Puijonlaaksontie Suurmäentie"),
    "70340": ("Päiväranta", 45, "Päivärannantie Jynkänkatu Kettulanlahdentie Telakkatie Rantaraitti"),
    "70420": ("Julkula", 40, "Julkulantie Rypysuontie Kaarnapolku Tiihotarinkatu"),
    "70460": ("Särkiniemi", 45, "Särkiniementie Lehtoniementie Saarijärventie Rauhalahdentie"),
    "70500": ("Rauhalahti", 35, "Kiekkotie Katiskaniementie Kumpusaarentie Haukilahdentie"),
    "70600": ("Levänen", 40, "Leväsentie Kolmisopentie Volttikatu Kartanonkatu Jalavatie"),
    "70620": ("Neulamäki", 60, "Neulamäentie Vuorilammentie Kehvonsalontie Juontotie Tukkipojanpolku"),
    "70780": ("Jynkkä", 60, "Jynkänvuorentie Pellesmäentie Karhonsaarentie Vanhatie Niittykatu"),
    "70800": ("Petonen", 85, "Pyörönkaari Pitkälahdenkatu Jalkasentie Litmaniementie Blominkatu"),
    "70820": ("Petonen", 70, "Petosenkatu Rautaniementie Pirttiniementie Aaltokatu Isännäntie"),
    "70840": ("Saaristokaupunki", 75, "Keilankanta Lehtosaarentie Hauenkoukku Rautalahdentie Pirunlahti"),
    "70870": ("Hiltulanlahti", 30, "Hiltulanlahdentie Kartanontie Matkuslammentie Vuorelantie"),
    "70900": ("Toivala", 10, "Toivalantie Siilinjärventie Asemantie"),
    "71130": ("Kortejoki", 8, "Kortejoentie Myllytie"),
    "71160": ("Riistavesi", 18, "Keskitie Riistavedentie Asematie Pihlajatie"),
    "71310": ("Vehmersalmi", 15, "Vehmersalmentie Salmenrannantie Kirkkotie"),
    "71490": ("Airaksela", 6, "Airakselantie Koskitie"),
    "71750": ("Maaninka", 18, "Maaningantie Kinnulanlahdentie Haatalantie"),
    "72100": ("Karttula", 15, "Kissakuusentie Kirkkorinne Saitantie"),
    "73100": ("Lapinlahti", 4, "Asematie Juhani_Ahon_tie"),
    "73300": ("Nilsiä", 28, "Nilsiäntie Syvärintie Pisantie Hakatie"),
    "73310": ("Tahkovuori", 10, "Tahkontie Sääskiniementie Ulpukkatie"),
    "73500": ("Juankoski", 22, "Juankoskentie Ruukintie Poikkitie Tehtaantie"),
}
ELSEWHERE: tuple[tuple[str, str], ...] = (
    ("00100", "Fredrikinkatu"), ("00530", "Hämeentie"), ("20100", "Linnankatu"), ("33100", "Hämeenkatu"),
    ("33720", "Opiskelijankatu"), ("40100", "Yliopistonkatu"), ("90100", "Kauppurienkatu"),
    ("80100", "Siltakatu"), ("02100", "Merituulentie"), ("01300", "Asematie"), ("50100", "Porrassalmenkatu"),
)  # fmt: skip


class Address(NamedTuple):
    """A street address with its postal code; the post office is found by the code."""

    house: str
    flat: str
    postal_code: str
    district: str

    @property
    def street_address(self) -> str:
        return f"{self.house} {self.flat}".strip()


class Streets:
    """Draws addresses from one stream of chance."""

    def __init__(self, chance: Random, known_codes: frozenset[str] = frozenset()) -> None:
        self.chance = chance
        self._codes = [code for code in AREAS if not known_codes or code in known_codes]
        self._weights = [AREAS[code][1] for code in self._codes]
        self._streets = {code: AREAS[code][2].replace("_", "~").split() for code in self._codes}

    def house(self) -> Address:
        """Return the address of a building of the region, without flat."""
        code = self.chance.choices(self._codes, self._weights)[0]
        street = self.chance.choice(self._streets[code]).replace("~", " ")
        number = str(min(int(self.chance.expovariate(1 / 18)) + 1, 120))
        if self.chance.random() < 0.12:
            number += self.chance.choice("abc")
        return Address(f"{street} {number}", "", code, AREAS[code][0])

    def flat(self, house: Address, ordinal: int) -> Address:
        """Return the address of the flat of that ordinal (from 0) in a building: A 1, A 2, … B 13."""
        stair = "ABCDEFGH"[ordinal // 12 % 8]
        return house._replace(flat=f"{stair} {ordinal + 1}")

    def elsewhere(self) -> Address:
        """Return an address outside the region, to which people moved or where a landlord lives."""
        code, street = self.chance.choice(ELSEWHERE)
        flat = f"{self.chance.choice('ABC')} {self.chance.randint(1, 60)}"
        return Address(f"{street} {self.chance.randint(1, 60)}", flat, code, "")
