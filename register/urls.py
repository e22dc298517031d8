"""Every address of the register; the only module that knows the interfaces of the apps."""

from django.urls import path

from register import home

urlpatterns = [
    path("", home.to_staff, name="home"),
    path("health/live", home.live, name="health_live"),
    path("health/ready", home.ready, name="health_ready"),
]
