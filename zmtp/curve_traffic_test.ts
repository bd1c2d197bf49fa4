import { deepEqual, equal, throws } from "node:assert/strict";
import type { BoxCipher, CurveSession } from "../security/mod.ts";
import { BatchPool } from "./batch.ts";
import { CurveReader, CurveWriter } from "./curve_traffic.ts";
import { readUint64, writeUint64 } from "./frame.ts";
import { resolveZmtpLimits } from "./limits.ts";
import { createScan, scanFrames } from "./scan.ts";

/** Marks boxes instead of sealing them; opens what is marked. */
const MARKING: BoxCipher = {
  seal(buffer, boxes, count) {
    for (let index = 0; index < count; index++) {
      buffer.fill(
        0xaa,
        (boxes[index * 2] ?? 0) + 8,
        (boxes[index * 2] ?? 0) + 24,
      );
    }
  },
  open(buffer, boxes, count) {
    for (let index = 0; index < count; index++) {
      if (buffer[(boxes[index * 2] ?? 0) + 8] !== 0xaa) return index;
    }
    return count;
  },
};

function session(sendNonce = 3, receiveNonce = 2): CurveSession {
  return {
    sealer: MARKING,
    opener: MARKING,
    sendNonce,
    receiveNonce,
    peerKey: new Uint8Array(32),
    role: undefined,
    peerMetadata: new Uint8Array(0),
  };
}

function write(frames: [flags: number, size: number][], nonce = 3): Uint8Array {
  const pool = new BatchPool();
  const writer = new CurveWriter(session(nonce), pool);
  const batch = pool.take();
  for (const [flags, size] of frames) {
    equal(writer.frame(batch, flags, new Uint8Array(size).fill(7)), true);
  }
  writer.finish(batch);
  batch.cut();
  return new Uint8Array(Buffer.concat(batch.chunks));
}

function read(bytes: Uint8Array): [number, number][] {
  const reader = new CurveReader(
    session(),
    resolveZmtpLimits({}),
    new BatchPool(),
  );
  const frames: [number, number][] = [];
  reader.frames(bytes, {
    frame(flags, body) {
      frames.push([flags, body.byteLength]);
      return true;
    },
  });
  return frames;
}

Deno.test("CurveWriter lays MESSAGE out as libzmq does", () => {
  const bytes = write([[1, 2]], 0x1_0000_0005);
  deepEqual([...bytes.subarray(0, 2)], [0, 35]);
  equal(String.fromCharCode(...bytes.subarray(2, 10)), "\x07MESSAGE");
  equal(readUint64(bytes, 10), 0x1_0000_0005);
  deepEqual([...bytes.subarray(34)], [1, 7, 7]);
});

Deno.test("CurveWriter turns the command flag into bit 1 of the box", () => {
  equal(write([[4, 0]])[34], 2);
  deepEqual(read(write([[4, 5], [1, 0], [0, 300]])), [[4, 5], [1, 0], [
    0,
    300,
  ]]);
});

Deno.test("CurveWriter refuses to use a nonce twice", () => {
  const pool = new BatchPool();
  const writer = new CurveWriter(session(Number.MAX_SAFE_INTEGER - 1), pool);
  const batch = pool.take();
  writer.frame(batch, 0, new Uint8Array(1));
  throws(() => writer.frame(batch, 0, new Uint8Array(1)), /nonces are used up/);
});

Deno.test("CurveWriter says when a batch has no room", () => {
  const pool = new BatchPool();
  const writer = new CurveWriter(session(), pool);
  const batch = pool.take();
  let count = 0;
  while (writer.frame(batch, 0, new Uint8Array(1))) count++;
  equal(count, 1024);
  writer.finish(batch);
  while (writer.frame(batch, 0, new Uint8Array(9000))) count++;
  equal(count, 1024 + 3);
});

Deno.test("CurveReader refuses a nonce that is not larger", () => {
  const frame = write([[0, 1]]);
  const replayed = new Uint8Array([...frame, ...frame]);
  throws(() => read(replayed), /not larger/);
  throws(() => read(write([[0, 1]], 2)), /not larger/);
  throws(() => read(write([[0, 1]], 1)), /not larger/);
  deepEqual(read(write([[0, 1]], 900)), [[0, 1]]);
  const endless = write([[0, 1]]);
  endless.fill(0xff, 10, 18);
  throws(() => read(endless), /not larger/);
});

Deno.test("CurveReader hands over what comes before a forged box", () => {
  const bytes = write([[0, 1], [0, 1], [0, 1]]);
  bytes[36 + 18] = 0;
  const frames: number[] = [];
  const reader = new CurveReader(
    session(),
    resolveZmtpLimits({}),
    new BatchPool(),
  );
  const sink = {
    frame: (_flags: number, body: Uint8Array) => frames.push(body.length) > 0,
  };
  throws(() => reader.frames(bytes, sink), /does not open/);
  equal(frames.length, 1);
});

Deno.test("CurveReader refuses what is no MESSAGE or too short for one", () => {
  const other = write([[0, 1]]);
  other[5] = 0x58;
  throws(() => read(other), /another/);
  throws(() => read(new Uint8Array([0, 32, ...new Uint8Array(32)])), /only 32/);
});

Deno.test("CurveReader refuses flags that it does not know", () => {
  for (const flags of [3, 4, 8, 0xff]) {
    const bytes = write([[0, 1]]);
    bytes[34] = flags;
    throws(() => read(bytes), /flags are/);
  }
  throws(() => read(write([[4, 4097]])), {
    name: "LimitError",
    limit: "commandBytesMax",
  });
});

Deno.test("CurveReader takes no frame that is not sealed", () => {
  const reader = new CurveReader(
    session(),
    resolveZmtpLimits({}),
    new BatchPool(),
  );
  for (const flags of [1, 3, 4, 6]) {
    const bytes = write([[0, 1]]);
    bytes[0] = flags;
    const scan = createScan();
    const padded = new Uint8Array(64);
    padded.set(bytes);
    scanFrames(padded, 0, 64, reader.rules, scan);
    equal(scan.error?.name, "ProtocolError");
  }
});

Deno.test("CurveReader opens more boxes than one call takes", () => {
  const bytes: number[] = [];
  for (let index = 0; index < 2500; index++) {
    const frame = write([[0, 0]], 3 + index);
    bytes.push(...frame);
  }
  equal(read(new Uint8Array(bytes)).length, 2500);
});

Deno.test("CurveReader limits the payload, not the box", () => {
  const limits = resolveZmtpLimits({ frameBytesMax: 1000 });
  const reader = new CurveReader(session(), limits, new BatchPool());
  for (const [size, fits] of [[1033, true], [1034, false]] as const) {
    const header = new Uint8Array(9);
    header[0] = 2;
    writeUint64(header, 1, size);
    const scan = createScan();
    scanFrames(header, 0, 9, reader.rules, scan);
    equal(scan.error === undefined, fits);
  }
});
