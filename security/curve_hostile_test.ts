import assert from "node:assert/strict";
import fc from "fast-check";
import { concatBytes, ProtocolError, utf8 } from "../base/mod.ts";
import type { KeyPair } from "./crypto.ts";
import type { CurveStep } from "./curve.ts";
import {
  CLIENT_KEYS,
  flipped,
  FOREIGN_KEYS,
  isRefusal,
  makeClient,
  makeServer,
  present,
  real,
  RepeatableCrypto,
  SERVER_KEYS,
  shakeHands,
} from "./curve_fixture_test.ts";
import { INITIATE, nonceOf, shortNonceBytes } from "./curve_wire.ts";

const HANDSHAKE = shakeHands();

/** A machine at one stage of the handshake, waiting for one command. */
interface Stage {
  readonly name: string;
  readonly command: Uint8Array;
  readonly make: () => { receive(command: Uint8Array): CurveStep };
}

const STAGES: readonly Stage[] = [
  { name: "HELLO", command: HANDSHAKE.hello, make: () => makeServer() },
  {
    name: "WELCOME",
    command: HANDSHAKE.welcome,
    make: () => {
      const client = makeClient();
      client.start();
      return client;
    },
  },
  {
    name: "INITIATE",
    command: HANDSHAKE.initiate,
    make: () => {
      const server = makeServer();
      server.receive(HANDSHAKE.hello);
      return server;
    },
  },
  {
    name: "READY",
    command: HANDSHAKE.ready,
    make: () => {
      const client = makeClient();
      client.start();
      client.receive(HANDSHAKE.welcome);
      return client;
    },
  },
];

/** Sees that the command is refused, and that nothing is taken afterwards. */
function refuses(stage: Stage, command: Uint8Array): void {
  const machine = stage.make();
  assert.throws(() => machine.receive(command), isRefusal);
  assert.throws(() => machine.receive(stage.command), ProtocolError);
}

for (const stage of STAGES) {
  Deno.test(`${stage.name} is taken as it was recorded`, () => {
    const step = stage.make().receive(stage.command);
    assert.ok(step.reply !== undefined || step.session !== undefined);
  });

  Deno.test(`${stage.name} is refused with any bit turned over`, () => {
    for (let bit = 0; bit < stage.command.length * 8; bit++) {
      refuses(stage, flipped(stage.command, bit));
    }
  });

  Deno.test(`${stage.name} is refused at any other length`, () => {
    for (let length = 0; length < stage.command.length; length++) {
      refuses(stage, stage.command.subarray(0, length));
    }
    for (const more of [1, 16, 4096, 100_000]) {
      refuses(stage, concatBytes([stage.command, new Uint8Array(more)]));
    }
  });

  Deno.test(`${stage.name} is refused twice, and others in its place`, () => {
    for (const other of STAGES) {
      if (other !== stage) refuses(stage, other.command);
    }
    const machine = stage.make();
    machine.receive(stage.command);
    assert.throws(() => machine.receive(stage.command), ProtocolError);
  });

  Deno.test(`${stage.name} is refused as random bytes by its errors`, () => {
    const start = stage.command.subarray(0, (stage.command[0] ?? 0) + 1);
    const random = fc.uint8Array({ maxLength: 400 });
    const sized = fc.uint8Array({
      minLength: stage.command.length - start.length,
      maxLength: stage.command.length - start.length,
    });
    const named = fc.oneof(random, sized)
      .map((rest) => concatBytes([start, rest]));
    fc.assert(
      fc.property(fc.oneof(random, named), (command) => {
        assert.throws(() => stage.make().receive(command), isRefusal);
      }),
      { numRuns: 200 },
    );
  });

  Deno.test(`${stage.name} is taken from inside a larger buffer`, () => {
    const buffer = new Uint8Array(stage.command.length + 20).fill(255);
    buffer.set(stage.command, 9);
    const machine = stage.make();
    machine.receive(buffer.subarray(9, 9 + stage.command.length));
  });
}

Deno.test("CurveClient refuses commands before HELLO, and to start twice", () => {
  const client = makeClient();
  assert.throws(() => client.receive(HANDSHAKE.welcome), {
    name: "ProtocolError",
    message: /Cannot take WELCOME: the CURVE handshake is new/,
  });
  const other = makeClient();
  other.start();
  assert.throws(() => other.start(), TypeError);
});

Deno.test.each<[string, string, string, RegExp]>([
  ["no reason", "\x05ERROR\x00", "AuthenticationError", /no reason given/],
  ["400", "\x05ERROR\x03400", "AuthenticationError", /400/],
  ["another reason", "\x05ERROR\x02no", "AuthenticationError", /\(no\)/],
  ["no length", "\x05ERROR", "ProtocolError", /malformed/],
  ["a short length", "\x05ERROR\x02400", "ProtocolError", /malformed/],
  ["a long length", "\x05ERROR\x04400", "ProtocolError", /malformed/],
  ["a control code", "\x05ERROR\x03\x1b[m", "ProtocolError", /malformed/],
  ["a UTF-8 code", "\x05ERROR\x02é", "ProtocolError", /malformed/],
])("CurveClient takes ERROR with %s", (_, command, name, message) => {
  for (const stage of STAGES) {
    if (stage.name !== "WELCOME" && stage.name !== "READY") continue;
    const machine = stage.make();
    assert.throws(() => machine.receive(utf8(command)), { name, message });
  }
});

Deno.test("CurveServer takes no ERROR", () => {
  assert.throws(() => makeServer().receive(utf8("\x05ERROR\x03400")), {
    name: "ProtocolError",
    message: /Cannot take ERROR: the CURVE handshake expects HELLO/,
  });
});

Deno.test("CurveServer shows no unprintable command names", () => {
  for (
    const name of ["\x05\x1b[2Jx", "\x00", "\xff", "\x11AAAAAAAAAAAAAAAAA"]
  ) {
    assert.throws(() => makeServer().receive(utf8(name)), {
      message: /^Cannot take an unknown command: /,
    });
  }
});

/** A client that breaks rules, at the stage of INITIATE. */
interface Hostile {
  readonly server: ReturnType<typeof makeServer>;
  readonly transient: KeyPair;
  readonly serverTransientKey: Uint8Array;
  readonly cookie: Uint8Array;
}

function helloOf(transient: KeyPair, nonce: Uint8Array): Uint8Array {
  return concatBytes([
    utf8("\x05HELLO\x01\x00"),
    new Uint8Array(72),
    transient.publicKey,
    nonce,
    real.box(
      new Uint8Array(64),
      nonceOf(utf8("CurveZMQHELLO---"), nonce),
      SERVER_KEYS.publicKey,
      transient.secretKey,
    ),
  ]);
}

function approach(helloNonce: number): Hostile {
  const server = makeServer({ crypto: new RepeatableCrypto(31) });
  const transient = new RepeatableCrypto(32).generateKeyPair();
  const hello = helloOf(transient, shortNonceBytes(helloNonce));
  const welcome = present(server.receive(hello).reply);
  const text = present(real.openBox(
    welcome.subarray(24),
    nonceOf(utf8("WELCOME-"), welcome.subarray(8, 24)),
    SERVER_KEYS.publicKey,
    transient.secretKey,
  ));
  return {
    server,
    transient,
    serverTransientKey: text.subarray(0, 32),
    cookie: text.subarray(32),
  };
}

interface InitiateParts {
  readonly cookie?: Uint8Array;
  readonly nonce?: number;
  readonly claimed?: Uint8Array;
  readonly voucher?: KeyPair;
  readonly vouched?: Uint8Array;
}

function initiateOf(hostile: Hostile, parts: InitiateParts): Uint8Array {
  const { transient, serverTransientKey } = hostile;
  const voucher = parts.voucher ?? CLIENT_KEYS;
  const vouchNonce = new Uint8Array(16).fill(5);
  const vouch = real.box(
    parts.vouched ?? concatBytes([transient.publicKey, SERVER_KEYS.publicKey]),
    nonceOf(utf8("VOUCH---"), vouchNonce),
    serverTransientKey,
    voucher.secretKey,
  );
  const nonce = shortNonceBytes(parts.nonce ?? 2);
  const box = real.box(
    concatBytes([parts.claimed ?? voucher.publicKey, vouchNonce, vouch]),
    nonceOf(utf8("CurveZMQINITIATE"), nonce),
    serverTransientKey,
    transient.secretKey,
  );
  const cookie = parts.cookie ?? hostile.cookie;
  return concatBytes([utf8("\x08INITIATE"), cookie, nonce, box]);
}

Deno.test("CurveServer takes an INITIATE that keeps to the rules", () => {
  const hostile = approach(7);
  const command = initiateOf(hostile, { nonce: 8 });
  assert.equal(command.length, INITIATE.bytesMin);
  const { session } = hostile.server.receive(command);
  assert.equal(session?.receiveNonce, 8);
  assert.equal(session?.role, "engine");
});

Deno.test.each<[string, (hostile: Hostile) => InitiateParts, RegExp]>([
  ["a replayed nonce", () => ({ nonce: 7 }), /not larger/],
  ["a smaller nonce", () => ({ nonce: 1 }), /not larger/],
  ["an exhausted nonce", () => ({ nonce: 2 ** 53 }), /exhausted/],
  [
    "the cookie of another connection",
    () => ({ nonce: 8, cookie: HANDSHAKE.initiate.slice(9, 105) }),
    /not of this connection/,
  ],
  [
    "the key of someone else",
    () => ({ nonce: 8, voucher: FOREIGN_KEYS, claimed: CLIENT_KEYS.publicKey }),
    /does not vouch/,
  ],
  [
    "a vouch for another connection",
    () => ({
      nonce: 8,
      vouched: concatBytes([FOREIGN_KEYS.publicKey, SERVER_KEYS.publicKey]),
    }),
    /does not vouch/,
  ],
  [
    "a vouch for another server",
    ({ transient }) => ({
      nonce: 8,
      vouched: concatBytes([transient.publicKey, FOREIGN_KEYS.publicKey]),
    }),
    /does not vouch/,
  ],
  [
    "an all-zero key",
    () => ({ nonce: 8, claimed: new Uint8Array(32) }),
    /does not vouch/,
  ],
  ["a foreign key", () => ({ nonce: 8, voucher: FOREIGN_KEYS }), /not on the/],
])("CurveServer refuses INITIATE with %s", (_, partsOf, message) => {
  const hostile = approach(7);
  const command = initiateOf(hostile, partsOf(hostile));
  assert.throws(() => hostile.server.receive(command), (error) => {
    assert.ok(isRefusal(error));
    assert.match(String(error), message);
    const told = hostile.server.errorCommand(error) !== undefined;
    assert.equal(told, message.source.startsWith("not on the"));
    return true;
  });
});

Deno.test("CurveServer refuses HELLO with a nonce of zero or beyond counting", () => {
  const transient = new RepeatableCrypto(32).generateKeyPair();
  for (const nonce of [shortNonceBytes(0), new Uint8Array(8).fill(255)]) {
    const hello = helloOf(transient, nonce);
    assert.throws(() => makeServer().receive(hello), ProtocolError);
  }
  const last = shortNonceBytes(Number.MAX_SAFE_INTEGER);
  assert.ok(makeServer().receive(helloOf(transient, last)).reply);
});

Deno.test("CurveServer refuses HELLO with a transient key of small order", () => {
  for (const first of [0, 1]) {
    const hello = HANDSHAKE.hello.slice();
    hello.fill(0, 80, 112);
    hello[80] = first;
    assert.throws(() => makeServer().receive(hello), {
      name: "AuthenticationError",
      message: /all zeros/,
    });
  }
});
