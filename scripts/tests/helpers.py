"""What several tests need: own folders, fake programs, setup.py as a newcomer runs it."""

import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).parent.parent
# Debian's Python, as the Makefile takes it
PYTHON = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable
TOOLS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Case(unittest.TestCase):
    def setUp(self):
        # progress of what is called directly; setup.py as a program keeps its own
        self.enterContext(contextlib.redirect_stdout(io.StringIO()))
        folder = tempfile.TemporaryDirectory(prefix="xunge-test-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.cache = self.folder / "cache"

    def program(self, name, script):
        """A program that is first in PATH for `setup`."""
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    def environment(self, **more):
        """No settings of this machine's pip or npm, an empty cache."""
        kept = {k: v for k, v in os.environ.items() if not k.lower().startswith(("pip_", "npm_", "xunge_", "xdg_"))}
        path = os.pathsep.join([str(self.folder / "bin"), TOOLS])
        return {**kept, "PATH": path, "XUNGE_CACHE": str(self.cache), "PYTHONDONTWRITEBYTECODE": "1", **more}

    def setup_py(self, *arguments, before=(), **environment):
        return subprocess.run(
            [*before, PYTHON, str(SCRIPTS / "setup.py"), *arguments],
            env=self.environment(**environment), capture_output=True, text=True, timeout=300, check=False,
        )

    def assert_one_sentence(self, result, *words):
        """It failed, and said why in one sentence in two languages, not in a stack trace."""
        self.assertNotEqual(result.returncode, 0, result.stdout)
        lines = result.stderr.strip().splitlines()
        self.assertEqual(len(lines), 2, result.stderr)
        self.assertTrue(lines[0].startswith("xunge: "), lines[0])
        for word in words:
            self.assertIn(word, lines[0])
        self.assertTrue(any("\u4e00" <= letter <= "\u9fff" for letter in lines[1]), lines[1])

    def kept(self, *parts):
        """Files that lie in the cache under this folder."""
        place = self.cache.joinpath(*parts)
        return sorted(p.name for p in place.rglob("*") if p.is_file()) if place.exists() else []


def own_namespace(*kinds):
    """The command that gives a process its own mounts (m) or network (n), or None where the kernel allows none."""
    unshare = shutil.which("unshare")
    command = [unshare, "--map-root-user", "--user", *(f"--{kind}" for kind in kinds)]
    if unshare and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
        return command
    print(f"\nSKIPPED: this kernel gives no {' and '.join(kinds)} namespace to tests", file=sys.stderr)
    return None
