"""Every setting. What differs between a laptop and a cluster is read from the environment (docs/operating.md)."""

import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from django.templatetags.static import static

from flagforge.settings import csp, env
from flagforge.settings.storage import storage

ROOT = Path(__file__).resolve().parents[2]
VERSION: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
DATA = env.folder("FLAGFORGE_DATA", ROOT / "var")

DEBUG = env.flag("FLAGFORGE_DEBUG")
SHOWS_DESIGN = True  # `/design/`, for who works on the pages
SECRET_KEY = env.secret_key(DATA)
ENVELOPE_KEYS = env.envelope_keys(DATA)
BACKUP_KEYS = env.backup_keys()
PORT = env.port("FLAGFORGE_PORT", 8000)
RELAY_PORT = env.port("FLAGFORGE_RELAY_PORT", 8100)
BIND = env.text("FLAGFORGE_BIND") or "127.0.0.1"
# A query that takes so long is logged, with its statement and without values, and counted.
SLOW_QUERY_SECONDS = env.number("FLAGFORGE_SLOW_QUERY_MS", 500, at_least=1) / 1000
# Where each process alone shows its metrics: at the first free port from this one on; 0: nowhere.
METRICS_PORT = env.number("FLAGFORGE_METRICS_PORT", 0, at_most=65535)
PROFILE_TOKEN = env.profile_token()
PUBLIC_URL = env.url("FLAGFORGE_PUBLIC_URL", {"http", "https"}) or f"http://127.0.0.1:{PORT}"
RELAY_PUBLIC_URL = env.url("FLAGFORGE_RELAY_PUBLIC_URL", {"http", "https"}) or f"http://127.0.0.1:{RELAY_PORT}"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *env.words("FLAGFORGE_HOSTS")]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # its templates come before Django's; the site is our own
    "tenants",  # some of its commands stand before Django's of the same name
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",  # so that templates/django/forms comes before its own
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "allauth.usersessions",
    "guardian",
    "simple_history",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "django_htmx",
    "flags",
    "evaluation",
    "analytics",
]

# People's pages and the management API pass through these.
MIDDLEWARE = [
    "flagforge.middleware.counted",
    "tenants.middleware.request_id",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tenants.doorway.known_by_session",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "tenants.middleware.content_security_policy",
    "tenants.limiting.limited",
    "tenants.maintenance.read_only",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "tenants.sessions.last_seen",
    "tenants.devices.recognizable",
]
PROGRAM_PATHS = ("/api/v1/sdk/", "/ofrep/", "/.well-known/flagforge/", "/livez", "/readyz", "/metrics")
# Programs (SDK API, OFREP, probes) pass through these alone: no session, cookie or locale to look at.
SDK_MIDDLEWARE = [
    "flagforge.middleware.counted",
    "tenants.middleware.request_id",
    "tenants.doorway.known_by_key",
    "flagforge.middleware.problems",
]

ROOT_URLCONF = "flagforge.urls"
ASGI_APPLICATION = "flagforge.asgi.application"
FORM_RENDERER = "tenants.dashboard.drawing.Renderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
    # Rows of long lists, which Django's own language takes several times as long to draw: templates/**/*.jinja.
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [ROOT / "templates"],
        "OPTIONS": {"environment": "tenants.dashboard.jinja.environment"},
    },
]

# Data
DATABASES = {"default": env.database(DATA)}
# Makes such an entry of an URL, for whoever copies to another database.
DATABASE_OF_URL = env.database_at
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.url("REDIS_URL", {"redis", "rediss", "unix"})
# Redis must never hold an answer up: a server that accepts and is silent is given up after half a second.
REDIS_TIMEOUTS = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
REDIS_TLS = env.redis_tls(REDIS_URL)
REDIS_OPTIONS = {**REDIS_TIMEOUTS, **REDIS_TLS}
# One store under two names. `shared`: what all processes must agree on, or fail; its users stand behind a breaker or refuse.
# `default`, where libraries count tries: while Redis is away each process counts for itself, so that people can sign in.
SHARED_CACHE = (
    {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": REDIS_OPTIONS,
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 1000}}
)
CACHES = {
    "shared": SHARED_CACHE,
    "default": {**SHARED_CACHE, "BACKEND": "flagforge.cache.RedisOrHere"} if REDIS_URL else SHARED_CACHE,
}
# Where signed checkpoints of the audit log are kept: best a place that whoever holds the database cannot write.
CHECKPOINTS = env.folder("FLAGFORGE_CHECKPOINTS", DATA / "checkpoints")
# Where backups are kept, whether one is made every day, and of how many days, weeks and months they stay.
BACKUP_DAILY = env.flag("FLAGFORGE_BACKUP_DAILY", default=True)
BACKUPS = env.folder("FLAGFORGE_BACKUPS", DATA / "backups")
BACKUP_KEEP = env.numbers("FLAGFORGE_BACKUP_KEEP", {"daily": 7, "weekly": 4, "monthly": 6})
# Where signed snapshots of what environments serve are kept; without a bucket or a folder none are made.
SNAPSHOTS = bool(env.text("STORAGE_URL") or env.text("FLAGFORGE_SNAPSHOTS"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "backups": storage(BACKUPS, "backups"),
    "checkpoints": storage(CHECKPOINTS, "checkpoints"),
    "snapshots": storage(Path(env.text("FLAGFORGE_SNAPSHOTS") or DATA / "snapshots").resolve(), "snapshots"),
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, **REDIS_TLS}]},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

# The worker. Without Redis its broker is a folder; a message only ever says "look again".
CELERY_BROKER_URL = REDIS_URL or "files://"  # flagforge.broker
CELERY_BROKER_USE_SSL = REDIS_TLS or None
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
BROKER_FOLDER = DATA / "broker"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    # Without a time of their own, the sweep's next message would be waited for as long as Redis is silent.
    {"socket_connect_timeout": 5, "socket_timeout": 5, "health_check_interval": 10}
    if REDIS_URL
    else {
        "data_folder_in": str(BROKER_FOLDER / "messages"),
        "data_folder_out": str(BROKER_FOLDER / "messages"),
        "control_folder": str(BROKER_FOLDER / "control"),
        "polling_interval": 0.05,
    }
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # LOGGING below holds for the worker as well
CELERY_TIMEZONE = "UTC"
OUTBOX_NUDGE = True

# People
AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    *(
        {"NAME": f"django.contrib.auth.password_validation.{name}"}
        for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator", "NumericPasswordValidator")
    ),
]
# Kept in the cache, so they hold for all processes that share one. What is wrong with a password or a code counts:
# for the account, whoever tries, and for the address that tries.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
EMAIL_URL = env.url("EMAIL_URL", {"smtp", "smtps", "smtp+tls"})
ACCOUNT_ADAPTER = "tenants.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
SOCIALACCOUNT_ADAPTER = "tenants.adapters.SocialAccountAdapter"
SOCIALACCOUNT_PROVIDERS = env.sign_in_providers()
# What makes a stolen session worth keeping (another address, another way to sign in) asks who it is.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {"signup": "tenants.signing_up.SignUpForm"}
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if EMAIL_URL else "none"
MFA_ADAPTER = "tenants.second_factors.SecondFactors"
MFA_FORMS = {"add_webauthn": "tenants.second_factors.PasskeyForm"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "FlagForge"
# Where addresses are verified at all, an account whose owner is unknown is not locked behind somebody's factor.
MFA_ALLOW_UNVERIFIED_EMAIL = not EMAIL_URL
# A database of MaxMind's format (mmdb), of cities or of countries; without one mails name no place.
GEOIP_PATH = env.file("FLAGFORGE_GEOIP_PATH")
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend" if EMAIL_URL else "django.core.mail.backends.filebased.EmailBackend"
)
EMAIL_FILE_PATH = DATA / "mail"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = f"FlagForge <flagforge@{urlsplit(PUBLIC_URL).hostname}>"
MAIL_SERVER = env.mail_server(EMAIL_URL)
EMAIL_HOST, EMAIL_PORT = MAIL_SERVER.host, MAIL_SERVER.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL_SERVER.user, MAIL_SERVER.password
EMAIL_USE_SSL, EMAIL_USE_TLS = MAIL_SERVER.has_ssl, MAIL_SERVER.has_tls

# Doors
REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "FlagForge",
    "DESCRIPTION": "Feature flags: ask what a user gets, and hear about a change within a second.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": "{deepLinking: true, plugins: [readable]}",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "tenants.api.describe.add_components",
        "flags.api.schema.add_components",
        "evaluation.api.schema.add_components",
        "analytics.api.schema.add_components",
        "evaluation.api.streams_schema.add_streams",
    ],
}
SDK_BODY_LIMIT = 1_000_000
PAGE_BODY_LIMIT = 10_000_000
STREAM_HEARTBEAT_SECONDS = 15
# How often held manifests and keys are compared with the database although nothing woke us.
RECONCILE_SECONDS = 30

# Pages
STATIC_URL = "/static/"
STATIC_ROOT = env.folder("FLAGFORGE_STATIC", DATA / "static")
WHITENOISE_USE_FINDERS = True
LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "UTC"
CONTENT_SECURITY_POLICY = csp.strict(csp.login_origins(SOCIALACCOUNT_PROVIDERS))
# Pages whose libraries need more.
LOOSE_PAGES = ("/admin/", "/api/docs/")
LOOSE_CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SESSION_COOKIE_AGE = 14 * 24 * 3600  # since it was last seen, which is noted every few minutes
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
# The form of a flag with as many rules as it may have.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

UNFOLD = {
    "SITE_TITLE": "FlagForge",
    "SITE_HEADER": "FlagForge",
    "SITE_SYMBOL": "flag",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("tenants/mark.svg")},
    ],
    "SHOW_HISTORY": False,  # stands among the buttons of every page
    "SHOW_VIEW_ON_SITE": False,
    # The ladder of tenants/static/tenants/tokens.css: canvas, lines, text and ink from light to dark, and the accent.
    "COLORS": {
        "base": {
            "50": "#f5f7f8",
            "100": "#edf0f2",
            "200": "#e1e5e8",
            "300": "#a9b4bb",
            "400": "#8f9ba3",
            "500": "#616d76",
            "600": "#4c5860",
            "700": "#34404a",
            "800": "#272e33",
            "900": "#14181b",
            "950": "#0c0f11",
        },
        "primary": {
            "50": "#ebf1fb",
            "100": "#e8effb",
            "200": "#c9dbfa",
            "300": "#b4ceff",
            "400": "#8db4ff",
            "500": "#2f6fe4",
            "600": "#1d56c4",
            "700": "#1a4cae",
            "800": "#18243a",
            "900": "#1a2433",
            "950": "#101a2a",
        },
    },
    "BORDER_RADIUS": "6px",
    "STYLES": [lambda request: static("tenants/admin.css")],
    "SIDEBAR": {"show_search": False, "show_all_applications": False},
}

RETENTION_DAYS = 30
# Batches of telemetry as they came.
TELEMETRY_DAYS = env.number("FLAGFORGE_TELEMETRY_DAYS", 14, at_least=1, at_most=3650)
# Attributes that no context has had for so long, and values of others, are forgotten.
ATTRIBUTE_DAYS = env.number("FLAGFORGE_ATTRIBUTE_DAYS", 30, at_least=15, at_most=3650)
# Events that metrics name, and after an experiment has stopped also who took part.
EXPERIMENT_DAYS = env.number("FLAGFORGE_EXPERIMENT_DAYS", 90, at_least=1, at_most=3650)
# Where webhooks may lead besides the public internet, and how long is kept what became of each delivery.
WEBHOOK_NETWORKS = env.networks("FLAGFORGE_WEBHOOK_NETWORKS")
WEBHOOK_LOG_DAYS = env.number("FLAGFORGE_WEBHOOK_LOG_DAYS", 30, at_least=2, at_most=3650)
# What an organization has no limit of its own for. docs/limits.md says what each one counts.
LIMITS = env.numbers(
    "FLAGFORGE_LIMITS",
    {
        "projects": 1_000,
        "members": 10_000,
        "api_keys": 10_000,
        "environments_per_project": 100,
        "flags_per_project": 5_000,
        "segments_per_project": 1_000,
        "targets_per_flag": 10_000,
        "rules_per_flag": 200,
        "token_requests_per_minute": 3_000,
        "sdk_requests_per_second": 0,
        "streams": 0,
        "person_requests_per_minute": 3_000,
        "address_requests_per_minute": 600,
        "manifest_bytes": 10_000_000,
    },
)

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
# A command of a person at a terminal: its answer is what it prints, and behind that only trouble.
_AT_A_TERMINAL = Path(sys.argv[0]).name == "manage.py" and not (
    env.text("FLAGFORGE_LOG_LEVEL") or env.flag("FLAGFORGE_LOG_JSON")
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "tenants.logs.formatter", "as_json": env.flag("FLAGFORGE_LOG_JSON")}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "level": "WARNING" if _AT_A_TERMINAL else "DEBUG",
        }
    },
    "root": {"handlers": ["console"], "level": env.choice("FLAGFORGE_LOG_LEVEL", "INFO", LOG_LEVELS)},
    "loggers": {
        "django.request": {"level": "ERROR"},
        # Celery tells of each task twice, many of them every second.
        "celery": {"level": "WARNING"},
        "kombu": {"level": "WARNING"},
        "amqp": {"level": "WARNING"},
        # These two print the queries of URLs, and browsers put the keys of their streams there.
        "uvicorn.error": {"level": "WARNING"},
        "uvicorn.access": {"level": "CRITICAL"},
    },
}
