"""Figures of ipyparallel: one JSON line, in the form of the harness.

Starts a controller and two engines on loopback in a private folder, and stops
them in every case. `--curve` turns CurveZMQ on, `--echo` takes the figure of
large values alone, `--queue` those of long queues.
"""

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import ipyparallel
import zmq

ENGINES = 2
TASKS = 1_000
PASSES = 3
CALLS = 300
ECHO_MIB = 16
ECHOES = 5
MAP_ITEMS = 100_000
MAP_CHUNK = 1_000
START_TIMEOUT_S = 60
FEW = 1_000
# What it queues in a minute.
MANY = 20_000
CANCELLED = 10_000
# Longer than it takes to queue those.
BUSY_S = 45


def start(module, folder, *arguments):
    command = [sys.executable, "-m", module, f"--ipython-dir={folder}"]
    return subprocess.Popen(
        [*command, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def stop(processes):
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        for process in processes:
            try:
                os.killpg(process.pid, signal_number)
            except ProcessLookupError:
                pass
        for process in processes:
            try:
                process.wait(timeout=3)
            except subprocess.TimeoutExpired:
                pass


def wait_for_file(path):
    deadline = time.monotonic() + START_TIMEOUT_S
    while not os.path.exists(path):
        if time.monotonic() > deadline:
            raise TimeoutError(path)
        time.sleep(0.02)


def noop():
    return None


def echo(data):
    return data


def square(x):
    return x * x


def start_cluster(folder, processes):
    """A client of a new cluster, after its first result."""
    processes.append(start("ipyparallel.controller", folder, "--ip=127.0.0.1"))
    security = os.path.join(folder, "profile_default", "security")
    wait_for_file(os.path.join(security, "ipcontroller-engine.json"))
    for _ in range(ENGINES):
        processes.append(start("ipyparallel.engine", folder))
    client_file = os.path.join(security, "ipcontroller-client.json")
    wait_for_file(client_file)
    client = ipyparallel.Client(client_file, timeout=START_TIMEOUT_S)
    client.wait_for_engines(ENGINES, timeout=START_TIMEOUT_S, interactive=False)
    client.load_balanced_view().apply_sync(noop)
    return client


def measure_large(view):
    data = os.urandom(ECHO_MIB * 2**20)
    view.apply_sync(echo, data)
    rates = []
    for _ in range(PASSES):
        began = time.perf_counter()
        for _ in range(ECHOES):
            view.apply_sync(echo, data)
        seconds = time.perf_counter() - began
        rates.append(2 * ECHO_MIB * ECHOES / seconds)
    return {"16 MiB echo": (statistics.median(rates), "MiB/s")}


def measure_task(view, count):
    """A task where many leave at once, in microseconds."""
    began = time.perf_counter()
    results = [view.apply_async(noop) for _ in range(count)]
    for result in results:
        result.get()
    return (time.perf_counter() - began) * 1e6 / count


def measure_cancel(view):
    """Milliseconds until each of many queued tasks has ended as aborted.

    It cannot stop what runs, so that does not count: engines are told at once,
    and what has not ended when they are free again is waited for.
    """
    busy = [view.apply_async(time.sleep, BUSY_S) for _ in range(ENGINES)]
    time.sleep(0.5)
    results = [view.apply_async(noop) for _ in range(CANCELLED)]
    time.sleep(1)
    assert not any(result.ready() for result in busy)
    began = time.perf_counter()
    view.abort(results)
    told = time.perf_counter() - began
    for result in busy:
        result.get()
    began = time.perf_counter()
    for result in results:
        result.wait()
    seconds = told + time.perf_counter() - began
    ends = [result.exception() for result in results]
    assert all(isinstance(end, ipyparallel.TaskAborted) for end in ends)
    return seconds * 1000


def measure_queue(view):
    view.map_sync(square, range(100), chunksize=10)
    for _ in range(3):
        measure_task(view, FEW)
    of_few = statistics.median(measure_task(view, FEW) for _ in range(3))
    of_many = measure_task(view, MANY)
    cancel = measure_cancel(view)
    return {
        "cancel 10 k, first": (cancel, "ms"),
        "task of 1 k": (of_few, "µs"),
        "task of many": (of_many, "µs"),
        "many to 1 k": (of_many / of_few, "times"),
    }


def measure(view):
    # The first calls import modules on both sides.
    view.map_sync(square, range(100), chunksize=10)
    figures = {}

    for name in ("first tasks", "tasks"):
        figures[name] = (1e6 / measure_task(view, TASKS), "1/s")

    took = []
    for _ in range(CALLS):
        began = time.perf_counter()
        view.apply_sync(noop)
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    figures["call p50"] = (statistics.median(took), "ms")
    figures["call p99"] = (took[int(len(took) * 0.99)], "ms")

    figures.update(measure_large(view))

    rates = []
    for _ in range(PASSES):
        began = time.perf_counter()
        squares = view.map_sync(square, range(MAP_ITEMS), chunksize=MAP_CHUNK)
        rates.append(MAP_ITEMS / (time.perf_counter() - began))
        assert squares[-1] == (MAP_ITEMS - 1) ** 2
    figures["map"] = (statistics.median(rates), "items/s")
    return figures


def main():
    if "--curve" in sys.argv:
        os.environ["IPP_ENABLE_CURVE"] = "1"
    folder = tempfile.mkdtemp(prefix="bench-ipyparallel-")
    os.environ["IPYTHONDIR"] = folder
    # The harness ends a contestant that takes too long by SIGTERM.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    processes = []
    try:
        began = time.perf_counter()
        client = start_cluster(folder, processes)
        figures = {"start": (time.perf_counter() - began, "s")}
        work = measure
        if "--echo" in sys.argv:
            work = measure_large
        elif "--queue" in sys.argv:
            work = measure_queue
        figures.update(work(client.load_balanced_view()))
        client.close()
    finally:
        stop(processes)
        shutil.rmtree(folder, ignore_errors=True)
    versions = {
        "ipyparallel": ipyparallel.__version__,
        "libzmq": zmq.zmq_version(),
        "Python": sys.version.split()[0],
    }
    print(json.dumps({
        "figures": [
            {"figure": name, "value": value, "unit": unit}
            for name, (value, unit) in figures.items()
        ],
        "versions": versions,
    }))


main()
