"""Is this a machine we know, and are the tools that nobody can install for you there?"""

import platform
import re
import shutil
import subprocess
from pathlib import Path

from .say import Fail, missing_tool

RUST = (1, 95)


def check():
    distribution(Path("/etc/os-release"), platform.machine())
    rust()
    return "Debian 12, x86-64, Rust · 满足要求"


def distribution(os_release, machine):
    """Debian 12 on x86-64: the pinned libraries are built for it."""
    facts = {}
    if os_release.is_file():
        for line in os_release.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition("=")
            facts[key] = value.strip('"')
    found = facts.get("PRETTY_NAME", platform.system())
    if facts.get("ID") != "debian" or facts.get("VERSION_ID") != "12" or machine != "x86_64":
        raise Fail(
            f"this system is not supported: Debian 12 on x86-64 is needed, this is {found} on {machine}; "
            "a Debian 12 container or virtual machine will do",
            f"不支持本系统（{found}，{machine}）：需要 x86-64 的 Debian 12，可用容器或虚拟机",
        )


def rust():
    how = "install the Rust toolchain from https://rustup.rs"
    cargo = shutil.which("cargo")
    if cargo is None:
        raise missing_tool("cargo", how)
    answer = subprocess.run([cargo, "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"cargo (\d+)\.(\d+)", answer.stdout)
    if version is None:
        raise Fail(f"cargo does not run: {answer.stderr.strip()[:200]}; {how}", "cargo 无法运行，请重新安装 Rust 工具链")
    if tuple(map(int, version.groups())) < RUST:
        needed = ".".join(map(str, RUST))
        raise Fail(
            f"Rust {needed} or newer is needed, this is {answer.stdout.split()[1]}: run `rustup update stable`",
            f"需要 Rust {needed} 或更新版本：请运行 rustup update stable",
        )
