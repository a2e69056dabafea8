"""Sets the project up from hashed locks; quick when nothing changed.

    python3 scripts/setup.py run     what `make run` needs: the runtime and the built front end
    python3 scripts/setup.py dev     the same plus the tools for tests and checks

Needs only Python 3.11 (with venv) and Node 20. Everything lands in `.venv/`, `frontend/node_modules/`,
`frontend/out/` and `.state/`. Written for old Pythons on purpose, so that one can be told that it is too old.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Optional

from steps import (
    BACKEND,
    BIN,
    FRONTEND,
    ROOT,
    STATE,
    Step,
    Stop,
    digest,
    fail,
    forget,
    is_done,
    mark_done,
    run,
    say,
)

PYTHON = (3, 11)
NODE = (20, 9)
"""What the front end's build needs."""
QUIET = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore", "PIP_NO_INPUT": "1"}
BUILD_INPUTS = (
    "src", "public", "scripts", "package-lock.json", "next.config.ts", "postcss.config.mjs", "tsconfig.json",
)  # fmt: skip


def check_python() -> None:
    if sys.version_info < PYTHON:
        have = ".".join(map(str, sys.version_info[:2]))
        raise Stop(
            f"Python {have} is too old: Reachly needs 3.11 or newer. Name another one: make run PYTHON=python3.12"
        )


def check_node() -> str:
    """The path of npm. Node builds the front end; nothing of it runs later."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        missing = "Node.js" if not node else "npm"
        raise Stop(
            f"{missing} is missing: install Node.js {NODE[0]} or newer (with npm), then run the command again."
        )
    said = subprocess.run([node, "--version"], stdout=subprocess.PIPE, check=False).stdout.decode().strip()
    found = re.match(r"v(\d+)\.(\d+)", said)
    if not found or tuple(map(int, found.groups())) < NODE:
        wanted = ".".join(map(str, NODE))
        raise Stop(f"Node.js {said or 'of an unknown version'} is too old: Reachly needs {wanted} or newer.")
    return npm


# --- Python -----------------------------------------------------------------------------------------------------------


def make_venv() -> None:
    """A virtual environment of this very Python with uv in it."""
    lock = BACKEND / "requirements-setup.lock"
    wanted = digest([lock], sys.version, str(ROOT))
    if is_done("venv", wanted) and (BIN / "uv").exists():
        return
    forget("venv")
    forget("python")
    forget("project")
    venv = ROOT / ".venv"
    if importlib.util.find_spec("ensurepip") is not None:
        run("Virtual environment", [sys.executable, "-m", "venv", "--clear", str(venv)])
        pip = [str(BIN / "python"), "-m", "pip"]
    elif importlib.util.find_spec("pip") is not None:  # Debian splits ensurepip off
        run("Virtual environment", [sys.executable, "-m", "venv", "--clear", "--without-pip", str(venv)])
        pip = [sys.executable, "-m", "pip", "--python", str(BIN / "python")]
    else:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise Stop(
            f"This Python {version} has neither ensurepip nor pip, so no virtual environment can be made.\n"
            f"On Debian and Ubuntu: apt-get install python{version}-venv"
        )
    hint = "The first set-up downloads packages: is the network (or your package mirror) there?"
    run("Installer", [*pip, "install", "-q", "--require-hashes", "-r", str(lock)], env=QUIET, hint=hint)
    mark_done("venv", wanted)


def start_packages(kind: str) -> Optional[Step]:
    """Begins installing the locked packages; None when they are there. Tools include the runtime."""
    for candidate in ("dev", "run") if kind == "run" else ("dev",):
        if is_done("python", f"{candidate} {digest([lock_of(candidate)])}"):
            return None
    forget("python")
    # Compiled now, beside the front end's build, rather than by three processes at the first start.
    command = [str(BIN / "uv"), "pip", "install", "-q", "--compile-bytecode", "--python", str(BIN / "python")]
    command += ["--require-hashes"]
    return Step("Python packages", [*command, "-r", str(lock_of(kind))], env=index_settings())


def lock_of(kind: str) -> Path:
    return BACKEND / ("requirements-dev.lock" if kind == "dev" else "requirements.lock")


def index_settings() -> Dict[str, str]:
    """uv takes its package index from where pip takes it, so that a mirror need be set up once only.

    Every file is checked against the hash in the lock, so where it comes from does not matter.
    """
    settings = {
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_HTTP_TIMEOUT": "180",
    }
    pip = [str(BIN / "python"), "-m", "pip"]
    if not (BIN / "pip").exists():
        pip = [sys.executable, "-m", "pip"]
    said = subprocess.run(
        [*pip, "config", "list"],
        env={**os.environ, **QUIET},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    configured = dict(
        re.findall(r"^(?:global|install|:env:)\.([a-z-]+)='(.*)'$", said.stdout.decode(), re.MULTILINE)
    )
    names = {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_INDEX",
        "find-links": "UV_FIND_LINKS",
        "trusted-host": "UV_INSECURE_HOST",
        "cert": "SSL_CERT_FILE",
    }
    for name, variable in names.items():
        value = configured.get(name)
        if value and variable not in os.environ:
            separator = "," if name == "find-links" else " "
            settings[variable] = separator.join(value.replace("\\n", " ").split())
    return settings


def install_project() -> None:
    wanted = digest([BACKEND / "pyproject.toml"])
    if is_done("project", wanted) and (BIN / "reachly").exists():
        return
    command = [str(BIN / "uv"), "pip", "install", "-q", "--python", str(BIN / "python")]
    offline = {"UV_PYTHON_DOWNLOADS": "never", "UV_OFFLINE": "1"}
    run("Reachly itself", [*command, "--no-deps", "--no-build-isolation", "-e", str(BACKEND)], env=offline)
    mark_done("project", wanted)


# --- front end --------------------------------------------------------------------------------------------------------


def start_modules() -> Optional[Step]:
    """Begins `npm ci`; None when the modules fit the lock, or when only the built front end came along."""
    if not (FRONTEND / "package-lock.json").exists():
        return None
    wanted = modules_digest()
    if is_done("node", wanted) and (FRONTEND / "node_modules").is_dir():
        return None
    npm = check_node()
    forget("node")
    return Step(
        "Front-end packages", [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=FRONTEND
    )


def modules_digest() -> str:
    return digest([FRONTEND / "package-lock.json", FRONTEND / ".npmrc"])


def build_front_end() -> None:
    if not (FRONTEND / "package.json").exists():
        say("No front end in this checkout: the API is served alone")
        return
    wanted = digest([FRONTEND / name for name in BUILD_INPUTS])
    if is_done("build", wanted) and (FRONTEND / "out" / "index.html").exists():
        return
    npm = check_node()
    forget("build")
    run("Front end built", [npm, "run", "build"], cwd=FRONTEND, env={"NEXT_TELEMETRY_DISABLED": "1"})
    mark_done("build", wanted)


# --- all together -----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """One set-up at a time in this checkout."""
    try:
        STATE.mkdir(exist_ok=True)
        lock = (STATE / "lock").open("w")
    except OSError as error:
        raise Stop(f"The checkout {ROOT} is not writable for you: {error.strerror}.") from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def set_up(kind: str) -> None:
    check_python()
    with alone():
        if (FRONTEND / "package.json").exists():
            check_node()
        modules = start_modules()
        make_venv()
        packages = start_packages(kind)
        if packages:
            packages.wait("If a package cannot be found: the network, or your package mirror, may be away.")
            mark_done("python", f"{kind} {digest([lock_of(kind)])}")
        install_project()
        if modules:
            modules.wait("If a package cannot be found: the network, or your package mirror, may be away.")
            mark_done("node", modules_digest())
        build_front_end()


def main(arguments: List[str]) -> int:
    kind = arguments[0] if arguments else "run"
    try:
        set_up(kind)
    except Stop as error:
        return fail(error)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
