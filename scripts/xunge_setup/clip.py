"""The demonstration clip: Debian's opencv-doc holds a pedestrian sequence; coded once to H.264 as a camera would."""

import subprocess

from . import packages
from .cache import sha256
from .run import run, tool
from .say import Fail, no_space

PACKAGE, MEMBER = "opencv-doc", "./usr/share/doc/opencv-doc/examples/data/vtest.avi"
PACKAGE_MB = 100
ORIGINAL_SHA256 = "45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf"
ORIGINAL, CLIP, STAMP = ("clips", "vtest.avi"), ("clips", "vtest.mp4"), ("clips", "vtest.mp4.json")
# as a camera's stream: no B-frames, a keyframe every 2 s (the clip has 10 pictures a second), about 1.5 Mbit/s.
# One thread: the same pictures from the same encoder on every machine.
ENCODER = (
    "avidemux ! avdec_msmpeg4 ! videoconvert ! video/x-raw,format=I420 ! "
    "x264enc bitrate=1500 key-int-max=20 bframes=0 speed-preset=medium threads=1 option-string=scenecut=0:open-gop=0 ! "
    "video/x-h264,profile=high ! h264parse ! mp4mux faststart=true"
)


def install(cache):
    if cache.holds(ORIGINAL_SHA256, *ORIGINAL) and current(cache):
        return "there · 已有"
    if not cache.holds(ORIGINAL_SHA256, *ORIGINAL):
        fetch(cache)
    with cache.workspace(needed_mb=30) as work:
        gst = tool("gst-launch-1.0", "run `make setup`, which installs gstreamer1.0-tools")
        made = work / "clip.mp4"
        source, target = ["filesrc", f"location={cache.path(*ORIGINAL)}", "!"], ["!", "filesink", f"location={made}"]
        run([gst, "-q", *source, *ENCODER.split(), *target], "coding the demonstration clip", cache.log("clip"))
        if not made.is_file() or made.stat().st_size < 1_000_000:
            raise Fail(f"the demonstration clip was not coded; details: {cache.log('clip')}", "演示视频转码失败")
        digest = sha256(made)
        cache.place(made, *CLIP)
    cache.stamp(facts(digest), *STAMP)
    return "made · 已生成"


def facts(digest):
    return {"original": ORIGINAL_SHA256, "encoder": ENCODER, "sha256": digest}


def current(cache):
    """Is the coded clip whole and made in the present way? Its own checksum varies: the muxer writes the time of day."""
    clip = cache.path(*CLIP)
    return clip.is_file() and cache.stamped(facts(sha256(clip)), *STAMP)


def fetch(cache):
    with cache.workspace(needed_mb=PACKAGE_MB + 20) as work:
        # so that apt may give up root's rights while it downloads
        work.chmod(0o777)
        if not any(packages.LISTS.glob("*_Packages*")):
            packages.update()
        command = [tool("apt-get", "this is not a Debian system"), "-o", "Acquire::Retries=2", "download", PACKAGE]
        log = cache.log("apt-download")
        try:
            run(command, f"the Debian package {PACKAGE}", log, cwd=work)
        except Fail:
            if not packages.outdated(log.read_text(encoding="utf-8")):
                raise
            packages.update()
            run(command, f"the Debian package {PACKAGE}", log, cwd=work)
        archives = list(work.glob(f"{PACKAGE}_*.deb"))
        if len(archives) != 1:
            raise Fail(f"apt fetched no {PACKAGE}; details: {log}", f"apt 未能取得 {PACKAGE}")
        cache.keep(unpack(archives[0], work), ORIGINAL_SHA256, *ORIGINAL)


def unpack(archive, work):
    """The one file that is wanted."""
    dpkg = subprocess.Popen([tool("dpkg-deb", "this is not a Debian system"), "--fsys-tarfile", archive], stdout=subprocess.PIPE)
    with dpkg, open(work / "vtest.avi", "wb") as target:
        tar = subprocess.run(
            ["tar", "--extract", "--to-stdout", "--file=-", MEMBER],
            stdin=dpkg.stdout, stdout=target, stderr=subprocess.PIPE, text=True, check=False,
        )
    if tar.returncode != 0:
        if "No space left" in tar.stderr:
            raise no_space(work)
        raise Fail(f"{archive.name} is damaged or holds no vtest.avi; run it again", f"{archive.name} 已损坏，请重试")
    return work / "vtest.avi"
