"""Makes Finvoice files as they are met, for tests."""

from collections.abc import Mapping
from typing import Any

NETWORK = "2654781-3"
ENVELOPE = (
    '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Header>'
    '<eb:MessageHeader xmlns:eb="http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd">'
    "<eb:From><eb:PartyId>003726547813</eb:PartyId></eb:From></eb:MessageHeader></SOAP-ENV:Header>"
    "<SOAP-ENV:Body/></SOAP-ENV:Envelope>"
)
DEFAULTS: Mapping[str, Any] = {
    "version": "3.0",
    "seller": NETWORK,
    "type": "INV01",
    "number": "7001",
    "date": "20261101",
    "due": "20261115",
    "total": "124,00",
    "vat": "24,00",
    "reference": "1232",
    "agreement": "S-1",
    "customer": "",
    "currency": "EUR",
}


def invoice(**values: Any) -> str:
    """Give one invoice without its XML declaration."""
    said = {**DEFAULTS, **values}
    money = f'AmountCurrencyIdentifier="{said["currency"]}"'
    agreement = f"<AgreementIdentifier>{said['agreement']}</AgreementIdentifier>" if said["agreement"] else ""
    customer = f"<SellersBuyerIdentifier>{said['customer']}</SellersBuyerIdentifier>" if said["customer"] else ""
    reference = (
        f'<EpiRemittanceInfoIdentifier IdentificationSchemeName="SPY">{said["reference"]}</EpiRemittanceInfoIdentifier>'
        if said["reference"]
        else ""
    )
    rows = said.get("rows") or (
        "<InvoiceRow><ArticleName>Yleissiirto, perusmaksu</ArticleName>"
        '<DeliveredQuantity QuantityUnitCode="kk">1,00</DeliveredQuantity>'
        '<StartDate Format="CCYYMMDD">20261001</StartDate><EndDate Format="CCYYMMDD">20261031</EndDate>'
        f"<UnitPriceAmount {money}>100,000000</UnitPriceAmount><RowVatRatePercent>25,5</RowVatRatePercent>"
        f"<RowVatAmount {money}>24,00</RowVatAmount><RowVatExcludedAmount {money}>100,00</RowVatExcludedAmount>"
        f"<RowAmount {money}>124,00</RowAmount></InvoiceRow>"
        "<InvoiceRow><RowFreeText>Kiitos</RowFreeText></InvoiceRow>"
    )
    return (
        f'<Finvoice Version="{said["version"]}"><SellerPartyDetails><SellerPartyIdentifier>{said["seller"]}'
        "</SellerPartyIdentifier><SellerOrganisationName>Kuopion Sähköverkko Oy</SellerOrganisationName>"
        "</SellerPartyDetails>\n<BuyerPartyDetails><BuyerOrganisationName>Äijälä Maija</BuyerOrganisationName>"
        f"</BuyerPartyDetails>\n<InvoiceDetails><InvoiceTypeCode>{said['type']}</InvoiceTypeCode>"
        f'<InvoiceNumber>{said["number"]}</InvoiceNumber><InvoiceDate Format="CCYYMMDD">{said["date"]}</InvoiceDate>'
        f"{customer}{agreement}<InvoiceTotalVatAmount {money}>{said['vat']}</InvoiceTotalVatAmount>"
        f"<InvoiceTotalVatIncludedAmount {money}>{said['total']}</InvoiceTotalVatIncludedAmount>"
        f'<PaymentTermsDetails><InvoiceDueDate Format="CCYYMMDD">{said["due"]}</InvoiceDueDate></PaymentTermsDetails>'
        f"</InvoiceDetails>\n{rows}<EpiDetails><EpiPaymentInstructionDetails>{reference}"
        f'<EpiDateOptionDate Format="CCYYMMDD">{said["due"]}</EpiDateOptionDate></EpiPaymentInstructionDetails>'
        "</EpiDetails></Finvoice>"
    )


def document(text: str, encoding: str = "UTF-8", doctype: str = "") -> bytes:
    """Give a document with its XML declaration."""
    return f'<?xml version="1.0" encoding="{encoding}"?>\n{doctype}{text}\n'.encode(encoding)


def finvoice(*, encoding: str = "UTF-8", **values: Any) -> bytes:
    """Give a file of one invoice."""
    return document(invoice(**values), encoding)
