/**
 * A cluster of its own for one test.
 *
 * @module
 */
import { type Client, Cluster, type ClusterOptions } from "../../mod.ts";

/** Runs the steps of one story on a cluster of its own. */
export async function withCluster(
  options: ClusterOptions,
  story: (client: Client, cluster: Cluster) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "ippd-test-" });
  Deno.env.set("IPPD_DIR", folder);
  try {
    await using cluster = await Cluster.start(options);
    await using client = await cluster.connect();
    await story(client, cluster);
  } finally {
    Deno.env.delete("IPPD_DIR");
    await Deno.remove(folder, { recursive: true });
  }
}
