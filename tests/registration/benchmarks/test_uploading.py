"""The measurement of uploads works, and a small one keeps memory flat too."""

from pathlib import Path

from registration.benchmarks.uploading import REQUEST, upload


def test_an_upload_over_several_requests_is_kept_and_weighed(tmp_path: Path) -> None:
    seen = upload(tmp_path / "data", 3 * REQUEST + 7)
    assert seen.octets == 3 * REQUEST + 7
    assert seen.seconds > 0
    assert seen.seconds_arriving > 0
    assert max(seen.grown, seen.grown_arriving) < 60, seen
