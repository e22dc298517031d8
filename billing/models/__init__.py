"""The tables of money: billing accounts, bank accounts, credit information, invoices and payments."""

from .accounts import BankAccount, BillingAccount, CreditInformation
from .cases import OwnAccount, PaymentCase
from .invoices import Charge, Invoice, InvoiceContract, InvoiceRow, Payment, PaymentAllocation

__all__ = [
    "BankAccount",
    "BillingAccount",
    "Charge",
    "CreditInformation",
    "Invoice",
    "InvoiceContract",
    "InvoiceRow",
    "OwnAccount",
    "Payment",
    "PaymentAllocation",
    "PaymentCase",
]
