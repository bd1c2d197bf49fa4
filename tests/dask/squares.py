"""A program of Dask: prints the names of the workers, and squares."""

import sys

from distributed import Client

with Client(sys.argv[1], timeout=20) as client:
    workers = client.scheduler_info()["workers"].values()
    print(*sorted(worker["name"] for worker in workers))
    print(sum(client.gather(client.map(lambda x: x * x, range(50)))))
