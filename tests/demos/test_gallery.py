"""Every script of the gallery runs and leaves its figure."""

import runpy
from pathlib import Path

import pytest

import demos.gallery
from foveation import read_image

SCRIPTS = sorted(Path(demos.gallery.__file__).parent.glob("[a-z]*_[0-9]*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_the_script_draws_its_figure(script, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(script), run_name="__main__")
    assert [path.name for path in tmp_path.iterdir()] == [f"{script.stem}.png"]
    assert read_image(tmp_path / f"{script.stem}.png").std() > 0.05


def test_there_is_a_gallery():
    assert len(SCRIPTS) >= 3
