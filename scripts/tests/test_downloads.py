"""Real pip and a fake npm against servers that are gone, lie or break off half way. Nothing wrong is ever kept."""

import http.server
import threading
import zipfile
from unittest import mock

from tests.helpers import Case
from xunge_setup import models, wheels
from xunge_setup.cache import Cache
from xunge_setup.say import Fail

PIN = wheels.pins()["onnxruntime"]
WHEEL = f"onnxruntime-{PIN['version']}-cp311-cp311-manylinux_2_28_x86_64.whl"
UNREACHABLE = "http://127.0.0.1:9/simple"


class Wheels(Case):
    def forged(self):
        """A wheel that pip takes for the right one and that is not."""
        path = self.folder / "index" / WHEEL
        path.parent.mkdir()
        info = f"onnxruntime-{PIN['version']}.dist-info"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("onnxruntime/capi/libonnxruntime.so." + PIN["version"], b"\0" * 300_000)
            archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: onnxruntime\nVersion: {PIN['version']}\n")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp311-cp311-manylinux_2_28_x86_64\n")
            archive.writestr(f"{info}/RECORD", "")
        return path

    def test_no_network(self):
        result = self.setup_py("onnxruntime", PIP_INDEX_URL=UNREACHABLE)
        self.assert_one_sentence(result, "no network", "onnxruntime")
        self.assertEqual(self.kept("onnxruntime"), [])

    def test_wrong_checksum(self):
        folder = self.forged().parent
        result = self.setup_py("onnxruntime", PIP_NO_INDEX="1", PIP_FIND_LINKS=str(folder))
        self.assert_one_sentence(result, "wrong checksum", WHEEL)
        self.assertEqual(self.kept("onnxruntime"), [])
        self.assertEqual(self.kept("tmp"), [])

    def test_broken_off_half_way(self):
        with HalfServer(self.forged()) as index:
            result = self.setup_py("onnxruntime", PIP_INDEX_URL=index)
        self.assert_one_sentence(result)
        self.assertEqual(self.kept("onnxruntime"), [])
        self.assertEqual(self.kept("tmp"), [])


class HalfServer:
    """A package index that breaks off in the middle of every wheel."""

    def __init__(self, wheel):
        data = wheel.read_bytes()
        page = f'<!DOCTYPE html><html><body><a href="/{wheel.name}">{wheel.name}</a></body></html>'.encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                whole = self.path.endswith("/")
                self.send_response(200)
                self.send_header("Content-Type", "text/html" if whole else "application/octet-stream")
                self.send_header("Content-Length", str(len(page if whole else data)))
                self.end_headers()
                self.wfile.write(page if whole else data[: len(data) // 2])

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}/simple"

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class ModelPackage(Case):
    def setUp(self):
        super().setUp()
        self.own = Cache(self.cache)
        self.card = next(card for _, card in models.cards() if card["default"])

    def npm(self, script):
        path = self.program("npm", script)
        place = self.cache / "node" / "bin" / "npm"
        place.parent.mkdir(parents=True)
        place.symlink_to(path)

    def fetch(self):
        with mock.patch.dict("os.environ", self.environment(), clear=True), self.assertRaises(Fail) as caught:
            models.members(self.own, self.card)
        self.assertEqual(self.kept("sources"), [])
        self.assertEqual(self.kept("tmp"), [])
        return caught.exception.english

    def test_half_a_package(self):
        self.npm(f"head -c 5000 /dev/zero >{self.card['source']['tarball']}")
        self.assertIn("wrong checksum", self.fetch())

    def test_no_network(self):
        self.npm("echo npm error code ECONNREFUSED; exit 1")
        self.assertIn("no network", self.fetch())

    def test_no_package(self):
        self.npm("exit 0")
        self.assertIn("npm fetched no", self.fetch())
