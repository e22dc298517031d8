"""The applications and the layers that each request passes."""

# Ours first, so that their templates and commands go before those of others.
OURS = [
    "register.identity",
    "register.audit",
    "register.work",
    "register.datamap",
    "register.access",
    "register.crypto",
    "register.backup",
    "customers",
    "sites",
    "billing",
    "recordings",
    "retention",
    "dsar",
    "demo",
]
OTHERS = [
    "register.identity.apps.StaffSiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.forms",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "auditlog",
    "csp",
    "django_celery_beat",
    "django_htmx",
    "django_structlog",
]
INSTALLED_APPS = [*OURS, *OTHERS]

# What finds each kind of row for the staff's search, in the order of the apps.
FINDERS = [
    "customers.search.finding.find_customers",
    "sites.search.find_places",
    "billing.search.find_invoices",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "register.headers.ResponseHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "register.characters.NoNulCharacters",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "register.identity.portal.PortalDoor",
    "register.identity.gate.StaffLanguage",
    "register.identity.gate.StaffGate",
    "register.identity.middleware.ScopeMiddleware",
    "customers.middleware.DeskMiddleware",
]
