"""Which processors need onnxruntime's slower, exact way of 8-bit products."""

import pytest

from nlp_service.tagging import encoder


@pytest.mark.parametrize(
    ("machine", "flags", "may_cut_off"),
    [
        ("x86_64", "flags : fpu sse4_2 avx2", True),
        ("x86_64", "flags : fpu avx512f avx512_vnni", False),
        ("AMD64", "flags : fpu avx2 avx_vnni", False),
        ("aarch64", "Features : fp asimd", False),
    ],
)
def test_only_x86_without_its_instructions_may_cut_off_sums(
    monkeypatch, tmp_path, machine, flags, may_cut_off
):
    (tmp_path / "cpuinfo").write_text(f"processor : 0\n{flags}\n", encoding="ascii")
    monkeypatch.setattr(encoder.platform, "machine", lambda: machine)
    monkeypatch.setattr(encoder, "_PROCESSOR", tmp_path / "cpuinfo")

    assert encoder._may_cut_off_sums() is may_cut_off


def test_an_x86_that_does_not_tell_its_instructions_takes_the_exact_way(monkeypatch, tmp_path):
    monkeypatch.setattr(encoder.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(encoder, "_PROCESSOR", tmp_path / "none")

    assert encoder._may_cut_off_sums() is True
