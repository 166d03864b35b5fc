"""Debian packages: asks dpkg first and apt only for what is missing."""

import shutil
import subprocess
from pathlib import Path

from .cache import Cache
from .run import as_root, run, tool
from .say import Fail, no_space, say

LIST = Path(__file__).parent.parent / "apt-packages.txt"
LISTS = Path("/var/lib/apt/lists")
NEEDED_MB = 2500
NONINTERACTIVE = {"DEBIAN_FRONTEND": "noninteractive"}


def wanted(groups, path=LIST):
    """Names of the packages of these groups, in the order of the list."""
    names = []
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.partition("#")[0].split()
        if words and words[0] in groups:
            names.append(words[1])
    return names


def missing(names):
    """Those of `names` that are not installed."""
    query = tool("dpkg-query", "this is not a Debian system")
    command = [query, "--show", "--showformat=${db:Status-Status} ${Package}\n", *names]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    there = {line.split()[1] for line in answer.stdout.splitlines() if line.startswith("installed ")}
    return [name for name in names if name not in there]


def install(groups):
    names = missing(wanted(groups))
    if not names:
        return "all there · 已齐备"
    if shutil.disk_usage("/usr").free < NEEDED_MB * 1_000_000:
        raise no_space("/usr", NEEDED_MB)
    say(f"      installing {len(names)}: {' '.join(names)}"[:150])
    apt("install", "--yes", "--no-install-recommends", *names)
    if still := missing(names):
        raise Fail(f"apt did not install {' '.join(still)}", f"未能安装 {' '.join(still)}")
    return f"{len(names)} installed · 已安装"


def apt(*arguments):
    """Runs apt-get as root; renews its lists first if there are none, and once more if a package is not found."""
    apt_get = tool("apt-get", "this is not a Debian system")
    command = as_root([apt_get, "-o", "Acquire::Retries=2", *arguments])
    if command is None:
        raise Fail(
            f"packages are missing and only root may install them: run `apt-get {' '.join(arguments)}` as root, or install sudo",
            f"缺少软件包且当前用户无权安装：请以 root 运行 apt-get {' '.join(arguments)}，或安装 sudo",
        )
    if not any(LISTS.glob("*_Packages*")):
        update()
    log = Cache.of_environment().log("apt")
    try:
        run(command, "the Debian packages", log, env=NONINTERACTIVE)
    except Fail:
        # lists that are older than the mirror name files that are no longer there
        if not outdated(log.read_text(encoding="utf-8")):
            raise
        update()
        run(command, "the Debian packages", log, env=NONINTERACTIVE)


def outdated(output):
    # a library newer than the lists are leaves its -dev package without the version that it wants
    signs = ("Unable to locate package", "404  Not Found", "has no installation candidate", "unmet dependencies")
    return any(sign in output for sign in signs)


def update():
    command = as_root([tool("apt-get", "this is not a Debian system"), "-o", "Acquire::Retries=2",
                       "-o", "APT::Update::Error-Mode=any", "update"])
    if command is None:
        raise Fail(
            "apt's package lists are missing or old and only root may renew them: run `apt-get update` as root",
            "软件包列表缺失或过期：请以 root 运行 apt-get update",
        )
    run(command, "the list of Debian packages", Cache.of_environment().log("apt-update"), env=NONINTERACTIVE)
