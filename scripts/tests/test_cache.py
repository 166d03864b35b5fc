"""A file is in the cache whole, or not at all."""

from pathlib import Path

from tests.helpers import Case, own_namespace
from xunge_setup import cache
from xunge_setup.cache import Cache, sha256
from xunge_setup.say import Fail, no_space_sentence


class Places(Case):
    def test_one_rule_says_where(self):
        home = Path.home() / ".cache" / "xunge"
        self.assertEqual(Cache.of_environment({}).root, home)
        self.assertEqual(Cache.of_environment({"XDG_CACHE_HOME": "/c"}).root, Path("/c/xunge"))
        self.assertEqual(Cache.of_environment({"XDG_CACHE_HOME": "/c", "XUNGE_CACHE": "/x"}).root, Path("/x"))
        self.assertEqual(self.setup_py("where").stdout.strip(), str(self.cache))

    def test_a_relative_place_is_refused(self):
        self.assert_one_sentence(self.setup_py("where", XUNGE_CACHE="cache"), "absolute path")

    def test_a_place_that_cannot_be_is_said(self):
        (self.folder / "file").write_text("")
        self.assert_one_sentence(self.setup_py("node", XUNGE_CACHE=str(self.folder / "file" / "cache")), "file")

    def test_an_unknown_part_is_said(self):
        self.assert_one_sentence(self.setup_py("modles"), "modles", "models")


class WholeOrNotAtAll(Case):
    def setUp(self):
        super().setUp()
        self.own = Cache(self.cache)
        self.source = self.folder / "download.part"
        self.source.write_bytes(b"all of it")
        self.right = sha256(self.source)

    def test_a_right_file_is_kept(self):
        self.own.keep(self.source, self.right, "models", "m.onnx")
        self.assertTrue(self.own.holds(self.right, "models", "m.onnx"))
        self.assertFalse(self.source.exists())

    def test_half_a_file_is_not_kept(self):
        self.source.write_bytes(b"all")
        with self.assertRaises(Fail) as caught:
            self.own.keep(self.source, self.right, "models", "m.onnx")
        self.assertIn("wrong checksum", caught.exception.english)
        self.assertEqual(self.kept(), [])
        self.assertFalse(self.source.exists())

    def test_a_file_that_was_tampered_with_is_not_taken(self):
        self.own.keep(self.source, self.right, "models", "m.onnx")
        (self.cache / "models" / "m.onnx").write_bytes(b"none of it")
        self.assertFalse(self.own.holds(self.right, "models", "m.onnx"))
        self.assertEqual(self.kept("models"), [])

    def test_what_a_killed_run_left_is_removed(self):
        left = self.cache / "tmp" / "abc" / "half.whl"
        left.parent.mkdir(parents=True)
        left.write_bytes(b"half")
        with self.own.locked():
            self.assertFalse(left.exists())

    def test_a_stamp_speaks_of_exactly_these_facts(self):
        self.own.stamp({"sha256": "a"}, "node", "made.json")
        self.assertTrue(self.own.stamped({"sha256": "a"}, "node", "made.json"))
        self.assertFalse(self.own.stamped({"sha256": "b"}, "node", "made.json"))
        (self.cache / "node" / "made.json").write_text('{"sha2')
        self.assertFalse(self.own.stamped({"sha256": "a"}, "node", "made.json"))


class NoSpace(Case):
    def test_too_small_a_disk_is_said_before_anything_is_fetched(self):
        with self.assertRaises(Fail) as caught, Cache(self.cache).workspace(needed_mb=10**9):
            self.fail("no disk is that large")
        self.assertIn("no disk space", caught.exception.english)

    def test_a_full_disk_is_one_sentence(self):
        """Real file systems: one too small from the start, one that a download fills to the last byte."""
        if not (namespace := own_namespace("mount")):
            return
        self.cache.mkdir()
        self.program("apt-get", 'case "$*" in *download*) dd if=/dev/zero of=opencv-doc_1.deb bs=1M count=300;; esac')
        for size in ("2m", "160m"):
            with self.subTest(size):
                mount = f'mount -t tmpfs -o size={size} tmpfs {self.cache} && exec "$@"'
                result = self.setup_py("clip", before=[*namespace, "sh", "-c", mount, "sh"])
                self.assert_one_sentence(result, "no disk space")

    def test_our_own_writing_too(self):
        with self.assertRaises(OSError) as caught, open("/dev/full", "wb", buffering=0) as full:
            full.write(b"x")
        self.assertIn("no disk space", no_space_sentence(caught.exception).english)


class Facts(Case):
    def test_the_digest_is_of_the_bytes(self):
        file = self.folder / "f"
        file.write_bytes(b"abc")
        self.assertEqual(cache.sha256(file)[:8], "ba7816bf")
