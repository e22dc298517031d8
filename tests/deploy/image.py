"""The rules of the Dockerfile: each takes its text and tells what breaks it."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from dockerfile_parse import DockerfileParser

from tests.deploy.stack import ROOT

FILE = ROOT / "Dockerfile"
IGNORE = ROOT / ".dockerignore"
NOT_IN_THE_IMAGE = {"tests", "bench"}
_BUILD_TOOLS = re.compile(r"\b(apt-get|apk|gcc|g\+\+|make|build-essential|git|curl|wget|uv|pip install)\b")


@dataclass
class Stage:
    """One FROM and what follows it."""

    image: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def values(self, instruction: str) -> list[str]:
        return [value for name, value in self.steps if name == instruction]


def stages(text: str) -> list[Stage]:
    """Return the stages of a Dockerfile in order."""
    parser = DockerfileParser(fileobj=io.BytesIO(text.encode()))
    found: list[Stage] = []
    for step in parser.structure:
        instruction, value = step["instruction"], step["value"]
        if instruction == "FROM":
            image, _, name = value.partition(" AS ")
            found.append(Stage(image, name))
        elif found and instruction != "COMMENT":
            found[-1].steps.append((instruction, value))
    return found


def stage_faults(text: str) -> Iterator[str]:
    """What builds stays behind; what runs is small and nobody's."""
    found = stages(text)
    if [stage.name for stage in found] != ["build", "register"]:
        yield "the stages are not build and register"
        return
    build, final = found
    if final.values("USER")[-1:] != ["10001:10001"]:
        yield "the image does not end as the user 10001"
    for value in final.values("RUN"):
        for tool in _BUILD_TOOLS.findall(value):
            yield f"the final stage runs {tool}"
    copies = final.values("COPY")
    if [copy.split()[0] for copy in copies] != ["--from=build"]:
        yield "the final stage copies from elsewhere than the build"
    if any("--chown=root:root" not in copy for copy in copies):
        yield "the code belongs to the user that runs it"
    if not final.values("HEALTHCHECK"):
        yield "the image has no health check"
    if not build.image.startswith("python:") or build.image != final.image:
        yield "the stages have different interpreters"


def supply_faults(text: str) -> Iterator[str]:
    """Packages come by the lock and its hashes; nothing comes by an address, no secret stays."""
    found = stages(text)
    syncs = [value for stage in found for value in stage.values("RUN") if "uv sync" in value]
    if not syncs:
        yield "packages are not taken by uv sync"
    for value in syncs:
        for option in ("--frozen", "--no-dev", "--no-build"):
            if option not in value:
                yield f"uv sync lacks {option}"
    if re.search(r"[a-z]+://", re.sub(r"(?m)^#.*$", "", text)):
        yield "an address is written into the image"
    for stage in found:
        if stage.values("ADD"):
            yield "ADD may fetch and unpack: COPY does not"
        for value in stage.values("ENV") + stage.values("ARG"):
            for name in re.findall(r"(\w+)=", value):
                if re.search(r"PASSWORD|SECRET|TOKEN|KEY", name):
                    yield f"{name} would stay in the image"


def content_faults(text: str) -> Iterator[str]:
    """What is copied exists and is let through; every package of the register is copied."""
    build = stages(text)[0]
    sources = [source for value in build.values("COPY") for source in value.split()[:-1]]
    allowed = [line[1:] for line in IGNORE.read_text().splitlines() if line.startswith("!")]
    for source in sources:
        if not (ROOT / source).exists():
            yield f"{source} is copied and does not exist"
        if not any(fnmatch(source, pattern) or source.startswith(f"{pattern}/") for pattern in allowed):
            yield f"{source} is copied and kept out by .dockerignore"
    for package in sorted(packages() - set(sources)):
        yield f"{package} is not copied"
    steps = "\n".join(build.values("RUN"))
    for command, name in (("collectstatic", "collected"), ("register.languages compile", "translated")):
        if command not in steps:
            yield f"nothing is {name}: {command} is missing"


def packages() -> set[str]:
    """Return the top-level packages of the register that an image needs."""
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    return found - NOT_IN_THE_IMAGE


RULES = (stage_faults, supply_faults, content_faults)


def ignored() -> list[str]:
    """Return the lines of .dockerignore that say something."""
    return [line for line in Path(IGNORE).read_text().splitlines() if line and not line.startswith("#")]
