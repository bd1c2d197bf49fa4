// A libzmq peer that does what it is told, one JSON object per line; the
// orders are those of libzmq_peer.py. The argument is the folder that holds
// the `zeromq` package.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.argv[2]}/package.json`);
const zmq = require("zeromq");

const TYPES = { ROUTER: zmq.Router, DEALER: zmq.Dealer };
const sockets = new Map();

function say(reply) {
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}

async function openSocket(order) {
  const socket = new TYPES[order.type]({ linger: 0 });
  socket.sendHighWaterMark = 0;
  socket.receiveHighWaterMark = 0;
  const { curve, heartbeatMs } = order;
  if (curve !== undefined) {
    socket.curveSecretKey = curve.secretKey;
    socket.curvePublicKey = curve.publicKey;
    if (curve.server) socket.curveServer = true;
    else socket.curveServerKey = curve.serverKey;
  }
  if (order.zapStatus !== undefined) socket.zapDomain = order.zapStatus;
  if (heartbeatMs !== undefined) {
    socket.heartbeatInterval = heartbeatMs;
    socket.heartbeatTimeout = heartbeatMs * 4;
    socket.heartbeatTimeToLive = heartbeatMs * 4;
  }
  if (order.bind) await socket.bind(order.endpoint);
  else socket.connect(order.endpoint);
  if (order.send !== undefined) socket.send(Buffer.alloc(order.send, "x"));
  return socket;
}

async function echo(socket) {
  try {
    for await (const parts of socket) await socket.send(parts);
  } catch {
    // The socket was closed.
  }
}

async function answerZap() {
  const zap = new zmq.Reply();
  await zap.bind("inproc://zeromq.zap.01");
  for await (const [version, request, domain] of zap) {
    const status = domain.length > 0 ? domain : "200";
    await zap.send([version, request, status, "told so", "", ""]);
  }
}

async function obey(order) {
  if (order.do === "open") {
    const socket = await openSocket(order);
    sockets.set(order.id, socket);
    echo(socket);
    return { id: order.id, endpoint: socket.lastEndpoint };
  }
  sockets.get(order.id).close();
  sockets.delete(order.id);
  return { id: order.id };
}

answerZap();
say({ version: zmq.version });
for await (const line of createInterface({ input: process.stdin })) {
  say(await obey(JSON.parse(line)));
}
process.exit(0);
