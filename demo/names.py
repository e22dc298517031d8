"""Finnish names of people, companies and housing companies, as common as in the population.

The weights are rough shares of living people; the years say when a given name was given.
"""

from datetime import date
from random import Random
from typing import NamedTuple

SURNAME_WEIGHTS = (
    "Korhonen:220 Virtanen:200 Mäkinen:195 Nieminen:193 Mäkelä:178 Hämäläinen:177 Laine:170 "
    "Heikkinen:168 Koskinen:165 Järvinen:158 Lehtonen:152 Lehtinen:145 Saarinen:143 Salminen:142 "
    "Heinonen:140 Niemi:138 Heikkilä:133 Salonen:130 Kinnunen:128 Turunen:126 Salo:121 "
    "Laitinen:119 Tuominen:117 Rantanen:115 Karjalainen:113 Jokinen:112 Mattila:110 "
    "Savolainen:190 Lahtinen:104 Ahonen:102 Ojala:92 Leppänen:90 Väisänen:125 Hiltunen:93 "
    "Kallio:87 Miettinen:108 Leinonen:82 Pitkänen:89 Aaltonen:83 Manninen:85 Koivisto:80 "
    "Hakala:79 Anttila:78 Laaksonen:76 Hirvonen:95 Räsänen:115 Lehto:75 Lappalainen:92 "
    "Kokkonen:88 Toivonen:74 Mustonen:86 Partanen:97 Vainio:62 Kettunen:94 Rissanen:105 "
    "Pesonen:80 Aho:68 Niskanen:82 Nykänen:84 Hyvönen:78 Kärkkäinen:83 Tolonen:56 Ikonen:80 "
    "Markkanen:71 Hartikainen:89 Kauppinen:77 Pulkkinen:74 Huttunen:88 Koponen:70 Voutilainen:72 "
    "Jääskeläinen:75 Tikkanen:79 Pääkkönen:48 Halonen:66 Karppinen:64 Holopainen:68 Eskelinen:76 "
    "Tirkkonen:44 Ruotsalainen:79 Kuosmanen:58 Happonen:46 Kukkonen:61 Hänninen:75 Martikainen:72 "
    "Kainulainen:63 Jauhiainen:52 Knuutinen:35 Taskinen:54 Pirinen:47 Antikainen:59 Juntunen:55 "
    "Moilanen:60 Karvonen:58 Rautiainen:62 Asikainen:57 Suhonen:53 Vartiainen:56 Nissinen:55 "
    "Koistinen:54 Kortelainen:50 Parviainen:57 Ollikainen:45 Pekkarinen:49 Mikkonen:52 Hyttinen:44 "
    "Rytkönen:61 Vepsäläinen:47 Remes:46 Kröger:12 Pennanen:41 Puustinen:44 Ronkainen:50 "
    "Tuovinen:45 Sirviö:28 Komulainen:42 Kolehmainen:58 Keinänen:46 Mononen:43 Nousiainen:52 "
    "Turpeinen:45 Lyytinen:43 Roivainen:29 Airaksinen:40 Sutinen:38 Hujanen:30 Lipponen:41 "
    "Vesterinen:37 Tervo:36 Raatikainen:40 Soininen:42 Jalkanen:33 Savinainen:17 Vauhkonen:28 "
    "Björkman:9 Lindström:14 Nyström:12 Lindholm:11 Johansson:16 Karlsson:14 Sandberg:8 "
    "Nguyen:8 Mohamed:7 Ivanova:5 Petrov:5 Ali:5 Kask:3"
)
SURNAMES: dict[str, int] = {name: int(weight) for name, weight in (pair.split(":") for pair in SURNAME_WEIGHTS.split())}


class GivenName(NamedTuple):
    """A given name, how common it is and the years in which it was mostly given."""

    name: str
    weight: int
    first_year: int
    last_year: int


def _given(text: str) -> list[GivenName]:
    names = []
    for part in text.split():
        name, weight, years = part.split(":")
        first, last = years.split("-")
        names.append(GivenName(name, int(weight), int(first), int(last)))
    return names


WOMEN = _given(
    "Aino:90:1900-1935 Helmi:40:1900-1930 Kerttu:60:1905-1940 Helvi:50:1905-1938 Elsa:45:1900-1930 "
    "Irja:45:1915-1942 Kaarina:60:1925-1955 Anneli:90:1935-1965 Ritva:110:1930-1955 Pirkko:110:1928-1955 "
    "Leena:110:1938-1965 Liisa:80:1930-1965 Eila:70:1920-1948 Raija:80:1935-1958 Seija:85:1936-1962 "
    "Sirpa:95:1945-1968 Tuula:100:1940-1965 Päivi:120:1952-1975 Ritva-Liisa:14:1940-1958 Marjatta:90:1925-1955 "
    "Riitta:115:1938-1965 Eeva:85:1930-1965 Marja:80:1935-1965 Marja-Leena:30:1942-1962 Anja:75:1928-1955 "
    "Pirjo:100:1945-1968 Merja:95:1950-1972 Kirsi:75:1958-1982 Minna:95:1962-1985 Tiina:95:1958-1985 "
    "Sari:100:1958-1980 Mari:95:1962-1990 Anne:110:1955-1980 Susanna:75:1962-1995 Satu:70:1960-1985 "
    "Katja:70:1965-1988 Jaana:75:1955-1978 Heidi:70:1968-1995 Johanna:90:1965-1998 Hanna:95:1968-1998 "
    "Outi:55:1955-1985 Anna:95:1970-2010 Laura:85:1975-2000 Jenni:70:1975-1998 Elina:80:1968-2002 "
    "Maria:70:1962-2010 Emilia:70:1985-2012 Sofia:60:1990-2018 Sanna:75:1968-1992 Henna:50:1975-1998 "
    "Noora:50:1982-2005 Jonna:50:1975-1995 Suvi:50:1975-1998 Riikka:60:1968-1992 Saara:60:1980-2012 "
    "Iida:50:1988-2014 Ella:50:1996-2018 Emma:60:1992-2016 Aada:50:1998-2018 Venla:45:1996-2018 "
    "Veera:50:1985-2008 Oona:40:1990-2014 Siiri:35:1995-2016 Eevi:30:2000-2018 Pinja:30:1992-2014 "
    "Ulla:65:1935-1965 Arja:70:1945-1968 Eija:70:1948-1970 Tarja:95:1948-1972 Terttu:55:1922-1950 "
    "Sinikka:60:1930-1955 Hilkka:45:1918-1945 Maija:55:1925-1960 Anita:40:1935-1962 Birgitta:18:1930-1965 "
    "Camilla:12:1965-1995 Olga:10:1975-2000 Fatima:8:1975-2010 Thi:5:1970-2005"
)
MEN = _given(
    "Toivo:45:1900-1930 Eino:50:1900-1932 Väinö:55:1900-1935 Veikko:75:1910-1942 Urho:35:1902-1930 "
    "Tauno:50:1905-1938 Aarne:40:1905-1935 Reino:55:1912-1942 Erkki:90:1920-1952 Pentti:80:1922-1950 "
    "Eero:70:1922-1955 Kalevi:80:1928-1958 Matti:140:1930-1972 Pekka:125:1935-1970 Heikki:115:1932-1968 "
    "Timo:130:1942-1972 Kari:125:1942-1970 Jari:120:1955-1975 Juha:130:1952-1980 Mika:110:1962-1985 "
    "Antti:110:1945-1992 Mikko:115:1955-1995 Jukka:115:1945-1975 Markku:110:1945-1968 Hannu:110:1942-1970 "
    "Seppo:110:1938-1960 Martti:80:1928-1958 Jorma:95:1935-1958 Risto:75:1938-1965 Raimo:80:1938-1960 "
    "Ari:95:1952-1975 Pasi:75:1960-1982 Petri:95:1960-1985 Sami:90:1966-1992 Marko:95:1966-1988 "
    "Janne:90:1966-1992 Jani:75:1970-1992 Tomi:65:1968-1992 Ville:80:1972-1998 Tuomas:65:1970-2000 "
    "Juho:55:1975-2008 Lauri:70:1930-2010 Ilkka:70:1942-1980 Olli:65:1945-1985 Harri:80:1952-1978 "
    "Esa:80:1948-1972 Tapio:60:1935-1965 Vesa:75:1950-1975 Veli-Matti:18:1950-1980 Arto:65:1950-1972 "
    "Kimmo:65:1958-1982 Teemu:60:1972-1998 Jussi:60:1968-1998 Henri:55:1978-2000 Joonas:50:1985-2010 "
    "Niko:50:1982-2005 Eetu:45:1990-2012 Elias:50:1995-2018 Leo:40:1995-2018 Onni:45:1998-2018 "
    "Eemeli:35:1990-2014 Oskari:40:1985-2014 Aleksi:55:1984-2010 Valtteri:40:1985-2008 Roope:35:1986-2010 "
    "Topi:25:1992-2014 Aapo:30:1990-2014 Kalle:50:1930-2000 Simo:45:1930-1985 Jaakko:60:1932-1998 "
    "Paavo:55:1915-1950 Aimo:30:1915-1945 Taisto:30:1918-1945 Kauko:45:1915-1945 Jouko:45:1938-1960 "
    "Lasse:45:1940-1985 Tero:60:1965-1988 Jarmo:75:1952-1972 Rauno:45:1938-1958 Nils:8:1925-1960 "
    "Björn:7:1935-1970 Dmitri:7:1970-2000 Ahmed:7:1970-2010 Minh:5:1970-2005"
)

TRADES = [
    "Kahvila",
    "Leipomo",
    "Rakennus",
    "Sähköasennus",
    "Putkityö",
    "Autohuolto",
    "Kiinteistöpalvelu",
    "Kuljetus",
    "Metalli",
    "Puutyö",
    "Konepaja",
    "Tilitoimisto",
    "Parturi-Kampaamo",
    "Kukkakauppa",
    "Maalaus",
    "Peltityö",
    "Isännöinti",
    "Hammasklinikka",
    "Fysioterapia",
    "Ravintola",
    "Pizzeria",
    "Pyörähuolto",
    "Kalatukku",
    "Siivouspalvelu",
    "Taksipalvelu",
    "Koneurakointi",
    "Arkkitehtitoimisto",
    "Insinööritoimisto",
    "Ohjelmistotalo",
    "Mainostoimisto",
]
PLACES = [
    "Kallaveden",
    "Puijon",
    "Haapaniemen",
    "Neulamäen",
    "Petosen",
    "Saaristokaupungin",
    "Särkiniemen",
    "Väinölänniemen",
    "Riistaveden",
    "Nilsiän",
    "Vehmersalmen",
    "Karttulan",
    "Maaningan",
    "Juankosken",
    "Savon",
    "Pohjois-Savon",
    "Siikaniemen",
]
HOUSES = [
    "Kallanranta",
    "Puijonrinne",
    "Satamahelmi",
    "Lehtirinne",
    "Haapaharju",
    "Rantapuisto",
    "Torinkulma",
    "Männikkö",
    "Kuusikko",
    "Koivuranta",
    "Saaristonhovi",
    "Valkeisenpuisto",
    "Niemenhelmi",
    "Peltola",
    "Laivurinhaka",
    "Kirkkokallio",
    "Huuhanranta",
    "Mestarinpiha",
    "Tähtiniemi",
    "Pihlajarinne",
    "Aurinkolahti",
    "Kotikumpu",
]
CLUBS = ["Kyläyhdistys", "Hiihtoseura", "Mieskuoro", "Teatteriyhdistys", "Purjehtijat", "Martat", "Partiolaiset"]


class Person(NamedTuple):
    """A made-up person: what the name says about them."""

    given_names: str
    surname: str
    is_woman: bool

    @property
    def call_name(self) -> str:
        return self.given_names.split()[0]


class Names:
    """Draws names from one stream of chance, in step with age."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self._surnames = list(SURNAMES)
        self._surname_weights = _running_sums(list(SURNAMES.values()))
        self._given_by_year: dict[tuple[bool, int], tuple[list[str], list[int]]] = {}

    def surname(self) -> str:
        return self.chance.choices(self._surnames, cum_weights=self._surname_weights)[0]

    def person(self, born_on: date, surname: str = "", is_woman: bool | None = None) -> Person:
        """Return a person born on that day; with one, two or three given names, as is the custom."""
        if is_woman is None:
            is_woman = self.chance.random() < 0.5
        names, weights = self._given(is_woman, born_on.year)
        count = self.chance.choices((1, 2, 3), cum_weights=(14, 92, 100))[0]
        given: list[str] = []
        while len(given) < count:
            name = self.chance.choices(names, cum_weights=weights)[0]
            if name not in given:
                given.append(name)
        return Person(" ".join(given), surname or self.surname(), is_woman)

    def company(self) -> str:
        """Return the name of a small company of the region."""
        trade, draw = self.chance.choice(TRADES), self.chance.random()
        if draw < 0.35:
            return f"{self.chance.choice(PLACES)} {trade} Oy"
        if draw < 0.7:
            return f"{trade} {self.surname()} Oy"
        if draw < 0.85:
            return f"{trade} {self.surname()} & {self.surname()} Ky"
        return f"{trade} {self.surname()} Tmi"

    def club(self) -> str:
        return f"{self.chance.choice(PLACES)} {self.chance.choice(CLUBS)} ry"

    def housing_company(self, street_and_number: str = "") -> str:
        """Return the name of a housing company: after its street, or after a fancy of its builder."""
        if street_and_number and self.chance.random() < 0.5:
            return f"As Oy Kuopion {street_and_number}"
        return f"As Oy Kuopion {self.chance.choice(HOUSES)}"

    def _given(self, is_woman: bool, year: int) -> tuple[list[str], list[int]]:
        key = (is_woman, year)
        if key not in self._given_by_year:
            fitting = [n for n in (WOMEN if is_woman else MEN) if n.first_year <= year <= n.last_year]
            fitting = fitting if len(fitting) >= 6 else (WOMEN if is_woman else MEN)
            self._given_by_year[key] = (
                [n.name for n in fitting],
                _running_sums([n.weight for n in fitting]),
            )
        return self._given_by_year[key]


def estate(person: Person) -> str:
    """Return the name under which the estate of a deceased person is a customer."""
    return f"{person.call_name} {genitive(person.surname)} kuolinpesä"


def genitive(surname: str) -> str:
    """Return the surname as in "the estate of": Korhosen, Laineen, Niemen, Lindströmin."""
    if surname in _ODD_GENITIVES:
        return _ODD_GENITIVES[surname]
    if surname.endswith("nen"):
        return surname[:-3] + "sen"
    if surname.endswith("e"):
        return surname + "en"
    return surname + ("n" if surname[-1] in "aoäöuyi" else "in")


_ODD_GENITIVES = {
    "Niemi": "Niemen",
    "Lehto": "Lehdon",
    "Remes": "Remeksen",
    "Hakala": "Hakalan",
    "Koivisto": "Koiviston",
}


def _running_sums(weights: list[int]) -> list[int]:
    total, sums = 0, []
    for weight in weights:
        total += weight
        sums.append(total)
    return sums
