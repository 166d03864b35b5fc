"""An unsupported system, a missing tool, missing packages: one sentence each."""

from unittest import mock

from tests.helpers import Case
from xunge_setup import packages, system
from xunge_setup.say import Fail


class Machine(Case):
    def distribution(self, text, machine="x86_64"):
        release = self.folder / "os-release"
        release.write_text(text, encoding="utf-8")
        system.distribution(release, machine)

    def test_debian_12_is_supported(self):
        self.distribution('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n')

    def test_others_are_named(self):
        for text, machine, name in [
            ('PRETTY_NAME="Ubuntu 24.04"\nID=ubuntu\nVERSION_ID="24.04"\n', "x86_64", "Ubuntu 24.04"),
            ('PRETTY_NAME="Debian 13"\nID=debian\nVERSION_ID="13"\n', "x86_64", "Debian 13"),
            ('PRETTY_NAME="Debian 12"\nID=debian\nVERSION_ID="12"\n', "aarch64", "aarch64"),
        ]:
            with self.subTest(name), self.assertRaises(Fail) as caught:
                self.distribution(text, machine)
            self.assertIn("not supported", caught.exception.english)
            self.assertIn(name, caught.exception.english)

    def test_no_cargo(self):
        self.assert_one_sentence(self.setup_py("system"), "cargo is missing", "rustup.rs")

    def test_old_cargo(self):
        self.program("cargo", "echo cargo 1.80.1 '(376290515 2024-07-16)'")
        self.assert_one_sentence(self.setup_py("system"), "1.95", "1.80.1", "rustup update")

    def test_broken_cargo(self):
        self.program("cargo", "echo no default toolchain >&2; exit 1")
        self.assert_one_sentence(self.setup_py("system"), "no default toolchain")


class Packages(Case):
    def setUp(self):
        super().setUp()
        self.calls = self.folder / "calls"
        # nothing is installed until apt-get has been asked
        self.program("dpkg-query", f'[ -e {self.folder}/installed ] || exit 1; shift 2; for p in "$@"; do echo installed $p; done')
        path = mock.patch.dict("os.environ", self.environment(), clear=True)
        path.start()
        self.addCleanup(path.stop)

    def apt(self, script):
        self.program("apt-get", f'echo "$@" >>{self.calls}\n{script}')

    def called(self):
        return self.calls.read_text().splitlines() if self.calls.exists() else []

    def test_every_package_has_a_group_and_a_reason(self):
        for line in packages.LIST.read_text(encoding="utf-8").splitlines():
            entry, _, reason = line.partition("#")
            if entry.strip():
                self.assertIn(entry.split()[0], ("build", "test"), line)
                self.assertTrue(reason.strip(), line)

    def test_nothing_missing_asks_apt_for_nothing(self):
        self.apt("exit 1")
        (self.folder / "installed").touch()
        packages.install({"build"})
        self.assertEqual(self.called(), [])

    def test_missing_ones_are_installed(self):
        self.apt(f"touch {self.folder}/installed")
        with mock.patch("os.geteuid", return_value=0):
            packages.install({"build"})
        self.assertIn("install", self.called()[-1])
        self.assertIn("libopencv-dev", self.called()[-1])
        self.assertNotIn("chromium", self.called()[-1])

    def test_neither_root_nor_sudo(self):
        self.apt("exit 0")
        with mock.patch("os.geteuid", return_value=1000), mock.patch("shutil.which", self.without("sudo")):
            with self.assertRaises(Fail) as caught:
                packages.install({"build"})
        self.assertIn("apt-get install", caught.exception.english)
        self.assertEqual(self.called(), [])

    def test_old_lists_are_renewed_once(self):
        self.apt(f'case "$*" in *update*) touch {self.folder}/fresh;; *)\n'
                 f'[ -e {self.folder}/fresh ] || {{ echo "E: Unable to locate package g++"; exit 100; }}; touch {self.folder}/installed;; esac')
        with mock.patch("os.geteuid", return_value=0):
            packages.install({"build"})
        self.assertTrue(self.called()[-2].endswith("update"), self.called())

    def test_no_network(self):
        self.apt('echo "E: Failed to fetch http://deb/pool/g.deb  Temporary failure resolving \'deb\'"; exit 100')
        with mock.patch("os.geteuid", return_value=0), self.assertRaises(Fail) as caught:
            packages.install({"build"})
        self.assertIn("no network", caught.exception.english)

    def test_no_space(self):
        self.apt('echo "E: You don\'t have enough free space in /var/cache/apt/archives/."; exit 100')
        with mock.patch("os.geteuid", return_value=0), self.assertRaises(Fail) as caught:
            packages.install({"build"})
        self.assertIn("no disk space", caught.exception.english)

    def test_apt_that_lies(self):
        self.apt("exit 0")
        with mock.patch("os.geteuid", return_value=0), self.assertRaises(Fail) as caught:
            packages.install({"test"})
        self.assertIn("did not install", caught.exception.english)

    @staticmethod
    def without(name):
        import shutil
        real = shutil.which
        return lambda tool, *rest, **more: None if tool == name else real(tool, *rest, **more)
