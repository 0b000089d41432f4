import errno
import inspect
from dataclasses import fields

import pytest

from designer_app import errors
from designer_app.errors import DesignerAppError, InvalidSpecError, WorkerDiedError
from designer_app.running.encoding import decode, encode
from designer_app.running.messages import JobError, RemoteFailure, exception_of, job_error

_KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, DesignerAppError)
]


@pytest.mark.parametrize("kind", _KINDS)
def test_every_error_of_ours_is_raised_again_as_itself(kind):
    sent = kind(*(("a", "b") if each.type == "tuple" else 7 for each in fields(kind)))
    found = exception_of(decode(*encode(job_error(sent))))
    assert type(found) is kind
    assert found.facts() == sent.facts()


def test_a_foreign_error_keeps_its_name_text_and_traceback():
    def fail():
        raise ZeroDivisionError("no volume")

    try:
        fail()
    except ZeroDivisionError as error:
        found = exception_of(job_error(error))
    assert isinstance(found, RemoteFailure)
    assert found.error.kind == "ZeroDivisionError"
    assert found.error.message == "no volume"
    assert "in fail" in found.error.traceback
    assert job_error(found) is found.error


def test_the_traceback_of_the_worker_is_shown_on_this_side():
    error = exception_of(JobError("MissingCellError", {"asked": "stress"}, "", "in potential.py"))
    assert "in potential.py" in job_error(error).traceback


def test_facts_that_are_no_plain_data_become_text():
    found = job_error(InvalidSpecError("ensemble", object, "choose one"))
    assert found.facts["value"] == repr(object)


def test_an_error_of_another_version_still_arrives():
    found = exception_of(JobError("WorkerDiedError", {"colour": 1}, "it died", ""))
    assert isinstance(found, RemoteFailure)
    assert str(found) == "it died"


def test_a_kind_that_is_no_error_is_not_called():
    assert isinstance(exception_of(JobError("Any", {}, "x", "")), RemoteFailure)
    assert isinstance(exception_of(JobError("dataclass", {}, "x", "")), RemoteFailure)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EFBIG])
def test_a_disk_that_takes_no_more_is_a_failed_write(number):
    found = job_error(OSError(number, "refused", "/runs/1.traj"))
    assert found.kind == "WriteFailedError"
    assert found.facts == {"path": "/runs/1.traj", "reason": "refused"}


@pytest.mark.parametrize(
    ("error", "device"),
    [
        (MemoryError(), "cpu"),
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory"),
            "cpu",
        ),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"), "cuda"),
    ],
)
def test_used_up_memory_is_told_as_such(error, device):
    found = job_error(error)
    assert found.kind == "OutOfMemoryError"
    assert found.facts["device"] == device


def test_a_death_of_the_worker_carries_its_last_words():
    error = WorkerDiedError(-11, "md")
    error.add_note("Fatal Python error: Segmentation fault")
    assert "Segmentation fault" in job_error(error).traceback
