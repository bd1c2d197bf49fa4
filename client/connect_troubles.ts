/**
 * Why hub or scheduler cannot be reached, for the message that says so.
 *
 * @module
 */

/** How many different failures are told. */
export const CONNECT_TROUBLES_MAX = 4;

/** The last different failures, oldest first; each names its address. */
export class ConnectTroubles {
  readonly #messages = new Set<string>();

  /** An attempt failed, or a connection ended. */
  add({ message }: Error): void {
    this.#messages.delete(message);
    this.#messages.add(message);
    if (this.#messages.size <= CONNECT_TROUBLES_MAX) return;
    for (const oldest of this.#messages) {
      this.#messages.delete(oldest);
      return;
    }
  }

  /** All of them, in words. */
  toString(): string {
    return [...this.#messages].join("; ") || "no answer at all";
  }
}
