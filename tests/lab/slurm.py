"""A real SLURM on this computer, with one node, for tests: Debian's `slurm-wlm` and `munge`, no systemd needed."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

#: Where Debian puts daemons, which is not on everybody's path.
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
_PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo")
_CONFIG = """\
ClusterName=test
SlurmctldHost=localhost
SlurmctldPort={control}
SlurmdPort={node}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
ReturnToService=2
# what was cancelled is gone at once
KillWait=2
MinJobAge=10
NodeName=localhost NodeAddr=127.0.0.1 CPUs=2 RealMemory=2000
PartitionName=tests Nodes=localhost Default=YES MaxTime=INFINITE State=UP
"""
_SECONDS = 60


def missing_programs() -> list[str]:
    """Programs of SLURM that are not installed."""
    return [name for name in _PROGRAMS if shutil.which(name, path=_PATH) is None]


@contextlib.contextmanager
def running() -> Iterator[None]:
    """Start SLURM, with ``SLURM_CONF`` set; end it. Skips the test where it is not installed."""
    if missing := missing_programs():
        pytest.skip(
            f"SLURM is not installed (no {', '.join(missing)}); on Debian: "
            "apt-get install --no-install-recommends slurm-wlm munge"
        )
    # munge trusts no folder that others may write to, or that it cannot look into
    folder = Path(tempfile.mkdtemp(prefix="ecosim_slurm_"))
    folder.chmod(0o755)
    started: list[subprocess.Popen[bytes]] = []
    before = {name: os.environ.get(name) for name in ("SLURM_CONF", "PATH")}
    try:
        for name in ("state", "spool"):
            (folder / name).mkdir(mode=0o755)
        key = folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        config = folder / "slurm.conf"
        config.write_text(_CONFIG.format(folder=folder, user=getpass.getuser(), control=_port(), node=_port()))
        os.environ |= {"SLURM_CONF": str(config), "PATH": _PATH}
        files = {name: f"{folder}/munge.{name}" for name in ("socket", "pid", "log", "seed")}
        commands = [
            ["munged", "--foreground", f"--key-file={key}", f"--socket={files['socket']}",
             f"--pid-file={files['pid']}", f"--log-file={files['log']}", f"--seed-file={files['seed']}"],
            ["slurmctld", "-D"],
            ["slurmd", "-D", "-N", "localhost"],
        ]  # fmt: skip
        for command in commands:
            with (folder / f"{command[0]}.out").open("wb") as said:
                # in a session of its own, so that what it starts ends with it
                started.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                                                start_new_session=True))  # fmt: skip
            if command[0] == "munged":
                _wait(lambda: Path(files["socket"]).exists(), started)
        _wait(lambda: "idle" in _said("sinfo", "-h", "-o", "%T"), started)
    except TimeoutError:
        logs = "\n".join(f"{path.name}: {path.read_text(errors='replace')[-800:]}" for path in folder.glob("*.log"))
        _end(started, before, folder)
        pytest.skip(f"SLURM is installed but does not start on this computer:\n{logs}")
    try:
        yield
    finally:
        _said("scancel", "--user", getpass.getuser())
        with contextlib.suppress(TimeoutError):
            _wait(lambda: not jobs(), started, seconds=15)
        _end(started, before, folder)


def _end(started: Sequence[subprocess.Popen[bytes]], before: Mapping[str, str | None], folder: Path) -> None:
    for process in reversed(started):
        process.terminate()
    for process in reversed(started):
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)
    for name, value in before.items():
        os.environ.pop(name, None) if value is None else os.environ.update({name: value})
    shutil.rmtree(folder, ignore_errors=True)


def jobs(state: str = "") -> list[str]:
    """Numbers of the jobs in the queue, of one state (``running``, ``pending``) or of all that are not over."""
    return _said("squeue", "-h", "-o", "%i", *(["-t", state] if state else [])).split()


def cancel(job: str) -> None:
    """Cancel a job."""
    _said("scancel", job)


def _said(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, timeout=_SECONDS).stdout


def _port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait(done: Callable[[], bool], started: Sequence[subprocess.Popen[bytes]], seconds: float = _SECONDS) -> None:
    """Wait until something holds; :class:`TimeoutError` if it does not, or where a daemon ends first."""
    deadline = time.monotonic() + seconds
    while not done():
        if any(process.poll() is not None for process in started) or time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.2)
