/**
 * Under which addresses a bound endpoint can be reached from elsewhere.
 *
 * @module
 */

/** What decides the candidates. */
export interface CandidateOptions {
  /** The endpoint as bound, `tcp://host:port`. */
  readonly bound: string;
  /** A host name or address that its owner says others can reach. */
  readonly location?: string | undefined;
  /** Addresses of this machine's interfaces. */
  readonly interfaces: readonly string[];
}

const ANY_ADDRESSES: ReadonlySet<string> = new Set(["0.0.0.0", "[::]", "*"]);

/**
 * The endpoints to try, likeliest first. A socket bound to one address is
 * reached there; one bound to all of them at its location, and at each
 * address of the machine.
 */
export function candidateEndpoints(options: CandidateOptions): string[] {
  const match = /^tcp:\/\/(.+):(\d+)$/.exec(options.bound);
  const host = match?.[1];
  if (match === null || host === undefined) return [options.bound];
  const endpoint = (name: string): string =>
    `tcp://${
      name.includes(":") && !name.startsWith("[") ? `[${name}]` : name
    }:${match[2]}`;
  const hosts = ANY_ADDRESSES.has(host)
    ? [...options.interfaces.filter(isGlobal), "127.0.0.1"]
    : [host];
  const named = options.location === undefined ? [] : [options.location];
  return [...new Set([...named, ...hosts].map(endpoint))];
}

function isGlobal(address: string): boolean {
  return !address.startsWith("127.") && address !== "::1" &&
    !address.startsWith("fe80:");
}
