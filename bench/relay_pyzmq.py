"""Figures of libzmq's own relay: one JSON line, in the form of the harness.

client DEALER -> zmq.proxy ROUTER|DEALER -> engine DEALER and back, each in a
process of its own. `relay_client.ts` uses the relay alone.
"""

import json
import os
import statistics
import subprocess
import sys
import time

import zmq

ROUND_TRIPS = 2_000
WINDOWS = {200: 40_000, 2_000: 80_000}
SMALL = b"x" * 64
ECHO_MIB = 16
ECHOES = 8


def as_server(socket, keys):
    if keys is not None:
        socket.curve_server = True
        socket.curve_publickey, socket.curve_secretkey = keys


def connect(context, endpoint, server_key):
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    socket.set_hwm(0)
    if server_key:
        socket.curve_serverkey = server_key
        socket.curve_publickey, socket.curve_secretkey = zmq.curve_keypair()
    socket.connect(endpoint)
    return socket


def broker(is_curve):
    context = zmq.Context()
    keys = zmq.curve_keypair() if is_curve else None
    endpoints = []
    sockets = []
    for kind in (zmq.ROUTER, zmq.DEALER):
        socket = context.socket(kind)
        socket.set_hwm(0)
        as_server(socket, keys)
        socket.bind("tcp://127.0.0.1:*")
        endpoints.append(socket.last_endpoint.decode())
        sockets.append(socket)
    key = keys[0].decode() if keys else ""
    print(json.dumps([*endpoints, key]), flush=True)
    zmq.proxy(*sockets)


def engine(endpoint, key):
    socket = connect(zmq.Context(), endpoint, key.encode())
    while True:
        socket.send_multipart(socket.recv_multipart(copy=False), copy=False)


def pipelined(socket, window, count):
    began = time.perf_counter()
    for _ in range(window):
        socket.send(SMALL)
    for _ in range(count - window):
        socket.recv()
        socket.send(SMALL)
    for _ in range(window):
        socket.recv()
    return count / (time.perf_counter() - began)


def measure(socket):
    for _ in range(200):
        socket.send(SMALL)
        socket.recv()
    took = []
    for _ in range(ROUND_TRIPS):
        began = time.perf_counter()
        socket.send(SMALL)
        socket.recv()
        took.append((time.perf_counter() - began) * 1e6)
    figures = [("round trip", statistics.median(took), "µs")]
    for window, count in WINDOWS.items():
        rate = pipelined(socket, window, count)
        figures.append((f"{window} in flight", rate, "1/s"))
    data = os.urandom(ECHO_MIB * 2**20)
    socket.send(data, copy=False)
    socket.recv(copy=False)
    began = time.perf_counter()
    for _ in range(ECHOES):
        socket.send(data, copy=False)
        socket.recv(copy=False)
    seconds = time.perf_counter() - began
    figures.append(("16 MiB echo", 2 * ECHO_MIB * ECHOES / seconds, "MiB/s"))
    return figures


def client(is_curve):
    def spawn(*arguments):
        return subprocess.Popen(
            [sys.executable, __file__, *arguments], stdout=subprocess.PIPE
        )

    processes = [spawn("broker", "curve" if is_curve else "null")]
    try:
        front, back, key = json.loads(processes[0].stdout.readline())
        processes.append(spawn("engine", back, key))
        figures = measure(connect(zmq.Context(), front, key.encode()))
    finally:
        for process in processes:
            process.kill()
            process.wait()
    print(json.dumps({
        "figures": [
            {"figure": name, "value": value, "unit": unit}
            for name, value, unit in figures
        ],
        "versions": {"pyzmq": zmq.__version__, "libzmq": zmq.zmq_version()},
    }))


def main():
    role = sys.argv[1]
    if role == "broker":
        broker(sys.argv[2] == "curve")
    elif role == "engine":
        engine(sys.argv[2], sys.argv[3])
    else:
        client(sys.argv[2] == "curve")


main()
