"""A libzmq peer that does what it is told, one JSON object per line.

{"id": 1, "do": "open", "type": "ROUTER", "bind": true, "endpoint": "tcp://...",
 "curve": {"server": true, "secretKey": "...", "publicKey": "...", "serverKey": "..."},
 "heartbeatMs": 50, "zapStatus": "400", "send": 1000}
answers {"id": 1, "endpoint": "..."}; the socket then echoes what it gets.
{"id": 1, "do": "close"} answers {"id": 1}.
"""

import json
import sys

import zmq

def open_socket(context, order):
    socket = context.socket(getattr(zmq, order["type"]))
    socket.linger = 0
    socket.sndhwm = socket.rcvhwm = 0
    curve = order.get("curve")
    if curve:
        socket.curve_secretkey = curve["secretKey"].encode()
        socket.curve_publickey = curve["publicKey"].encode()
        if curve["server"]:
            socket.curve_server = True
        else:
            socket.curve_serverkey = curve["serverKey"].encode()
    if "zapStatus" in order:
        socket.zap_domain = order["zapStatus"].encode()
    if "heartbeatMs" in order:
        socket.heartbeat_ivl = order["heartbeatMs"]
        socket.heartbeat_timeout = order["heartbeatMs"] * 4
        socket.heartbeat_ttl = order["heartbeatMs"] * 4
    if order["bind"]:
        socket.bind(order["endpoint"])
    else:
        socket.connect(order["endpoint"])
    if "send" in order:
        socket.send(b"x" * order["send"], copy=False)
    return socket


def echo(socket):
    while True:
        try:
            parts = socket.recv_multipart(zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return
        socket.send_multipart(parts, copy=False)


def answer_zap(zap):
    version, request, domain = zap.recv_multipart()[:3]
    status = domain or b"200"
    zap.send_multipart([version, request, status, b"told so", b"", b""])


def main():
    context = zmq.Context()
    context.max_sockets = 1000
    zap = context.socket(zmq.REP)
    zap.bind("inproc://zeromq.zap.01")
    sockets = {}
    poller = zmq.Poller()
    poller.register(sys.stdin, zmq.POLLIN)
    poller.register(zap, zmq.POLLIN)
    print(json.dumps({"version": zmq.zmq_version()}), flush=True)
    while True:
        for ready, _ in poller.poll():
            if ready is zap:
                answer_zap(zap)
            elif ready != sys.stdin.fileno():
                echo(ready)
            else:
                line = sys.stdin.readline()
                if not line:
                    context.destroy(0)
                    return
                order = json.loads(line)
                reply = {"id": order["id"]}
                if order["do"] == "open":
                    socket = open_socket(context, order)
                    sockets[order["id"]] = socket
                    poller.register(socket, zmq.POLLIN)
                    last = socket.getsockopt(zmq.LAST_ENDPOINT)
                    reply["endpoint"] = last.rstrip(b"\0").decode()
                else:
                    socket = sockets.pop(order["id"])
                    poller.unregister(socket)
                    socket.close(0)
                print(json.dumps(reply), flush=True)


main()
