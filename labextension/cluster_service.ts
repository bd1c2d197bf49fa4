/**
 * The clusters of the machine where Jupyter's server runs, reached through a
 * kernel of Deno that nobody else sees: who may run kernels may do as much,
 * and nothing new listens anywhere.
 *
 * @module
 */
import {
  ANSWER_TYPE,
  answerCode,
  type PanelReply,
  type PanelRequest,
} from "./kernel_answer.ts";
import type {
  JupyterFrontEnd,
  KernelConnection,
  KernelMessage,
} from "./jupyterlab.ts";

/** How long an answer may take: starting engines waits for queues. */
export const ANSWER_TIMEOUT_MS = 120_000;

/** Asks a kernel of its own. */
export class ClusterService {
  readonly #services: JupyterFrontEnd["serviceManager"];
  readonly #timeoutMs: number;
  readonly #waiting = new Map<number, (reply: PanelReply) => void>();
  #kernel: Promise<KernelConnection> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #count = 0;

  /** No kernel is started before somebody asks. */
  constructor(
    services: JupyterFrontEnd["serviceManager"],
    timeoutMs: number = ANSWER_TIMEOUT_MS,
  ) {
    this.#services = services;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Asks, and gives the answer; one question after the other.
   *
   * @throws {Error} with what the kernel says, or when it says nothing.
   */
  ask(request: PanelRequest): Promise<PanelReply> {
    const answered = this.#last.then(() => this.#ask(request));
    this.#last = answered.catch(() => {});
    return answered;
  }

  async #ask(request: PanelRequest): Promise<PanelReply> {
    this.#kernel ??= this.#start();
    const kernel = await this.#kernel;
    const id = ++this.#count;
    const { promise, resolve, reject } = Promise.withResolvers<PanelReply>();
    this.#waiting.set(id, resolve);
    const timer = setTimeout(
      () =>
        reject(
          new Error(
            `Cannot ${request.ask}: the kernel has not answered in ${this.#timeoutMs} ms`,
          ),
        ),
      this.#timeoutMs,
    );
    const code = answerCode(request, id);
    kernel.requestExecute({ code, store_history: false }).done
      .then(({ content }) => {
        if (content["status"] !== "ok") reject(problemOf(content));
      }, reject);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  /**
   * Finds answers by their number: Deno's kernel may say that code has run
   * before it says what the code brought.
   */
  #heard({ header, content }: KernelMessage): void {
    if (header.msg_type !== "display_data") return;
    const { data } = content;
    const found: unknown = Reflect.get(Object(data), ANSWER_TYPE);
    if (isAnswer(found)) this.#waiting.get(found.id)?.(found.reply);
  }

  /** Ends the kernel; asking starts another. */
  async close(): Promise<void> {
    const kernel = this.#kernel;
    this.#kernel = undefined;
    await (await kernel)?.shutdown();
  }

  async #start(): Promise<KernelConnection> {
    try {
      const { kernels, kernelspecs } = this.#services;
      await kernelspecs.ready;
      const known = Object.entries(kernelspecs.specs?.kernelspecs ?? {});
      const name = known.find(([name, spec]) =>
        name === "deno" || spec?.language === "typescript"
      )?.[0];
      if (name === undefined) {
        throw new Error(
          "Cannot find Deno's kernel: deno jupyter --install, then reload",
        );
      }
      const kernel = await kernels.startNew({ name });
      kernel.iopubMessage.connect((_, message) => this.#heard(message));
      return kernel;
    } catch (thrown) {
      this.#kernel = undefined;
      throw thrown;
    }
  }
}

function isAnswer(
  value: unknown,
): value is { readonly id: number; readonly reply: PanelReply } {
  return typeof value === "object" && value !== null && "id" in value &&
    "reply" in value && typeof value.reply === "object" && value.reply !== null;
}

function problemOf(content: Readonly<Record<string, unknown>>): Error {
  return new Error(String(content["evalue"] ?? "the kernel did not answer"));
}
