"""Workers on a Dask cluster: one that is running, one started on this computer, or jobs of a SLURM queue."""

from __future__ import annotations

import asyncio
import getpass
import importlib
import logging
import subprocess
import time
from collections.abc import Collection
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from ecosim.errors import InputError
from ecosim.lab.parts import Part
from ecosim.lab.pool import TICK_SECONDS, Payload, Task, WorkerLostError, start_worker, too_long
from ecosim.lab.settings import RunnerConfig
from ecosim.processes import main_hidden, main_is_needed

#: Seconds to reach a scheduler.
_CONNECT_SECONDS = 15
#: Seconds to leave a cluster: a worker that was lost near the end must first have started again before it can end.
_CLOSE_SECONDS = 60
#: Seconds between two looks whether SLURM jobs have ended and must be asked for again.
_REFILL_SECONDS = 60.0
#: Times that jobs are over and no worker was there since, before the sweep stops: they would come and go for ever.
_MOST_IN_VAIN = 3
#: Seconds SLURM may take to say which jobs it has.
_ANSWER_SECONDS = 30
#: Memory asked for per process of a SLURM job, when nothing is said.
_SLURM_GIB = 2.0


def import_or_say(module: str, extra: str) -> Any:
    """Import a library that is not always there."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise InputError(
            "runner", extra, problem=f"needs the library {module}", allowed=f'pip install "ecosim[{extra}]"'
        ) from None


def check_runner(runner: RunnerConfig) -> None:
    """Refuse, before anything runs, a cluster that cannot be used.

    Raises
    ------
    InputError
        If a library is missing, the address is none, or cluster and serial work are both asked for.
    """
    if runner.kind == "local":
        return
    import_or_say("distributed", "dask")
    if runner.kind == "slurm":
        import_or_say("dask_jobqueue", "slurm")
    if runner.processes == 0:
        raise InputError("runner.processes", 0, problem=f"does not go with runner={runner.kind}", allowed="1 or more")
    if runner.address is not None and "://" not in runner.address:
        raise InputError("runner.address", runner.address, problem="is no address", allowed="tcp://host:port")


def work(task: Task, versions: dict[str, str], code: str, payloads: list[Payload]) -> Part:
    """Run a batch on a worker that may be another computer: the same program, prepared once per process."""
    global _prepared
    if not _prepared:
        from ecosim.lab import store

        for what, here, there in (("code", store.code_fingerprint(), code), ("versions", store.versions(), versions)):
            if here != there:
                raise InputError(
                    "runner.address", problem=f"a worker has other {what} of ecosim or its libraries",
                    allowed="the same environment everywhere",
                )  # fmt: skip
        start_worker(task.plugins, task.memory_gib, task.modules)
        _prepared = True
    return task(payloads)


_prepared = False


class DaskPool:
    """Workers of a Dask cluster; one that is lost is replaced by Dask, one that hangs is restarted."""

    def __init__(self, workers: int, task: Task, runner: RunnerConfig) -> None:
        from dataclasses import replace

        from ecosim.lab import store

        check_runner(runner)
        distributed = import_or_say("distributed", "dask")
        # what becomes of a batch is said by the sweep itself
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        self._distributed = distributed
        self._runner = runner
        # on another computer the current folder may be another
        plugins = tuple(str(Path(name).resolve()) if name.endswith(".py") else name for name in task.plugins)
        self._task = replace(task, plugins=plugins)
        self._versions, self._code = store.versions(), store.code_fingerprint()
        self._deadlines: dict[Any, float] = {}
        self._hung: set[Any] = set()
        self._refilled = time.monotonic()
        self._in_vain = self._replaced = 0
        self._cluster: Any = None
        self._shut = ExitStack()
        if runner.kind == "slurm":
            self._cluster = slurm_cluster(runner)
            self._cluster.scale(jobs=runner.jobs)
        elif runner.address is None:
            if not main_is_needed():
                # Dask starts a lost worker again at any time
                self._shut.enter_context(main_hidden())
            self._cluster = _local_cluster(workers, runner)
        try:
            self._client = distributed.Client(
                self._cluster if self._cluster is not None else runner.address,
                timeout=_CONNECT_SECONDS,
                set_as_default=False,
            )
        except (TimeoutError, OSError, ValueError) as error:
            raise InputError(
                "runner.address", runner.address, problem=f"cannot be reached ({type(error).__name__})",
                allowed="the address of a running Dask scheduler",
            ) from None  # fmt: skip

    def slots(self) -> int:
        """A batch per thread of the workers that are there; none waits, so that its time counts from its start."""
        try:
            threads = sum(self._client.nthreads().values())
        except OSError:
            raise self._gone() from None
        if self._runner.kind == "slurm" and time.monotonic() - self._refilled > _REFILL_SECONDS:
            self._refill(threads)
            self._refilled = time.monotonic()
        return threads

    def _refill(self, threads: int) -> None:
        """Ask again for jobs that are over: cancelled, at their wall time, or ended before they began to work.

        Dask-jobqueue misses those of several processes (it looks for workers under the name of the job) and those of
        which no worker ever reported.
        """
        waiting = jobs_in_queue()
        if waiting is None:
            # nobody answered: at the next look
            return
        over = [name for name, job in self._cluster.workers.items() if job.job_id and job.job_id not in waiting]
        wanted = self._cluster.worker_spec
        for name in set(over) & set(wanted):
            self._replaced += 1
            # under another name: that of the lost job counts as taken until Dask has noticed
            wanted[f"{name.partition('_')[0]}_{self._replaced}"] = wanted.pop(name)
        self._in_vain = 0 if threads else self._in_vain + bool(over)
        if self._in_vain >= _MOST_IN_VAIN:
            raise InputError(
                "runner", "slurm", problem=f"jobs ended {_MOST_IN_VAIN} times before they began to work",
                allowed="a job that can start Python: slurm-*.out in this folder says what it met, "
                "runner.dry_run=true shows its script",
            )  # fmt: skip
        self._cluster.scale(jobs=self._runner.jobs)

    def start(self, payloads: list[Payload], limit: float | None) -> Any:
        """Send a batch."""
        future = self._client.submit(work, self._task, self._versions, self._code, payloads, pure=False)
        if limit is not None:
            self._deadlines[future] = time.monotonic() + limit
        return future

    def ended(self, handles: Collection[Any]) -> list[Any]:
        """Batches that came back, were lost, or took too long."""
        if not handles:
            time.sleep(TICK_SECONDS)
            return []
        try:
            with self._client.as_current():
                done = set(self._distributed.wait(list(handles), TICK_SECONDS, "FIRST_COMPLETED").done)
        except TimeoutError:
            done = set()
        now = time.monotonic()
        late = [handle for handle in handles if handle not in done and self._deadlines.get(handle, now) < now]
        if late:
            self._restart_workers_of(late)
        return [*done, *late]

    def _restart_workers_of(self, late: list[Any]) -> None:
        """Dask cannot end a call that hangs, but it can restart the process it hangs in."""
        keys = {handle.key for handle in late}
        places = [worker for worker, running in self._client.processing().items() if keys & set(running)]
        self._hung.update(late)
        self._client.cancel(late, force=True)
        if places:
            self._client.restart_workers(places, timeout=30, raise_for_error=False)

    def outcome(self, handle: Any) -> Part:
        """The part, or why there is none."""
        self._deadlines.pop(handle, None)
        if handle in self._hung:
            self._hung.discard(handle)
            raise WorkerLostError(too_long(self._runner.timeout_seconds), final=True)
        try:
            part = handle.result()
        except self._distributed.KilledWorker:
            # Dask has tried it on other workers already
            raise WorkerLostError("worker process ended, on Dask more than once", final=True) from None
        except asyncio.CancelledError:
            raise self._gone() from None
        except OSError:
            if self._client.status != "running":
                raise self._gone() from None
            raise
        finally:
            handle.release()
        assert isinstance(part, Part)
        return part

    def _gone(self) -> InputError:
        return InputError(
            "runner.address", self._runner.address, problem="the cluster is gone", allowed="the same command continues"
        )

    def close(self, finished: bool) -> None:
        """Leave the cluster, and end it if it is ours.

        What does not end in time is left to end with this process: by now every part is kept, and an error here would
        only hide that the sweep is done, or why it is not.
        """
        with self._shut:
            with suppress(TimeoutError):
                self._client.close(timeout=_CLOSE_SECONDS)
            if self._cluster is not None:
                with suppress(TimeoutError):
                    self._cluster.close(timeout=_CLOSE_SECONDS)


def _local_cluster(workers: int, runner: RunnerConfig) -> Any:
    import dask

    distributed = import_or_say("distributed", "dask")
    # a batch whose worker is lost twice is cut into its units, which find out who it was
    dask.config.set({"distributed.scheduler.allowed-failures": 1})
    return distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        dashboard_address=None,
        # workers limit themselves (runner.memory_gib); Dask's own limit counts what the machine holds for others
        memory_limit=0,
        silence_logs=logging.CRITICAL,
    )


def slurm_cluster(runner: RunnerConfig) -> Any:
    """A cluster whose workers are jobs of a SLURM queue; none is submitted yet."""
    jobqueue = import_or_say("dask_jobqueue", "slurm")
    processes = runner.processes or 1
    return jobqueue.SLURMCluster(
        queue=runner.queue,
        account=runner.account,
        cores=processes,
        processes=processes,
        memory=f"{(runner.memory_gib or _SLURM_GIB) * processes:g}GiB",
        walltime=runner.walltime,
        job_extra_directives=list(runner.directives),
        job_script_prologue=list(runner.prologue),
        # a process above its share would be ended by Dask before it may say so itself
        worker_extra_args=["--memory-limit", "0"],
        scheduler_options={"dashboard_address": None},
        silence_logs="critical",
    )


def jobs_in_queue() -> set[str] | None:
    """Numbers of the user's jobs that wait or run in SLURM; None if it does not answer."""
    words = ["squeue", "--noheader", "--format=%A", f"--user={getpass.getuser()}"]
    try:
        said = subprocess.run(words, capture_output=True, text=True, timeout=_ANSWER_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return set(said.stdout.split())


def job_script(runner: RunnerConfig) -> str:
    """What would be handed to ``sbatch`` for each job."""
    check_runner(runner)
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    cluster = slurm_cluster(runner)
    try:
        return str(cluster.job_script())
    finally:
        cluster.close(timeout=10)
