"""Submissions are read safely: what is no submission is named, and never unpacked."""

import gzip
import io
import json
import tarfile

import pytest

from ramlab.submission import MOST_UNPACKED, Manifest, NotGradable, Submission

MANIFEST = {"format": 1, "student": "ada", "lab": "05_oom", "lab_version": "1", "image": "2", "seed": ""}


def whole(**changes):
    manifest = Manifest(student="ada", lab="05_oom", lab_version="1", image="2")
    return Submission(manifest=manifest, answer=b"true\n", values={"size": "3"}, checks={"test_a": "passed"}, **changes)


def tar_of(*entries):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content, *settings in entries:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            for key, value in settings:
                setattr(entry, key, value)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def test_what_was_packed_is_read(tmp_path):
    path = tmp_path / "ada-05_oom.tar.gz"
    path.write_bytes(whole(history="free -m\n").packed())

    assert Submission.read(path) == whole(history="free -m\n")


def manifest(**changes):
    return ("manifest.json", json.dumps(MANIFEST | changes).encode())


ANSWER = ("answer.sh", b"true\n")
CASES = {
    "no tar.gz": (b"PK\x03\x04 a zip", "no tar.gz that can be read"),
    "empty": (b"", "truncated"),
    "truncated": (whole().packed()[:-20], "truncated"),
    "a bomb": (gzip.compress(bytes(MOST_UNPACKED + 1)), "more than 2000000 bytes"),
    "too large": (bytes(200_001), "larger than 200000 bytes"),
    "absolute": ([manifest(), ANSWER, ("/etc/passwd", b"x")], "'/etc/passwd', which no submission has"),
    "outwards": ([manifest(), ANSWER, ("../answer.sh", b"x")], "'../answer.sh'"),
    "a link": ([manifest(), ("answer.sh", b"", ("type", tarfile.SYMTYPE), ("linkname", "/etc/shadow"))], "'answer.sh'"),
    "a hard link": (
        [manifest(), ("answer.sh", b"", ("type", tarfile.LNKTYPE), ("linkname", "manifest.json"))],
        "'answer",
    ),
    "a device": ([manifest(), ("answer.sh", b"", ("type", tarfile.CHRTYPE))], "'answer.sh'"),
    "twice": ([manifest(), ANSWER, ANSWER], "or has it twice"),
    "no answer": ([manifest()], "it has no answer.sh"),
    "no manifest": ([ANSWER], "it has no manifest.json"),
    "no JSON": ([("manifest.json", b"{"), ANSWER], "no JSON"),
    "nested JSON": ([("manifest.json", b"[" * 100_000), ANSWER], "no JSON"),
    "no object": ([("manifest.json", b"[]"), ANSWER], "no object"),
    "another format": ([manifest(format=2), ANSWER], "of format 2; this ramlab reads 1"),
    "another word": ([manifest(points=100), ANSWER], "other words than image, lab, lab_version, seed, student"),
    "somebody else's": ([manifest(student="bob"), ANSWER], "it says of itself that it is bob-05_oom.tar.gz"),
    "no name": ([manifest(student="../ada"), ANSWER], "is not a student's name"),
    "values": ([manifest(), ANSWER, ("answers.json", b'{"size": [1]}')], "something else than words"),
}


@pytest.mark.parametrize(("content", "reason"), CASES.values(), ids=CASES)
def test_what_is_none_is_named(tmp_path, content, reason):
    path = tmp_path / "ada-05_oom.tar.gz"
    path.write_bytes(content if isinstance(content, bytes) else gzip.compress(tar_of(*content)))

    with pytest.raises(NotGradable) as refused:
        Submission.read(path)

    assert reason in refused.value.message
    assert refused.value.message.startswith(path.name)


def test_whoever_collects_may_put_something_before_the_name(tmp_path):
    path = tmp_path / "Lovelace_123_file_ada-05_oom.tar.gz"
    path.write_bytes(whole().packed())

    assert Submission.read(path).manifest.student == "ada"


def test_recordings_go_along_under_their_names(tmp_path):
    made = whole(casts={"session-1.cast": b"{}\n"})
    path = tmp_path / made.name
    path.write_bytes(made.packed())

    assert Submission.read(path).casts == {"session-1.cast": b"{}\n"}
