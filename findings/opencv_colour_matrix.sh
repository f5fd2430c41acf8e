#!/usr/bin/env bash
# OpenCV before 4.13 reads films that state BT.709 as if they were BT.601, and says nothing.
#
# Versions  opencv-python-headless 4.12.0.88 and 4.13.0.92, av 16.0.1, Linux wheels
# Input     an H.264 film of the green (0, 200, 0), converted by the matrix of BT.709 and tagged so, 64 x 64
# Seen      4.12: (15, 234, 5); 4.13: (0, 199, 0). Cameras and phones tag films so, and an update of OpenCV changes
#           their colours.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
pip="$folder/venv/bin/python -m pip install --quiet --disable-pip-version-check"
$pip numpy==2.2.6 av==16.0.1
for version in 4.12.0.88 4.13.0.92; do
    $pip --no-deps --target "$folder/$version" "opencv-python-headless==$version"
done

"$folder/venv/bin/python" - "$folder/film.mp4" <<'PYTHON'
import sys

import av
import numpy as np

with av.open(sys.argv[1], "w") as container:
    stream = container.add_stream("libx264", rate=25)
    stream.height = stream.width = 64
    stream.pix_fmt = "yuv420p"
    stream.codec_context.colorspace = stream.codec_context.color_range = 1  # BT.709, 16 to 235
    frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), (0, 200, 0), np.uint8), format="rgb24")
    container.mux(stream.encode(frame.reformat(format="yuv420p", dst_colorspace=1, dst_color_range=1)))
    container.mux(stream.encode())
PYTHON

seen() {
    PYTHONPATH="$folder/$1" "$folder/venv/bin/python" -c "
import cv2
print(cv2.__version__, cv2.VideoCapture('$folder/film.mp4').read()[1][32, 32, ::-1].tolist())"
}
old=$(seen 4.12.0.88) new=$(seen 4.13.0.92)
echo "$old"
echo "$new"
[ "$old" = "4.12.0 [15, 234, 5]" ] && [ "$new" = "4.13.0 [0, 199, 0]" ]
