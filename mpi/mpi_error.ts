/**
 * What MPI says went wrong.
 *
 * @module
 */

/** An operation that MPI has refused or could not finish. */
export class MpiError extends Error {
  /** The name of the class. */
  override readonly name = "MpiError";
  /** The operation, such as `MPI_Send`. */
  readonly operation: string;
  /** The number of the error; its meaning is the implementation's. */
  readonly code: number;

  /** Says what MPI said. */
  constructor(operation: string, code: number, text: string) {
    super(`Cannot perform ${operation}: ${text}`);
    this.operation = operation;
    this.code = code;
  }
}
