"""What is written in the demonstration's notes and answers, in the language of its people."""

CONTACTS = (
    ("call", "Muutto", "Asiakas ilmoitti muutosta. Sopimus päätetään muuttopäivään, loppulasku uuteen osoitteeseen."),
    ("call", "Lasku", "Kysyi edellistä laskua suuremmasta summasta. Käytiin läpi kulutus: pakkasjakso tammikuussa."),
    ("call", "Maksuaika", "Pyysi lisää maksuaikaa. Eräpäivää siirrettiin kaksi viikkoa."),
    ("call", "Vikailmoitus", "Sähköt poikki puoli tuntia. Ohjattu päivystykseen, vika korjattu samana iltana."),
    ("call", "Kaukolämpö", "Tulovesi ei lämpene riittävästi. Pyydetty lämpötilat mittarilta, huolto sovittu."),
    ("email", "Laskutustapa", "Haluaa laskut jatkossa e-laskuna. Ohjeet lähetetty."),
    ("email", "Yhteystiedot", "Ilmoitti uuden puhelinnumeron ja sähköpostiosoitteen."),
    ("email", "Kulutus", "Pyysi tuntitiedot viime vuodelta energiaselvitystä varten. Lähetetty tiedostona."),
    ("letter", "Valtakirja", "Valtakirja saapui ja liitettiin asiakkaan tietoihin."),
    ("visit", "Neuvonta", "Kävi asiakaspalvelussa. Neuvottiin lämpöpumpun vaikutuksesta sulakekokoon."),
    ("visit", "Henkilöllisyys", "Tarkasti tietonsa asiakaspalvelussa. Henkilöllisyys todettu ajokortista."),
    ("note", "Mittari", "Mittarinvaihto sovittu, avain huoltoyhtiöltä."),
    ("note", "Tekninen tila", "Tekniseen tilaan pääsee portaan B kautta, soitto isännöitsijälle edellisenä päivänä."),
)
SERVICES = (
    ("Verkkopalvelu", "kirjautui"),
    ("Verkkopalvelu", "katsoi kulutusta"),
    ("Verkkopalvelu", "latasi kulutustiedot"),
    ("Verkkopalvelu", "avasi laskun"),
    ("Häiriötiedote", "tilasi tekstiviestit"),
    ("Häiriötiedote", "sai tekstiviestin katkosta"),
    ("Muuttoilmoitus", "lähetti ilmoituksen"),
)
SURVEYS = ("Asiakaspalvelu", "Muutto", "Verkkopalvelu", "Vian korjaus", "Kaukolämmön huolto")
PRAISE = ("Nopea ja ystävällinen palvelu.", "Asia hoitui yhdellä soitolla.", "", "", "Selkeä lasku.", "")
BLAME = ("Jonotin pitkään.", "Laskua on vaikea ymmärtää.", "", "Vika korjattiin vasta seuraavana päivänä.")
CONSENTED = (
    ("Sähköauton latauspisteen mitoitus", "Auton malli ja vuotuinen ajomäärä", "Täyssähköauto, 22 000 km vuodessa"),
    ("Energianeuvonta", "Asukkaiden määrä ja sauna", "4 asukasta, sähkökiuas kaksi kertaa viikossa"),
    ("Aurinkopaneelien arvio", "Katon suunta ja kaltevuus", "Lounas, 30 astetta"),
    ("Häiriötiedote", "Terveydellinen syy ilmoittaa katkoista", "Kotona hengityslaite"),
)
DIARY = (
    ("Ilmalämpöpumppu asennettu", "Olohuoneen pumppu, malli 35, asentaja kävi aamulla."),
    ("Uusi sähköauto", "Lataus öisin kello 23 jälkeen."),
    ("Sauna remontissa", "Kiuas pois käytöstä kuukauden."),
    ("Matkalla kaksi viikkoa", ""),
    ("Patterit säädetty", "Huoneet 21 astetta, makuuhuone 19."),
    ("Ikkunat vaihdettu", "Kolmilasiset koko taloon."),
    ("Muista mittarin lukema", "Tarkistettava kuun vaihteessa."),
)
ROOM_ACCESS = (
    "Avain huoltoyhtiöllä",
    "Sovi asiakkaan kanssa puhelimitse",
    "Avainsäilö pääoven vieressä, koodi isännöitsijältä",
    "Tekninen tila kellarissa, ovi portaasta A",
    "Asiakas paikalla arkisin kello 16 jälkeen",
)
TIMING = (
    "Pääosin iltaisin",
    "Lämmitys ja lämminvesi öisin kello 22–07",
    "Etätyö kotona, käyttö päivisin",
    "Käytössä kesäisin ja viikonloppuisin",
    "Arkisin kello 7–17",
    "Kolmessa vuorossa, tasainen käyttö",
)
DEVICES = (
    ("Kaukolämmön lämmönvaihdin", "LV-20"),
    ("Sähköauton latauspiste", "Kotilataus 11 kW"),
    ("Etäohjattava lämmityksen säädin", "Säätö 3"),
    ("Kulutuksen näyttölaite", "Näyttö P1"),
    ("Ilmalämpöpumppu", "ILP 35"),
)
CREDIT_REASONS = ("Uusi sopimus", "Maksujärjestely", "Vakuuden arviointi")
INTERESTS = ("Kaukolämpö", "Sähköauton lataus", "Aurinkopaneelit", "Lämpöpumppu", "Valokuitu ja sähköliittymä")
DISCLOSED = (
    ("customer", "", "Asiakkaan omat tiedot sopimuksista ja kulutuksesta"),
    ("energy-market", "Sähkömarkkinalaki 588/2013", "Käyttöpaikan ja sopimuksen tiedot sähkönmyyjälle"),
    ("authority", "Ulosottokaari 3 luku 64 §", "Nimi, osoite ja sopimuksen voimassaolo"),
    ("authority", "Laki verotusmenettelystä 19 §", "Laskutustiedot vuodelta"),
    ("processor", "Laskujen tulostussopimus", "Laskun tiedot tulostusta ja postitusta varten"),
    ("mandate", "", "Laskut ja kulutus valtuutetulle"),
)
RECIPIENTS = (
    ("Savon Laskutulostus Oy", "Laskujen tulostus ja postitus", "FI", "TUL-2021-7"),
    ("Pohjolan Perintäpalvelu Oy", "Perintä", "FI", "PER-2020-2"),
    ("Järvi-Suomen Mittarihuolto Oy", "Mittareiden asennus ja huolto", "FI", "MIT-2022-11"),
    ("Fingrid Datahub Oy", "Sähkömarkkinoiden tiedonvaihto", "FI", ""),
    ("Ulosottolaitos", "Viranomainen", "FI", ""),
    ("Verohallinto", "Viranomainen", "FI", ""),
    ("Väre Energia Oy", "Sähkönmyyjä", "FI", ""),
    ("Asiakas itse", "Asiakas tai edustaja", "FI", ""),
    ("Nordic Cloud Hosting AB", "Palvelinpalvelut", "SE", "PAL-2023-4"),
)
SUPPLIERS = (*["Väre Energia Oy"] * 3, "Savon Valovirta Oy", "Kallan Sähkö Oy", "Pohjan Watti Oy")
TRANSCRIPTS = {
    "service": "Asiakaspalvelu, päivää. – Hei, kysyisin edellisestä laskusta. – Katsotaan, saisinko asiakasnumeron?",
    "fault": "Vikailmoitukset. – Meiltä meni sähköt koko talosta. – Onko naapurissa valot? – Ei ole sielläkään.",
    "contract": "Tekisin sopimuksen uuteen asuntoon. – Onnea uuteen kotiin! Mistä päivästä alkaen?",
    "marketing": "Soitan Kuopion Energiasta. Onko teillä hetki aikaa kuulla kaukolämmön huoltosopimuksesta?",
    "other": "Väärä numero, anteeksi. – Ei se mitään, kuulemiin.",
}
