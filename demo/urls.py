"""The address of the demonstration bank, which exists in embedded mode only."""

from django.urls import path

from demo import portal

urlpatterns = [path("my/demonstration-bank/", portal.bank, name="portal-bank")]
