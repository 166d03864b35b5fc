"""Runs other programs: output to a log file, a sign of life on screen, failures as sentences."""

import os
import shutil
import subprocess
import sys
import time

from .say import Fail, missing_tool, no_network, no_space, say

# how the tools that we call say these things (apt, pip, npm), all with LC_ALL=C
NO_SPACE = ("No space left on device", "ENOSPC", "You don't have enough free space", "Disk quota exceeded")
NO_NETWORK = (
    "Temporary failure in name resolution", "Name or service not known", "Temporary failure resolving",
    "Could not resolve", "Network is unreachable", "Connection refused", "NewConnectionError", "timed out",
    "Could not connect", "Unable to connect", "Cannot initiate the connection", "Connection broken", "Connection aborted",
    "ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "ECONNRESET", "ENETUNREACH", "Failed to fetch",
    "IncompleteRead", "ProxyError", "SSLError",
)
SIGN_OF_LIFE_SECS = 20


def tool(name, how):
    """The full path of a program."""
    if found := shutil.which(name):
        return found
    raise missing_tool(name, how)


def run(command, what, log, cwd=None, env=None, reads=None):
    """Runs `command`; `what` is what it fetches or makes, for the sentence when it fails.

    `reads` is given the output's last lines and may name a failure more exactly.
    """
    environment = {**os.environ, "LC_ALL": "C.UTF-8", **(env or {})}
    begun = said = time.monotonic()
    tail = []
    with open(log, "w", encoding="utf-8") as record:
        try:
            process = subprocess.Popen(
                [str(part) for part in command], cwd=cwd, env=environment, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            )
        except FileNotFoundError:
            raise missing_tool(str(command[0]), "install it and run this again") from None
        try:
            for line in process.stdout:
                record.write(line)
                tail = (tail + [line.strip()])[-200:]
                if time.monotonic() - said > SIGN_OF_LIFE_SECS:
                    said = time.monotonic()
                    say(f"      … {said - begun:.0f} s: {line.strip()[:90]}")
            code = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        finally:
            process.stdout.close()
    if code != 0:
        raise (reads and reads(tail)) or reason(tail, code, what, log)


def reason(tail, code, what, log):
    """The sentence for a program that failed."""
    text = "\n".join(tail)
    if any(sign in text for sign in NO_SPACE):
        return no_space(os.path.dirname(os.path.dirname(log)))
    if any(sign in text for sign in NO_NETWORK):
        return no_network(what, log)
    last = next((line for line in reversed(tail) if line), f"it ended with code {code}")
    return Fail(f"{what} failed: {last[:200]}; details: {log}", f"{what} 失败，详情见 {log}")


def as_root(command):
    """The command with what makes it root's, or None if there is no way."""
    if os.geteuid() == 0:
        return command
    sudo = shutil.which("sudo")
    if sudo is None:
        return None
    # asked here, on the terminal, before output goes to a log
    if subprocess.run([sudo, "-v"], stdin=None if sys.stdin.isatty() else subprocess.DEVNULL, check=False).returncode:
        return None
    return [sudo, *command]
