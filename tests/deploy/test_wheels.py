"""Which wheels the promised systems can use."""

import pytest

from deploy import wheels
from lib.config import ROOT


@pytest.mark.parametrize(
    ("platform", "fits"),
    [
        ("any", True),
        ("manylinux_2_28_aarch64", True),
        ("manylinux2014_aarch64.manylinux_2_17_aarch64", True),
        ("manylinux_2_31_aarch64.manylinux_2_28_aarch64", True),
        ("manylinux_2_31_aarch64", False),
        ("manylinux_2_28_x86_64", False),
        ("musllinux_1_2_aarch64", False),
        ("linux_aarch64", False),
        ("win_arm64", False),
    ],
)
def test_a_wheel_fits_by_processor_and_c_library(platform, fits):
    assert wheels.fits(platform, "aarch64") is fits


def test_everything_the_product_needs_is_pinned():
    assert len(wheels.pins(ROOT / "requirements.txt")) > 50


def test_a_line_without_a_version_is_refused(tmp_path):
    (tmp_path / "r.txt").write_text("pandas>=3\n", "utf-8")
    with pytest.raises(wheels.WheelError, match="pandas"):
        wheels.pins(tmp_path / "r.txt")


def test_missing_wrong_and_too_new_wheels_are_named(tmp_path):
    (tmp_path / "r.txt").write_text("A_b==1.0\nc[x]==2.0\nd==3.0\n", "utf-8")
    names = ["a_b-1.0-py3-none-any.whl", "c-1.9-cp311-cp311-manylinux_2_34_x86_64.whl"]
    faults = wheels.check(tmp_path / "r.txt", "x86_64", names)
    assert len(faults) == 3
    assert all(any(word in fault for fault in faults) for word in ("2.28", "应为 2.0", "d==3.0"))
