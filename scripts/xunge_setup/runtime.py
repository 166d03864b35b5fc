"""ONNX Runtime's shared library, taken out of its Python wheel. xunge-edge loads it when it starts."""

import zipfile

from .wheels import download, megabytes, pins

LIBRARY_SHA256 = "6c1585d1bbf45b0712ea4a21b705c5fcb4ba04ff2e30f1fbf81a49faf658638f"
PLACE = ("onnxruntime", "libonnxruntime.so")


def install(cache):
    if cache.holds(LIBRARY_SHA256, *PLACE):
        return "there · 已有"
    version = pins()["onnxruntime"]["version"]
    with cache.workspace(needed_mb=megabytes(["onnxruntime"]) + 40) as work:
        (wheel,) = download(cache, ["onnxruntime"], work)
        with zipfile.ZipFile(wheel) as archive:
            library = archive.extract(f"onnxruntime/capi/libonnxruntime.so.{version}", work)
        cache.keep(library, LIBRARY_SHA256, *PLACE)
    return f"{version} installed · 已安装"
