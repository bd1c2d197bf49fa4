/**
 * Who may see the dashboard: whoever has the token that was printed when it
 * started. It comes once in the address, then in a cookie.
 *
 * @module
 */

/** Name of the cookie. */
export const COOKIE_NAME = "ippd_dashboard";

/** Name of the header without which nothing is changed. */
export const ACTION_HEADER = "x-ippd-action";

/** Bytes of a token: it cannot be guessed. */
const TOKEN_BYTES = 24;

/** A token nobody can guess, in hexadecimal digits. */
export function makeToken(
  fill: (bytes: Uint8Array<ArrayBuffer>) => void,
): string {
  const bytes = new Uint8Array(TOKEN_BYTES);
  fill(bytes);
  return bytes.toHex();
}

/** What a request asks for, as far as access goes. */
export interface AccessRequest {
  /** The method. */
  readonly method: string;
  /** The address. */
  readonly url: URL;
  /** The headers. */
  readonly headers: Headers;
}

/** What is to be done with a request. */
export type AccessVerdict = "allow" | "enter" | "refuse";

/**
 * Judges a request. `enter` means: the token came in the address; set the
 * cookie and send the browser to the address without it.
 *
 * @param hosts Names by which the server may be asked for, so that a page
 * elsewhere cannot reach it under a name of its own.
 */
export function judge(
  request: AccessRequest,
  token: string,
  hosts: ReadonlySet<string>,
): AccessVerdict {
  const { method, url, headers } = request;
  if (!hosts.has((headers.get("host") ?? "").toLowerCase())) return "refuse";
  const given = url.searchParams.get("token");
  if (given !== null) {
    return method === "GET" && sameText(given, token) ? "enter" : "refuse";
  }
  const bearer = /^Bearer (.+)$/.exec(headers.get("authorization") ?? "")?.[1];
  const presented = bearer ?? cookieOf(headers);
  if (presented === undefined || !sameText(presented, token)) return "refuse";
  if (method === "GET" || method === "HEAD") return "allow";
  // Other sites can make a browser send a form, never this header.
  return method === "POST" && headers.get(ACTION_HEADER) === "1"
    ? "allow"
    : "refuse";
}

/** The cookie that stands for the token. */
export function cookieFor(token: string): string {
  return `${COOKIE_NAME}=${token}; HttpOnly; SameSite=Strict; Path=/`;
}

function cookieOf(headers: Headers): string | undefined {
  for (const part of (headers.get("cookie") ?? "").split(";")) {
    const [name, value] = part.trim().split("=");
    if (name === COOKIE_NAME) return value;
  }
  return undefined;
}

/** Compares without telling by its duration where texts differ. */
function sameText(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let index = 0; index < b.length; index++) {
    difference |= (a.charCodeAt(index) || 0) ^ b.charCodeAt(index);
  }
  return difference === 0;
}
