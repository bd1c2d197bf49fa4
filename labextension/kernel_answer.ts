/**
 * What the panel asks, and how a kernel answers.
 *
 * @module
 */

/** What the panel asks. */
export type PanelRequest =
  | {
    /** Which clusters there are. */
    readonly ask: "list";
  }
  | {
    /** Start a cluster in the background. */
    readonly ask: "start";
    /** How many engines. */
    readonly n: number;
    /** Its name; absent, the default. */
    readonly clusterId?: string;
  }
  | {
    /** Something about one cluster. */
    readonly ask: "stop" | "restart" | "status";
    /** Path of its state file. */
    readonly stateFile: string;
  }
  | {
    /** Another number of engines. */
    readonly ask: "scale";
    /** Path of its state file. */
    readonly stateFile: string;
    /** How many engines. */
    readonly n: number;
  };

/** A cluster in the list. */
export interface PanelCluster {
  /** Its name. */
  readonly id: string;
  /** The profile its files belong to. */
  readonly profile: string;
  /** How it is. */
  readonly state: string;
  /** Path of the file by which programs find it. */
  readonly stateFile: string;
  /** Path of the connection file for clients. */
  readonly clientFile: string;
}

/** An engine of a cluster. */
export interface PanelEngine {
  /** Its number. */
  readonly id: number;
  /** Its host. */
  readonly host: string;
  /** Tasks running there. */
  readonly running: number;
  /** Tasks waiting there. */
  readonly queued: number;
  /** Tasks finished there. */
  readonly finished: number;
}

/** What a kernel answers. */
export interface PanelReply {
  /** The clusters. */
  readonly clusters?: readonly PanelCluster[];
  /** The engines of one cluster. */
  readonly engines?: readonly PanelEngine[];
  /** Tasks that no engine has been given. */
  readonly unassigned?: number;
}

/** The little of the module that a kernel uses. */
export interface PanelModule {
  /** Clusters. */
  readonly Cluster: {
    list(): Promise<readonly PanelHandle[]>;
    start(options: Record<string, unknown>): Promise<PanelHandle>;
    fromFile(path: string): Promise<PanelHandle>;
  };
}

/** A cluster in a kernel. */
export interface PanelHandle extends AsyncDisposable {
  toJSON(): PanelCluster;
  stop(): Promise<void>;
  scale(n: number): Promise<void>;
  restartEngines(): Promise<void>;
  connect(): Promise<PanelClient>;
}

/** A client in a kernel. */
export interface PanelClient extends AsyncDisposable {
  readonly engines: readonly {
    readonly engineId: number;
    readonly host: string;
  }[];
  queueStatus(): Promise<{
    readonly engines: readonly {
      readonly engineId: number;
      readonly running: number;
      readonly queued: number;
      readonly finished: number;
    }[];
    readonly unassigned: number;
  }>;
}

/** The MIME type of an answer. */
export const ANSWER_TYPE = "application/vnd.ippd.panel+json";

/**
 * Answers a request. It travels to the kernel as source, so it uses nothing
 * but its arguments.
 */
export async function answer(
  { Cluster }: PanelModule,
  request: PanelRequest,
): Promise<PanelReply> {
  switch (request.ask) {
    case "list": {
      const clusters = await Cluster.list();
      const shown = clusters.map((cluster) => {
        const { id, profile, state, stateFile, clientFile } = cluster.toJSON();
        return { id, profile, state, stateFile, clientFile };
      });
      await Promise.all(clusters.map((one) => one[Symbol.asyncDispose]()));
      return { clusters: shown };
    }
    case "start": {
      const { n, clusterId } = request;
      const name = clusterId === undefined ? {} : { clusterId };
      const started = await Cluster.start({ n, ...name, detached: true });
      await started[Symbol.asyncDispose]();
      return {};
    }
  }
  const cluster = await Cluster.fromFile(request.stateFile);
  try {
    switch (request.ask) {
      case "stop":
        await cluster.stop();
        return {};
      case "restart":
        await cluster.restartEngines();
        return {};
      case "scale":
        await cluster.scale(request.n);
        return {};
      case "status": {
        const client = await cluster.connect();
        const { engines, unassigned } = await client.queueStatus();
        const hosts = new Map(
          client.engines.map(({ engineId, host }) => [engineId, host]),
        );
        await client[Symbol.asyncDispose]();
        return {
          unassigned,
          engines: engines.map(({ engineId, running, queued, finished }) => ({
            id: engineId,
            host: hosts.get(engineId) ?? "",
            running,
            queued,
            finished,
          })),
        };
      }
    }
  } finally {
    await cluster[Symbol.asyncDispose]();
  }
}

/** The code with which a kernel answers a request. */
export function answerCode(request: PanelRequest, id: number): string {
  return `{
  const ippd = await import("@ippd/ippd")
    .catch(() => import("jsr:@ippd/ippd"));
  const answer = ${answer.toString()};
  const reply = await answer(ippd, ${JSON.stringify(request)});
  const data = { ${JSON.stringify(ANSWER_TYPE)}: { id: ${id}, reply } };
  Deno.jupyter.broadcast("display_data", { data, metadata: {}, transient: {} });
}
undefined;`;
}

/** The code that connects a notebook to a cluster. */
export function connectionCode(cluster: PanelCluster): string {
  return `import { connect } from "@ippd/ippd";

const client = await connect(${JSON.stringify(cluster.clientFile)});
client.ids`;
}
