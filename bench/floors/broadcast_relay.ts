// deno-lint-ignore-file no-console -- this program says where it listens
/**
 * The middle of a broadcast: `deno run -A broadcast_relay.ts SIZE WIRE BOXING
 * ENGINES` says where the client and where so many engines connect, sends
 * each message of the client to all of them, and their answers to the client.
 *
 * @module
 */
import { type Boxes, boxesOf, parseBoxing } from "./boxes.ts";
import { BatchReader, listen, parseWire, writeAll } from "./wire.ts";

/** Collects answers while others are on their way to the client. */
class AnswerBatch {
  readonly #conn: Deno.Conn;
  readonly #boxes: Boxes;
  #filling: Uint8Array;
  #writing: Uint8Array;
  #filled = 0;
  #isWriting = false;

  constructor(conn: Deno.Conn, boxes: Boxes, room: number) {
    this.#conn = conn;
    this.#boxes = boxes;
    this.#filling = new Uint8Array(room);
    this.#writing = new Uint8Array(room);
  }

  add(message: Uint8Array): void {
    this.#filling.set(message, this.#filled);
    this.#filled += message.length;
    if (!this.#isWriting) void this.#write();
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#filled > 0) {
      const batch = this.#filling.subarray(0, this.#filled);
      [this.#filling, this.#writing] = [this.#writing, this.#filling];
      this.#filled = 0;
      this.#boxes.seal(batch);
      await writeAll(this.#conn, batch);
    }
    this.#isWriting = false;
  }
}

async function main(): Promise<void> {
  const [sizeText, wireName, boxing, engineText] = Deno.args;
  const size = Number(sizeText);
  const wire = parseWire(wireName);
  const makeBoxes = await boxesOf(parseBoxing(boxing), size);
  const front = listen(wire);
  const back = listen(wire);
  console.log(JSON.stringify([front.address, back.address]));
  const client = await front.accept();
  const answers = new AnswerBatch(
    client,
    makeBoxes(),
    size * Number(engineText),
  );
  const engines: ((message: Uint8Array) => void)[] = [];
  while (engines.length < Number(engineText)) {
    const conn = await back.accept();
    const boxes = makeBoxes();
    const own = new Uint8Array(size);
    engines.push((message) => {
      own.set(message);
      boxes.seal(own);
      void writeAll(conn, own);
    });
    void relayAnswers(new BatchReader(conn, size, 1), boxes, answers);
  }
  front.close();
  back.close();
  const reader = new BatchReader(client, size, 1);
  const boxes = makeBoxes();
  // The client begins once all engines are there.
  await writeAll(client, new Uint8Array(1));
  for (;;) {
    const message = await reader.read();
    if (message.length === 0) return;
    boxes.open(message);
    for (const send of engines) send(message);
  }
}

async function relayAnswers(
  reader: BatchReader,
  boxes: Boxes,
  answers: AnswerBatch,
): Promise<void> {
  for (;;) {
    const answer = await reader.read();
    if (answer.length === 0) return;
    boxes.open(answer);
    answers.add(answer);
  }
}

if (import.meta.main) await main();
