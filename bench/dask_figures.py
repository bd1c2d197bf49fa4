"""Figures of Dask's distributed scheduler: one JSON line, in the form of the harness.

Two workers in processes of their own, one thread each, on loopback. With
`--queue` the figures of long queues.
"""

import json
import statistics
import sys
import time

import distributed

WORKERS = 2
TASKS = 2_000
PASSES = 3
CALLS = 300
ECHO_MIB = 16
ECHOES = 5
MAP_ITEMS = 100_000
MAP_CHUNK = 1_000
FEW = 1_000
MANY = 50_000
CANCELLED = 10_000
BUSY_S = 30


def noop(number=0):
    return None


def echo(data):
    return data


def squares(chunk):
    return [x * x for x in chunk]


def quantile(values, at):
    return sorted(values)[round(at * (len(values) - 1))]


def measure_task(client, count):
    """A task where many leave at once, in microseconds."""
    began = time.perf_counter()
    futures = [client.submit(noop, index, pure=False) for index in range(count)]
    client.gather(futures)
    return (time.perf_counter() - began) * 1e6 / count


def measure_cancel(client):
    """Milliseconds until each of many queued tasks is cancelled."""
    busy = [client.submit(time.sleep, BUSY_S, pure=False) for _ in range(WORKERS)]
    futures = [client.submit(noop, index, pure=False) for index in range(CANCELLED)]
    time.sleep(2)
    assert not any(future.done() for future in futures)
    began = time.perf_counter()
    client.cancel(futures)
    while not all(future.cancelled() for future in futures):
        time.sleep(0.001)
    took = (time.perf_counter() - began) * 1000
    client.cancel(busy)
    return took


def measure_queue(client, started):
    client.submit(noop, pure=False).result()
    start = time.perf_counter() - started
    for _ in range(3):
        measure_task(client, FEW)
    of_few = statistics.median(measure_task(client, FEW) for _ in range(3))
    of_many = measure_task(client, MANY)
    return [
        ("start", start, "s"),
        ("cancel 10 k, first", measure_cancel(client), "ms"),
        ("task of 1 k", of_few, "µs"),
        ("task of many", of_many, "µs"),
        ("many to 1 k", of_many / of_few, "times"),
    ]


def measure(client, started):
    client.submit(noop, pure=False).result()
    figures = [("start", time.perf_counter() - started, "s")]
    for _ in range(50):
        client.submit(noop, pure=False).result()
    for name in ("first tasks", "tasks"):
        figures.append((name, 1e6 / measure_task(client, TASKS), "1/s"))
    took = []
    for _ in range(CALLS):
        began = time.perf_counter()
        client.submit(noop, pure=False).result()
        took.append(1000 * (time.perf_counter() - began))
    figures.append(("call p50", statistics.median(took), "ms"))
    figures.append(("call p99", quantile(took, 0.99), "ms"))
    data = bytes(ECHO_MIB << 20)
    rates = []
    for _ in range(PASSES):
        began = time.perf_counter()
        for _ in range(ECHOES):
            answer = client.submit(echo, data, pure=False).result()
            assert len(answer) == len(data)
        seconds = time.perf_counter() - began
        rates.append(2 * ECHO_MIB * ECHOES / seconds)
    figures.append(("16 MiB echo", statistics.median(rates), "MiB/s"))
    items = range(MAP_ITEMS)
    rates = []
    for _ in range(PASSES):
        began = time.perf_counter()
        starts = range(0, MAP_ITEMS, MAP_CHUNK)
        chunks = [items[at:at + MAP_CHUNK] for at in starts]
        found = client.gather(client.map(squares, chunks, pure=False))
        rates.append(MAP_ITEMS / (time.perf_counter() - began))
        assert found[-1][-1] == (MAP_ITEMS - 1) ** 2
    figures.append(("map", statistics.median(rates), "items/s"))
    return figures


def main():
    started = time.perf_counter()
    with distributed.LocalCluster(
        n_workers=WORKERS,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        host="127.0.0.1",
    ) as cluster, distributed.Client(cluster) as client:
        work = measure_queue if "--queue" in sys.argv else measure
        figures = work(client, started)
    print(json.dumps({
        "figures": [
            {"figure": figure, "value": value, "unit": unit}
            for figure, value, unit in figures
        ],
        "versions": {
            "Dask": distributed.__version__,
            "Python": sys.version.split()[0],
        },
    }))


if __name__ == "__main__":
    main()
