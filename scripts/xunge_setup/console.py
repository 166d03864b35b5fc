"""The web console: npm's packages and the build whose result is compiled into xunge-central."""

import hashlib
import json
from pathlib import Path

from . import wheels
from .run import run
from .say import Fail

CONSOLE = Path(__file__).parent.parent.parent / "central" / "console"
NEEDED_MB = 600
# what does not change the result
ASIDE = {"node_modules", "dist", "tests", "test", "shots"}


def build(cache):
    if not (CONSOLE / "package-lock.json").is_file():
        raise Fail(f"{CONSOLE / 'package-lock.json'} is missing: the checkout is not whole", "缺少控制台源码：仓库不完整")
    wheels.install_node(cache)
    environment = wheels.node_environment(cache)
    npm = cache.path("node", "bin", "npm")
    node_version = wheels.pins()[wheels.NODE_WHEEL]["version"]
    lock = {"node": node_version, "lock": digest([CONSOLE / "package-lock.json"])}
    modules = CONSOLE / "node_modules"
    # stamps lie beside what they speak of: whoever removes it removes the stamp
    if not stamped(modules / ".xunge-installed.json", lock):
        with cache.workspace(needed_mb=NEEDED_MB) as work:
            command = [npm, "ci", "--prefer-offline", "--ignore-scripts", "--no-progress"]
            run(command, "the console's packages", cache.log("npm-ci"), cwd=CONSOLE, env={**environment, "TMPDIR": str(work)})
        stamp(modules / ".xunge-installed.json", lock)
    facts = {**lock, "sources": digest(sources())}
    if (CONSOLE / "dist" / "index.html").is_file() and stamped(modules / ".xunge-built.json", facts):
        return "up to date · 已是最新"
    run([npm, "run", "build"], "building the console", cache.log("console"), cwd=CONSOLE, env=environment)
    if not (CONSOLE / "dist" / "index.html").is_file():
        raise Fail(f"the console's build made no dist/index.html; details: {cache.log('console')}", "控制台构建未生成 dist/index.html")
    stamp(modules / ".xunge-built.json", facts)
    return "built · 已构建"


def sources():
    """The files that the build reads."""
    return [
        path for path in sorted(CONSOLE.rglob("*"))
        if path.is_file() and path.relative_to(CONSOLE).parts[0] not in ASIDE
    ]


def digest(paths):
    total = hashlib.sha256()
    for path in paths:
        total.update(str(path.relative_to(CONSOLE)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def stamped(path, facts):
    try:
        return json.loads(path.read_text(encoding="utf-8")) == facts
    except (OSError, ValueError):
        return False


def stamp(path, facts):
    path.write_text(json.dumps(facts), encoding="utf-8")
