"""The rules of docker-compose.yml: each takes the parsed file and tells what breaks it.

They are functions of a document, not of the file, so that the tests can break a copy of it and
see that the rule notices.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
FILE = ROOT / "docker-compose.yml"
SCHEMA = Path(__file__).parent / "schema" / "compose-spec.json"
SECRETS = "deploy/secrets/"

Document = dict[str, Any]

STORES = ("database", "broker")
ONE_SHOTS = ("migrate", "roles")
APPLICATION_IMAGE = "register:"
# Who may hold what. A secret that is not here may be held by nobody.
HOLDERS: dict[str, set[str]] = {
    "secret_key": {"web", "worker", "purge", "beat", "migrate"},
    "keyring": {"web", "worker"},
    "mail_password": {"web", "worker"},
    "admin_password": {"database"},
    "admin_database_url": {"roles"},
    "app_password": {"web", "worker", "beat", "roles"},
    "owner_password": {"migrate", "roles"},
    "purge_password": {"purge", "roles"},
    "backup_password": {"roles"},
    "broker_url": {"web", "worker", "beat"},
    "purge_broker_url": {"purge"},
    "broker_acl": {"broker"},
    "edge_certificate": {"edge"},
    "edge_key": {"edge"},
    "database_certificate": {"database"},
    "database_key": {"database"},
    "broker_certificate": {"broker"},
    "broker_key": {"broker"},
}
_SECRET_NAME = re.compile(r"PASSWORD|SECRET|KEY|TOKEN|KEYRING|CREDENTIAL", re.IGNORECASE)
_USER_IN_ADDRESS = re.compile(r"://[^/\s@]+@")
_NOT_A_SECRET = {"REGISTER_DATABASE_SSLROOTCERT"}


def read() -> Document:
    """Return docker-compose.yml, parsed, with its anchors merged."""
    parsed = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    assert isinstance(parsed, dict)
    return parsed


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def schema_faults(document: Document) -> Iterator[str]:
    """The file is one that the Compose Specification knows."""
    for error in _validator().iter_errors(document):
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message}"


def reference_faults(document: Document) -> Iterator[str]:
    """Every name that a service speaks of is declared, every declared name is used, files exist."""
    used: dict[str, set[str]] = {"networks": set(), "volumes": set(), "secrets": set(), "configs": set()}
    for name, service in document["services"].items():
        for other in service.get("depends_on", {}):
            if other not in document["services"]:
                yield f"{name} depends on {other}, which is no service"
        for kind, names in _references(service).items():
            used[kind] |= names
            for missing in sorted(names - document.get(kind, {}).keys()):
                yield f"{name} uses {missing}, which is not among the {kind}"
    for kind, names in used.items():
        for idle in sorted(document.get(kind, {}).keys() - names):
            yield f"{idle} of the {kind} is used by no service"
    for kind in ("configs", "secrets"):
        for name, entry in document.get(kind, {}).items():
            path = entry.get("file", "")
            if not path.startswith(SECRETS) and not (ROOT / path).is_file():
                yield f"{name} of the {kind} has no file {path}"


def start_order_faults(document: Document) -> Iterator[str]:
    """Services wait for health, and for migrations to have succeeded; no circle."""
    services = document["services"]
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if other in ONE_SHOTS else "service_healthy"
            if how.get("condition") != wanted:
                yield f"{name} must wait for {other} by {wanted}"
        if _is_application(service) and name not in ONE_SHOTS and "migrate" not in service.get("depends_on", {}):
            yield f"{name} does not wait for the migrations"
        if name in _reached_by_dependency(services, name):
            yield f"{name} waits for itself"


def reach_faults(document: Document) -> Iterator[str]:
    """The database and the broker are reached through application services and in no other way."""
    services, networks = document["services"], document["networks"]
    if not networks["data"].get("internal"):
        yield "the network data is not internal"
    for name, service in services.items():
        if service.get("ports") and name != "edge":
            yield f"{name} publishes a port"
        for key in ("network_mode", "links", "external_links", "extra_hosts"):
            if key in service:
                yield f"{name} goes round the networks by {key}"
        if not _networks(service) and "network_mode" not in service:
            yield f"{name} names no network and would join a default one"
        if name in STORES and _networks(service) != {"data"}:
            yield f"{name} is on another network than data"
    if _published(services.get("edge", {})) != {"80", "443"}:
        yield "the edge publishes other ports than 80 and 443"
    if any(_is_application(service) and "edge" in _networks(service) for service in services.values()):
        yield "an application service is on the network edge"
    reached = _reached(services, {"host", "network edge"}, through_application=False)
    for store in (*(f"service {name}" for name in STORES), "network data"):
        if store in reached:
            yield f"{store} is reached from the edge or the host without the application"
    if "service database" not in _reached(services, {"host"}, through_application=True):
        yield "the graph is broken: not even the application leads to the database"


def hardening_faults(document: Document) -> Iterator[str]:
    """Each container is read-only, unprivileged, bounded, watched and stopped gently."""
    for name, service in document["services"].items():
        user = str(service.get("user", ""))
        if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", user):
            yield f"{name} has no numbered user other than root"
        if service.get("read_only") is not True:
            yield f"{name} is not read-only"
        if service.get("cap_drop") != ["ALL"]:
            yield f"{name} keeps capabilities"
        if service.get("cap_add", []) != (["NET_BIND_SERVICE"] if name == "edge" else []):
            yield f"{name} adds capabilities"
        if "no-new-privileges:true" not in service.get("security_opt", []):
            yield f"{name} may gain privileges"
        for key in ("privileged", "devices", "pid", "ipc", "userns_mode", "volumes_from"):
            if service.get(key):
                yield f"{name} has {key}"
        yield from _image_faults(name, service)
        yield from _mount_faults(name, service)
        yield from _life_faults(name, service)


def secret_faults(document: Document) -> Iterator[str]:
    """Secrets are files, held by those who need them; no environment has one in words."""
    for name, service in document["services"].items():
        held = _names(service.get("secrets", []), "source")
        for secret in sorted(held):
            if name not in HOLDERS.get(secret, set()):
                yield f"{name} must not hold {secret}"
        environment = service.get("environment", {})
        if not isinstance(environment, dict):
            yield f"{name} must write its environment as a mapping"
            continue
        for variable, value in environment.items():
            yield from _variable_faults(name, variable, str(value), held)
        for secret in sorted(held & {entry.removeprefix("/run/secrets/") for entry in _unread(service)}):
            yield f"{name} holds {secret} and does not read it"
        if service.get("env_file"):
            yield f"{name} reads an env_file, where secrets would hide"
    if document["services"].get("roles", {}).get("profiles") != ["setup"]:
        yield "roles, which holds the administrator's secret, starts with the others"


RULES = (
    schema_faults,
    reference_faults,
    start_order_faults,
    reach_faults,
    hardening_faults,
    secret_faults,
)


def _names(entries: Any, key: str) -> set[str]:
    return {entry if isinstance(entry, str) else entry[key] for entry in entries}


def _networks(service: Document) -> set[str]:
    return set(service.get("networks", []))


def mounts(service: Document) -> list[tuple[str, str]]:
    """Return where each volume of a service lies: its name or path, and the place inside."""
    found = []
    for entry in service.get("volumes", []):
        if isinstance(entry, str):
            source, _, target = entry.partition(":")
            found.append((source, target))
        else:
            found.append((entry.get("source", ""), entry.get("target", "")))
    return found


def _references(service: Document) -> dict[str, set[str]]:
    named = {source for source, _ in mounts(service) if not source.startswith((".", "/", "~"))}
    return {
        "networks": _networks(service),
        "volumes": named,
        "secrets": _names(service.get("secrets", []), "source"),
        "configs": _names(service.get("configs", []), "source"),
    }


def _is_application(service: Document) -> bool:
    return str(service.get("image", "")).startswith(APPLICATION_IMAGE)


def _published(service: Document) -> set[str]:
    return {str(port).rpartition(":")[0].rpartition(":")[2] for port in service.get("ports", [])}


def _reached_by_dependency(services: Document, start: str) -> set[str]:
    found: set[str] = set()
    waiting = list(services[start].get("depends_on", {}))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(services.get(name, {}).get("depends_on", {}))
    return found


def _reached(services: Document, start: set[str], *, through_application: bool) -> set[str]:
    edges: dict[str, set[str]] = {}
    for name, service in services.items():
        if _is_application(service) and not through_application:
            continue
        places = {f"network {network}" for network in _networks(service)}
        if service.get("ports") or service.get("network_mode") == "host":
            places.add("host")
        for place in places:
            edges.setdefault(place, set()).add(f"service {name}")
            edges.setdefault(f"service {name}", set()).add(place)
    found, waiting = set(start), list(start)
    while waiting:
        for place in edges.get(waiting.pop(), set()) - found:
            found.add(place)
            waiting.append(place)
    return found


def _image_faults(name: str, service: Document) -> Iterator[str]:
    image = str(service.get("image", ""))
    tag = re.sub(r"\$\{[^}]*:-([^}]*)\}", r"\1", image).rpartition(":")[2]
    if "." in image.split("/")[0] and "/" in image:
        yield f"{name} names a registry's address"
    if not _is_application(service) and not re.match(r"\d+\.\d+", tag):
        yield f"{name} has an image that is not pinned to a version"


def _mount_faults(name: str, service: Document) -> Iterator[str]:
    for source, target in mounts(service):
        if source.startswith((".", "/", "~")):
            yield f"{name} mounts {source} of the host"
        if not target.startswith(("/var/lib/", "/data")):
            yield f"{name} keeps data in {target}"
    for entry in service.get("tmpfs", []):
        if not {"nosuid", "nodev", "noexec"} <= set(entry.partition(":")[2].split(",")) or "size=" not in entry:
            yield f"{name} has an unbounded or executable tmpfs"


def _life_faults(name: str, service: Document) -> Iterator[str]:
    limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
    if not {"cpus", "memory", "pids"} <= limits.keys():
        yield f"{name} has no limits"
    if "stop_grace_period" not in service:
        yield f"{name} has no time to stop"
    if not service.get("init"):
        yield f"{name} has no init to reap its children"
    if "max-size" not in service.get("logging", {}).get("options", {}):
        yield f"{name} logs without bound"
    health = service.get("healthcheck", {})
    if name in ONE_SHOTS:
        if service.get("restart") != "no":
            yield f"{name} runs once and would be restarted"
        if health != {"disable": True}:
            yield f"{name} ends by itself and must say that it has no health check"
        return
    if service.get("restart") != "unless-stopped":
        yield f"{name} is not restarted"
    if not {"test", "interval", "timeout", "retries", "start_period"} <= health.keys() or health.get("disable"):
        yield f"{name} has no health check"


def _variable_faults(name: str, variable: str, value: str, held: set[str]) -> Iterator[str]:
    if variable.endswith("_FILE"):
        secret = value.removeprefix("/run/secrets/")
        if not value.startswith("/run/secrets/") or secret not in held:
            yield f"{name} reads {variable} from {value}, a secret that it does not hold"
    elif _SECRET_NAME.search(variable) and variable not in _NOT_A_SECRET:
        yield f"{name} has {variable} in its environment in words"
    if _USER_IN_ADDRESS.search(value):
        yield f"{name} has a user or password in the address {variable}"


def _unread(service: Document) -> set[str]:
    held = _names(service.get("secrets", []), "source")
    if not _is_application(service):
        return set()  # their configuration files read them; test_servers.py looks there
    return {f"/run/secrets/{name}" for name in held} - set(map(str, service.get("environment", {}).values()))
