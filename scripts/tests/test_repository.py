"""Cards, the console's stamp, licences: what the scripts rely on in this repository, and the second run."""

import os
import shutil
import subprocess
import sys
import time
from unittest import mock

from tests.helpers import PYTHON, SCRIPTS, Case, own_namespace
from xunge_setup import clip, console, models, wheels
from xunge_setup.cache import Cache


class SecondRun(Case):
    def test_it_asks_the_network_for_nothing(self):
        """On the real cache, in a network of its own that leads nowhere."""
        own = Cache.of_environment()
        if not (own.path("models").is_dir() and clip.current(own)):
            print("\nSKIPPED: the cache is not filled; run `make setup` first", file=sys.stderr)
            return
        if not (namespace := own_namespace("net")):
            return
        parts = ["packages", "onnxruntime", "node", "models", "clip"]
        if (console.CONSOLE / "node_modules" / ".xunge-built.json").exists():
            parts.append("console")
        # of one lock, setup and this test: who runs tests while setup works waits for it
        begun = time.monotonic()
        result = subprocess.run(
            [*namespace, PYTHON, str(SCRIPTS / "setup.py"), *parts],
            env=dict(os.environ, XUNGE_CACHE=str(own.root)), capture_output=True, text=True, check=False,
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertLess(time.monotonic() - begun, 30, result.stdout)


class Cards(Case):
    def test_each_says_all_that_is_needed(self):
        readme = (models.MODELS / "README.md").read_text(encoding="utf-8")
        names = []
        for folder, card in models.cards():
            with self.subTest(folder.name):
                names.append(card["name"])
                self.assertEqual(card["name"], folder.name)
                self.assertRegex(card["sha256"], "^[0-9a-f]{64}$")
                self.assertRegex(card["source"]["sha256"], "^[0-9a-f]{64}$")
                self.assertTrue((folder / "card.md").is_file())
                self.assertIn(f"({folder.name}/card.md)", readme)
                labels = (folder / card["output"]["labels"]).read_text(encoding="utf-8").splitlines()
                self.assertEqual(len(labels), len(set(labels)))
                self.assertEqual(len(labels), card["output"].get("classes", 17))
                if ranges := card["convert"].get("ranges"):
                    self.assertTrue((folder / ranges).is_file())
                    self.assertRegex(card["convert"]["float_sha256"], "^[0-9a-f]{64}$")
        self.assertTrue(any(card["default"] for _, card in models.cards()))
        self.assertEqual(len(names), len(set(names)))

    def test_no_weights_are_in_the_repository(self):
        large = [p.name for p in models.MODELS.rglob("*") if p.is_file() and p.stat().st_size > 100_000]
        self.assertEqual(large, [])

    def test_pins_are_whole(self):
        for name, pin in wheels.pins().items():
            self.assertRegex(pin["sha256"], "^[0-9a-f]{64}$", name)


class ConsoleStamp(Case):
    def test_it_follows_the_sources_only(self):
        with mock.patch.object(console, "CONSOLE", self.folder):
            for path in ("src/main.ts", "index.html", "node_modules/x/index.js", "dist/a.js", "tests/browser/a.mjs"):
                (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / path).write_text("1")
            first = console.digest(console.sources())
            for aside in ("node_modules/x/index.js", "dist/a.js", "tests/browser/a.mjs"):
                (self.folder / aside).write_text("2")
            self.assertEqual(console.digest(console.sources()), first)
            (self.folder / "src/main.ts").write_text("2")
            self.assertNotEqual(console.digest(console.sources()), first)


class Advisories(Case):
    """deny.sh with a cargo-deny of ours: it must not stay silent when the advisory database cannot be had."""

    def deny(self, bans, advisories):
        tool = self.cache / "tools" / "cargo-deny-0.0.0" / "bin" / "cargo-deny"
        tool.parent.mkdir(parents=True)
        tool.write_text(f'#!/bin/sh\ncase "$*" in *advisories*) {advisories};; *) {bans};; esac\n')
        tool.chmod(0o755)
        self.program("cargo", "exit 0")
        return subprocess.run(
            [shutil.which("bash"), str(SCRIPTS / "deny.sh"), str(self.cache), "0.0.0"],
            env=self.environment(), capture_output=True, text=True, check=False,
        )

    def test_all_well(self):
        result = self.deny("exit 0", "echo advisories ok")
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_a_forbidden_licence(self):
        self.assertNotEqual(self.deny("exit 4", "exit 0").returncode, 0)

    def test_a_known_vulnerability(self):
        result = self.deny("exit 0", "echo 'error[vulnerability]: RUSTSEC-1'; exit 1")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("RUSTSEC-1", result.stderr)

    def test_no_database_is_said_loudly(self):
        result = self.deny("exit 0", "echo 'failed to fetch advisory database'; exit 1")
        self.assertEqual(result.returncode, 0)
        self.assertIn("ADVISORIES WERE NOT CHECKED", result.stderr)
