/**
 * How the C library of a process that ippd starts treats memory that is free
 * again.
 *
 * By itself, glibc gives memory of 128 KiB and more back to the system as soon
 * as it is free, and takes new memory for the next piece, which the system
 * fills with zeros, page by page: for values that pass through, that is most
 * of their cost, above all on virtual machines.
 *
 * @module
 */

/** Free memory that a process keeps, in bytes, before it gives any back. */
export const FREE_BYTES_KEPT: number = 128 << 20;
/** Larger pieces are the system's own, and given back each by itself. */
const OWN_PIECE_BYTES: number = 32 << 20;

/**
 * Variables for the environment of a new process (mallopt(3)); other C
 * libraries do not look at them.
 *
 * @param read Reads a variable: what somebody has chosen is left as it is.
 */
export function allocatorVariables(
  read: (name: string) => string | undefined,
): Record<string, string> {
  const variables: Record<string, string> = {};
  const wanted = {
    MALLOC_TRIM_THRESHOLD_: FREE_BYTES_KEPT,
    MALLOC_MMAP_THRESHOLD_: OWN_PIECE_BYTES,
  };
  for (const [name, bytes] of Object.entries(wanted)) {
    variables[name] = read(name) ?? String(bytes);
  }
  return variables;
}
