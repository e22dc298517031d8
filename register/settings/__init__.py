"""Settings of the register: one package, two modes (embedded, production), all from the environment.

What the environment may say is declared in environment.py; each subject has its module here.
"""

import logging
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from embedded.places import places
from embedded.secrets import secret_key
from register.settings.apps import FINDERS
from register.settings.apps import INSTALLED_APPS as INSTALLED_APPS
from register.settings.apps import MIDDLEWARE as MIDDLEWARE
from register.settings.cache import cache
from register.settings.crypto import keyring_file
from register.settings.database import database
from register.settings.environment import Environment
from register.settings.logs import logs
from register.settings.mail import mail
from register.settings.signin import SIGNIN
from register.settings.tasks import tasks
from register.settings.web import web

BASE_DIR = Path(__file__).resolve().parent.parent.parent
ENVIRONMENT = Environment()
IS_PRODUCTION = ENVIRONMENT.is_production
IS_TEST = ENVIRONMENT.text("ROLE") == "test"

DEBUG = ENVIRONMENT.flag("DEBUG") and not IS_PRODUCTION
SECRET_KEY = ENVIRONMENT.text("SECRET_KEY") or ("" if IS_PRODUCTION else secret_key())
if IS_PRODUCTION and not SECRET_KEY:
    SECRET_KEY = "no key was given: register.settings.production refuses to start"

ROOT_URLCONF = "register.urls"
WSGI_APPLICATION = "register.wsgi.application"
DATABASES = {"default": database(ENVIRONMENT)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGGING = logs(ENVIRONMENT)
globals().update(web(ENVIRONMENT), **mail(ENVIRONMENT), **tasks(ENVIRONMENT), **SIGNIN, **cache(ENVIRONMENT))

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "register.identity.context.staff_frame",
                "customers.portal.frame.portal_frame",
            ],
        },
    }
]

# Form controls get the look's classes from templates/django/forms/widgets/attrs.html.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

LANGUAGE_CODE = "fi"
LANGUAGES = [("fi", _("Finnish")), ("sv", _("Swedish")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["register.formats"]
TIME_ZONE = "Europe/Helsinki"
USE_TZ = True
USE_I18N = True

CSRF_FAILURE_VIEW = "register.home.form_expired"

STATIC_URL = "/static/"
# Without collectstatic the embedded mode and the tests serve the files from where they lie.
STATIC_ROOT = ENVIRONMENT.path("STATIC_ROOT") if IS_PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not IS_PRODUCTION
MEDIA_ROOT = ENVIRONMENT.path("FILES") or places().files
REGISTER_FILES_DIR = MEDIA_ROOT
REGISTER_BACKUPS_DIR = ENVIRONMENT.path("BACKUPS") or places().backups
REGISTER_BACKUP_RECIPIENT = ENVIRONMENT.text("BACKUP_RECIPIENT")
REGISTER_POSTGRES_PROGRAMS = ENVIRONMENT.path("POSTGRES_PROGRAMS")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IS_PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# How long a proof of identity counts, and a session of staff when idle and at the longest.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
STAFF_SESSION_IDLE_S = 30 * 60
STAFF_SESSION_LONGEST_S = 10 * 3600

# A session of the portal is short: phones are lent and lost.
_COOKIE_PREFIX = "__Host-" if IS_PRODUCTION and ENVIRONMENT.flag("TLS") else ""
PORTAL_COOKIE_NAME = f"{_COOKIE_PREFIX}portal"
PORTAL_CODE_COOKIE_NAME = f"{_COOKIE_PREFIX}portal-code"
PORTAL_SESSION_IDLE_S = 15 * 60
PORTAL_SESSION_LONGEST_S = 2 * 3600
# The bank that lets anybody in as anybody: for made-up customers only. Production refuses to start with it.
REGISTER_DEMO_BANK = not IS_PRODUCTION

# One set_actor inside the scope tells the log who acts; auditlog's own middleware is not used.
AUDITLOG_LOGENTRY_MODEL = "audit.LogEntry"
AUDITLOG_DISABLE_REMOTE_ADDR = True
AUDITLOG_STORE_JSON_CHANGES = True

REGISTER_KEYRING_FILE = keyring_file(ENVIRONMENT)
REGISTER_KEYRING = "" if REGISTER_KEYRING_FILE else ENVIRONMENT.text("KEYRING")
REGISTER_KEY_PROVIDER = ENVIRONMENT.text("KEY_PROVIDER")
REGISTER_ALLOW_TEMPORARY_CODES = ENVIRONMENT.flag("TEMPORARY_CODES") or not IS_PRODUCTION
REGISTER_CONTROLLERS_FILE = BASE_DIR / "docs" / "seed" / "controllers.json"
REGISTER_FINDERS = FINDERS
REGISTER_STRICT_SCOPE = IS_TEST
REGISTER_RETENTION: dict[str, dict[str, int]] = {}

DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_USER_ID_FIELD = None
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG  # the line at the end says it all
