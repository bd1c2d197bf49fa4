/**
 * The notebook that this program is a kernel of, if it is one.
 *
 * @module
 */
import type { MimeBundle } from "../messages/mod.ts";

/** Where a program shows things in more than text. */
export interface Notebook {
  /** Shows something below the cell that runs. */
  show(bundle: MimeBundle): void;
  /** Shows something that can be replaced where it is. */
  showLive(bundle: MimeBundle): LiveDisplay;
  /**
   * Acts when the user interrupts the kernel, which then goes on. The kernel
   * by itself would end.
   *
   * @returns Stops acting when disposed of.
   */
  onInterrupt(act: () => void): Disposable;
}

/** Something on show that can be replaced. */
export interface LiveDisplay {
  /** Shows this instead. */
  update(bundle: MimeBundle): void;
}

/** Says a message of the kernel's protocol to everyone who listens. */
export type Broadcast = (
  type: "display_data" | "update_display_data",
  content: Readonly<Record<string, unknown>>,
) => unknown;

/** Says a message of the kernel's protocol with all that it may have. */
export type SayToFrontEnds = (
  type: "comm_open" | "comm_msg" | "comm_close" | Parameters<Broadcast>[0],
  content: Readonly<Record<string, unknown>>,
  extra?: {
    /** What is beside the content. */
    readonly metadata?: Readonly<Record<string, unknown>>;
    /** Bytes that travel as they are. */
    readonly buffers?: readonly Uint8Array[];
  },
) => unknown;

/** Listens for a signal for as long as the process lives. */
export type Listen = (act: () => void) => void;

/** A notebook behind the kernel's own way of speaking. */
export function notebookOf(broadcast: Broadcast, listen: Listen): Notebook {
  const show = (bundle: MimeBundle): void =>
    void broadcast("display_data", {
      data: notebookData(bundle),
      metadata: {},
      transient: {},
    });
  return {
    show,
    showLive(bundle) {
      const transient = { "display_id": crypto.randomUUID() };
      const say = (type: Parameters<Broadcast>[0], data: MimeBundle): void =>
        void broadcast(type, {
          data: notebookData(data),
          metadata: {},
          transient,
        });
      say("display_data", bundle);
      return { update: (next) => say("update_display_data", next) };
    },
    onInterrupt(act) {
      let current: (() => void) | undefined = act;
      // Once interrupts are harmless they stay so: the signal keeps its
      // listener when there is nothing to do any more.
      listen(() => current?.());
      return { [Symbol.dispose]: () => void (current = undefined) };
    },
  };
}

/** The notebook of Deno's Jupyter kernel; nothing in other programs. */
export function ownNotebook(): Notebook | undefined {
  const broadcast = ownBroadcast();
  return broadcast &&
    notebookOf(broadcast, (act) => Deno.addSignalListener("SIGINT", act));
}

/** How the kernel that this program is speaks to all front ends. */
export function ownBroadcast(): SayToFrontEnds | undefined {
  const kernel = kernelOf(globalThis);
  if (kernel === undefined) return undefined;
  const broadcast: unknown = Reflect.get(kernel, "broadcast");
  if (typeof broadcast !== "function") return undefined;
  return (...said) => Reflect.apply(broadcast, kernel, said);
}

/** What Deno gives programs that are kernels. */
function kernelOf(scope: object): object | undefined {
  try {
    const deno: unknown = Reflect.get(scope, "Deno");
    if (typeof deno !== "object" || deno === null) return undefined;
    // Other programs have no such thing, or one that throws when looked at.
    const kernel: unknown = Reflect.get(deno, "jupyter");
    return typeof kernel === "object" && kernel !== null ? kernel : undefined;
  } catch {
    return undefined;
  }
}

/** A bundle as the kernel's protocol takes it: bytes as Base64. */
export function notebookData(bundle: MimeBundle): Record<string, unknown> {
  const data: Record<string, unknown> = {};
  for (const [type, value] of Object.entries(bundle)) {
    data[type] = value instanceof Uint8Array ? bytesText(type, value) : value;
  }
  return data;
}

/** Bytes as a text: what is a text already, as it is. */
export function bytesText(type: string, bytes: Uint8Array): string {
  return /^text\/|[+/](xml|json)$/.test(type)
    ? new TextDecoder().decode(bytes)
    : bytes.toBase64();
}
