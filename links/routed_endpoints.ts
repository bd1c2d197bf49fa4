/**
 * Where endpoints are to be reached from here.
 *
 * @module
 */

/** Endpoints by the endpoint that they replace. */
export type Routes = Readonly<Record<string, string>>;

/**
 * Endpoints as they are to be used here: by their routes where
 * there are any: what is behind a tunnel is reached through it alone.
 */
export function routedEndpoints(
  endpoints: readonly string[],
  routes: Routes | undefined,
): readonly string[] {
  if (routes === undefined) return endpoints;
  const routed = endpoints.flatMap((endpoint) =>
    Object.hasOwn(routes, endpoint) ? routes[endpoint] ?? [] : []
  );
  return routed.length === 0 ? endpoints : [...new Set(routed)];
}
