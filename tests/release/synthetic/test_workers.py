"""A worker gives a signed answer or an error that says nothing of the information; nothing of it stays behind."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.release.workers import (
    WORKERS,
    find_home,
    find_python,
    find_worker,
    installing,
    is_installed,
    mark_complete,
    remove_worker,
    running,
)
from fairshare.release.workers.installing import WorkerBeingInstalled, WorkerNotInstalled, install_worker
from fairshare.release.workers.running import (
    WorkerFailed,
    WorkerGaveUp,
    WorkerLimits,
    WorkerUnsound,
    run_worker,
    sign_run,
)
from fairshare.words import FairshareError, MissingPart, NotFound
from tests.release.synthetic.tables import find_children

LOSS = {"epsilon": 1.0, "delta": 1e-6}
ROWS = bytes(2 * 200 * 2)
ASKED = {**LOSS, "sizes": [2, 2], "held_out": 0.2, "method": "sample", "target": 1}


def make_worker(home: Path, script: str) -> Path:
    """An environment whose Python is a program of our own, to answer as a broken or hostile worker would."""
    python = home / "synthetic" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o700)
    mark_complete("synthetic", home)
    return home


def ask(home: Path, **changes: object) -> running.Answer:
    return run_worker("synthetic", "foresee", LOSS, {}, home=home, entropy=secrets.token_bytes, **changes)


def left_behind() -> list[str]:
    return [each.name for each in Path(tempfile.gettempdir()).iterdir() if each.name.startswith("fairshare-worker-")]


def test_a_worker_that_is_missing_is_named_with_the_command_that_installs_it(tmp_path):
    with pytest.raises(MissingPart, match="fairshare worker install synthetic") as caught:
        ask(tmp_path)
    assert caught.value.exit_code == 7


def test_a_worker_installed_from_another_lock_or_only_half_counts_as_missing(tmp_path):
    make_worker(tmp_path, "exit 0")
    assert is_installed("synthetic", tmp_path)
    (tmp_path / "synthetic" / "complete").write_text("0" * 64 + " 3.11\n")
    assert not is_installed("synthetic", tmp_path)
    assert remove_worker("synthetic", tmp_path)
    assert not remove_worker("synthetic", tmp_path)


def test_a_worker_that_nobody_knows_is_not_found(tmp_path):
    for act in (find_worker, lambda name: find_python(name, tmp_path), lambda name: install_worker(name, tmp_path)):
        with pytest.raises(NotFound, match="synthetic, attacks"):
            act("../etc")


def test_two_processes_do_not_install_one_worker_at_the_same_time(tmp_path):
    with (tmp_path / ".attacks.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(WorkerBeingInstalled):
            install_worker("attacks", tmp_path)


def test_a_place_that_cannot_hold_a_worker_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WorkerNotInstalled, match="goes on where it stopped"):
        install_worker("attacks", tmp_path / "file")
    assert not is_installed("attacks", tmp_path)


@pytest.mark.parametrize("worker", WORKERS.values(), ids=lambda worker: worker.name)
def test_every_requirement_of_a_worker_has_a_digest_and_no_lock_names_a_registry(worker):
    text = worker.lock.read_text("utf-8")
    assert "://" not in text
    assert "--index" not in text
    for pin in re.split(r"\n(?=\S)", text.strip()):
        assert re.match(r"[\w.-]+==\S+", pin)
        assert "--hash=sha256:" in pin


def test_the_home_of_workers_is_a_setting_and_otherwise_the_users_own_folder():
    assert find_home({"FAIRSHARE_WORKERS": "/srv/w"}) == Path("/srv/w")
    assert find_home({"XDG_DATA_HOME": "/d"}) == Path("/d/fairshare/workers")
    assert find_home({}).is_relative_to(Path.home())


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("exit 0", "WORKER_FAILED"),
        ("exit 3", "WORKER_FAILED"),
        ("kill -9 $$", "WORKER_FAILED"),
        ("echo secret of Kit Marsh >&2; exit 1", "WORKER_FAILED"),
        ("cat >/dev/null; echo 'progress 0.5'", "WORKER_FAILED"),
        ("cat >/dev/null; echo 'progress of Kit Marsh'; echo 'progress nan'", "WORKER_FAILED"),
        ('cat >/dev/null; echo \'answer 00 {"values":{},"files":{}}\'', "WORKER_UNSOUND"),
        ('cat >/dev/null; echo \'answer 00 {"values":{},"files":{"a":9}}\'', "WORKER_UNSOUND"),
        ('cat >/dev/null; echo \'answer 00 {"values":{},"files":{"a":-1}}\'', "WORKER_UNSOUND"),
        ('cat >/dev/null; echo \'answer 00 {"values":{},"files":{"a":99999999999}}\'', "WORKER_UNSOUND"),
        ("cat >/dev/null; echo 'answer 00 [1]'", "WORKER_UNSOUND"),
        ("cat >/dev/null; echo 'answer'", "WORKER_FAILED"),
        ("cat >/dev/null; echo 'answer 00 not json of Kit Marsh'", "WORKER_UNSOUND"),
        ("while :; do sleep 1; done", "WORKER_GAVE_UP"),
    ],
)
def test_what_is_not_signed_for_this_run_is_never_used_or_shown(tmp_path, monkeypatch, script, code):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seconds = 1 if code == "WORKER_GAVE_UP" else 60
    with pytest.raises(FairshareError) as caught:
        ask(
            make_worker(tmp_path / "home", script), limits=WorkerLimits(seconds=seconds), on_progress=lambda share: None
        )
    assert caught.value.code == code
    assert "Marsh" not in str(caught.value)
    assert left_behind() == []


@pytest.fixture(scope="module")
def parrot(tmp_path_factory):
    """A worker that says whatever is in a file."""
    folder = tmp_path_factory.mktemp("parrot")
    return make_worker(folder / "home", f"cat >/dev/null; cat {folder / 'says'}"), folder / "says"


@given(st.binary(max_size=200), st.sampled_from([b"", b"answer ", b"answer 00 {}\n", b"progress "]))
def test_whatever_a_worker_says_the_outcome_is_an_error_of_the_family(parrot, said, before):
    home, says = parrot
    says.write_bytes(before + said)
    with pytest.raises(FairshareError):
        ask(home, on_progress=lambda share: None)


def test_an_answer_to_another_question_or_with_a_changed_byte_has_another_signature():
    key, question, given_, head, made = b"k" * 32, b"question", {"rows": b"12"}, b"{}", {"out": b"34"}
    true = sign_run(key, question, given_, head, made)
    assert true not in {
        sign_run(b"j" * 32, question, given_, head, made),
        sign_run(key, b"questioN", given_, head, made),
        sign_run(key, question, {"rows": b"13"}, head, made),
        sign_run(key, question, given_, b"{ }", made),
        sign_run(key, question, given_, head, {"out": b"35"}),
        sign_run(key, question, {"rows": b"1"}, b"2{}", made),
    }


def test_a_real_worker_answers_and_leaves_nothing_behind(workers):
    assert 0.02 < ask(workers).values["rho"] < 0.03
    assert left_behind() == []


def test_a_worker_killed_in_its_work_is_a_clear_error_and_its_folder_is_gone(workers):
    killed = []

    def kill(share: float) -> None:
        if not killed:
            killed.extend(find_children())
            for each in killed:
                os.kill(each, signal.SIGKILL)

    with pytest.raises(WorkerFailed, match="signal 9"):
        run_worker(
            "synthetic",
            "synthesise",
            ASKED,
            {"rows": ROWS},
            home=workers,
            entropy=secrets.token_bytes,
            on_progress=kill,
        )
    assert killed
    assert left_behind() == []


def test_a_fault_inside_a_worker_is_told_by_its_kind_alone(workers):
    with pytest.raises(WorkerFailed, match=r"stopped with [A-Za-z]+Error \(") as caught:
        run_worker(
            "synthetic", "synthesise", {**ASKED, "sizes": [2, 2, 2]}, {"rows": b"Kit Marsh"}, home=workers,
            entropy=secrets.token_bytes,
        )  # fmt: skip
    assert "Marsh" not in str(caught.value)


def test_a_worker_that_needs_more_memory_than_it_may_use_stops(workers):
    with pytest.raises((WorkerGaveUp, WorkerFailed)):
        ask(workers, limits=WorkerLimits(memory_mb=60))
    assert left_behind() == []


def test_a_worker_cannot_reach_the_network():
    with socket.create_server(("127.0.0.1", 0)) as server:
        script = (
            f"import sys; sys.path.append({str(Path(running.__file__).parent)!r})\n"
            "import apart, socket; apart.cut_off()\n"
            f"try: socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 5)\n"
            "except PermissionError: print('cut off')"
        )
        done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "cut off\n"


def test_the_signature_of_a_worker_is_over_what_it_was_asked_and_what_it_answered(workers, monkeypatch):
    monkeypatch.setattr(running, "sign_run", lambda *given: "0" * 64)
    with pytest.raises(WorkerUnsound, match="signature does not hold"):
        ask(workers)


def test_nothing_that_is_installed_is_built_or_comes_without_a_hash():
    source = Path(installing.__file__).read_text("utf-8")
    for option in ("--require-hashes", "--only-binary", "--no-deps"):
        assert option in source
