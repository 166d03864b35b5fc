"""The usual Python stack on one camera, to be compared with.

OpenCV receives and decodes the RTSP stream through FFmpeg, ONNX Runtime looks at five pictures a second with the same model and
one thread that does not spin, supervision's ByteTrack follows what is found. There are no behaviors, no evidence and no
alerts: it does less than the edge.

    python peer.py --model nanodet.onnx --warm-up-secs 30 --secs 30 rtsp://127.0.0.1:8554/c0

prints one line of JSON: CPU milliseconds for a second of the camera, looks and tracks a second, resident MiB.
"""

import argparse
import json
import os
import resource
import sys
import time
import warnings

os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")

import cv2
import numpy
import onnxruntime
import supervision

LOOKS_FPS = 5.0
LEAST_SCORE = 0.3
NMS_IOU = 0.5
STRIDES = {"p8": 8, "p16": 16, "p32": 32}
LOGITS, BINS = 80, 11
# person, bicycle, car, motorcycle, bus, truck of the 80 COCO classes
CLASSES = numpy.array([0, 1, 2, 3, 5, 7])
MEAN = numpy.array([103.53, 116.28, 123.675], numpy.float32)
DEVIATION = numpy.array([57.375, 57.12, 58.395], numpy.float32)


class Detector:
    """NanoDet-G: class logits and four sides, each a distribution over eleven steps."""

    def __init__(self, model):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        _, _, self.height, self.width = self.session.get_inputs()[0].shape
        self.steps = numpy.arange(BINS, dtype=numpy.float32)

    def look(self, picture):
        height, width = picture.shape[:2]
        scale = min(self.width / width, self.height / height)
        small = cv2.resize(picture, (round(width * scale), round(height * scale)))
        canvas = numpy.full((self.height, self.width, 3), 114, numpy.uint8)
        canvas[: small.shape[0], : small.shape[1]] = small
        planes = ((canvas - MEAN) / DEVIATION).transpose(2, 0, 1)[None]
        outputs = self.session.run(list(STRIDES), {"image": planes})
        boxes, scores, classes = [], [], []
        for stride, values in zip(STRIDES.values(), outputs):
            self.decode(stride, values[0], boxes, scores, classes)
        boxes, scores = numpy.concatenate(boxes) / scale, numpy.concatenate(scores)
        classes = numpy.concatenate(classes)
        found = supervision.Detections(xyxy=boxes, confidence=scores, class_id=classes)
        return found.with_nms(threshold=NMS_IOU)

    def decode(self, stride, values, boxes, scores, classes):
        logits = values[CLASSES]
        best = logits.max(axis=0)
        rows, columns = numpy.nonzero(best > numpy.log(LEAST_SCORE / (1 - LEAST_SCORE)))
        sides = values[LOGITS:, rows, columns].reshape(4, BINS, -1)
        weights = numpy.exp(sides - sides.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        left, top, right, bottom = stride * numpy.tensordot(weights, self.steps, axes=(1, 0))
        x, y = (columns + 0.5) * stride, (rows + 0.5) * stride
        boxes.append(numpy.stack([x - left, y - top, x + right, y + bottom], axis=1))
        scores.append(1 / (1 + numpy.exp(-best[rows, columns])))
        classes.append(CLASSES[logits[:, rows, columns].argmax(axis=0)])


def cpu_secs():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def resident_mib():
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / (1 << 20)


def run(options):
    detector = Detector(options.model)
    with warnings.catch_warnings():
        # ByteTrack is to move to a package of its own; the version is pinned
        warnings.simplefilter("ignore")
        tracker = supervision.ByteTrack(frame_rate=int(LOOKS_FPS))
    camera = cv2.VideoCapture(options.url, cv2.CAP_FFMPEG)
    if not camera.isOpened():
        raise SystemExit(f"{options.url} does not open")
    begin = time.monotonic()
    due, counted_from, spent, looks, tracks = begin, None, 0.0, 0, 0
    while True:
        if not camera.grab():
            raise SystemExit(f"{options.url} ended")
        now = time.monotonic()
        if counted_from is None and now - begin >= options.warm_up_secs:
            counted_from, spent, looks, tracks = now, cpu_secs(), 0, 0
        if counted_from is not None and now - counted_from >= options.secs:
            break
        if now < due:
            continue
        due = max(due + 1 / LOOKS_FPS, now)
        ok, picture = camera.retrieve()
        if ok:
            looks += 1
            tracks += len(tracker.update_with_detections(detector.look(picture)))
    secs = now - counted_from
    return {
        "cpu_ms": (cpu_secs() - spent) * 1e3 / secs,
        "looks_fps": looks / secs,
        "tracks": tracks / max(looks, 1),
        "resident_mib": resident_mib(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="the detector's ONNX file")
    parser.add_argument("--warm-up-secs", type=float, default=30)
    parser.add_argument("--secs", type=float, default=30)
    parser.add_argument("url")
    json.dump(run(parser.parse_args()), sys.stdout)
    print()


if __name__ == "__main__":
    main()
