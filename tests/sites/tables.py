"""What the tests of imported tables share: files to import, and the command that does it."""

import io
import json
from pathlib import Path
from typing import Any

from django.core.management import call_command

from tests.factories.numbers import gsrn

HEADINGS = (
    "asiakasnumero;laji;etunimet;sukunimi;yritys;y-tunnus;henkilötunnus;puhelin;sähköposti;katuosoite;postinumero\n"
)
CUSTOMERS = (
    HEADINGS
    + """200001;henkilö;Maija;Äijälä;;;010190-999W;040 123 4567;maija@example.org;Puijonkatu 1;70100
200002;yritys;;;Leipomo Oy;2077474-0;;;;;
"""
)
SITES = (
    "käyttöpaikka;energialaji;katuosoite;postinumero;postitoimipaikka;kaupunginosa;kortteli;tontti;jakeluverkonhaltija;"
    "arkistotunnus;liittymän tunnus;pääsulake;liittymän koko;liittämiskohta;jännitetaso;liittymisjohdon pituus;"
    "sopimuslämpöteho;sopimusvesivirta;sopimusrakennustilavuus\n"
    f"{gsrn(91)};sähkö;Puijonkatu 1;70100;KUOPIO;Keskusta;5;7;Kuopion Sähköverkko Oy;A1;L1;3x25 A;63;JK7;0,4 kV;42;;;\n"
    f"{gsrn(92)};kaukolämpö;Puijonkatu 1;70100;KUOPIO;Keskusta;5;7;;A2;K1;;;;;;12,5;0,3;450\n"
)
CONTRACTS = (
    "sopimustunnus;asiakas;käyttöpaikka;laji;alkaa;päättyy;tuote;hinta;perusmaksu;asumismuoto;kulutusarvio;myyjä\n"
    f"V1;200001+200002;{gsrn(91)};siirto;1.3.2014;1.3.2024;YS;4,12;12,50;omakotitalo;18000;Toinen Oy\n"
)


def run(path: Path, kind: str, **options: Any) -> dict[str, Any]:
    """Import a file by the command and give its report with its exit code."""
    out = io.StringIO()
    status = 0
    try:
        call_command("import_register", str(path), kind=kind, as_json=True, stdout=out, stderr=io.StringIO(), **options)
    except SystemExit as stop:
        status = int(str(stop.code))
    return {**json.loads(out.getvalue()), "status": status}


def written(folder: Path, text: str | bytes, name: str = "table.csv") -> Path:
    """Write a file into a folder."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path
