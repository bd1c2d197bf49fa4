/**
 * Talks to the dashboard's server.
 *
 * @module
 */
/// <reference lib="dom" />
import { useEffect, useState } from "preact/hooks";
import type { ProcessStatus, StatusReply } from "../../messages/mod.ts";
import type { LoadSample } from "../load_history_state.ts";

export type { LogTail, TaskPage, TaskRow } from "../dashboard_source.ts";
export type { EngineStack } from "../../messages/mod.ts";
export type { LoadSample, ProcessStatus, StatusReply };

/** Samples that are drawn. */
const SAMPLES_SHOWN_MAX = 900;

/** Asks for JSON; throws an `Error` with what the server said. */
export async function ask<T>(path: string): Promise<T> {
  return await answerOf<T>(await fetch(path));
}

/** Has something done; throws an `Error` with what the server said. */
export async function act(path: string, body: unknown): Promise<void> {
  await answerOf(
    await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json", "x-ippd-action": "1" },
      body: JSON.stringify(body),
    }),
  );
}

async function answerOf<T>(response: Response): Promise<T> {
  if (response.status === 401) {
    throw new Error(
      "This page is no longer known to the server: open the address that it printed",
    );
  }
  const value = await response.json();
  if (!response.ok) throw new Error(String(value.message));
  return value;
}

/** The cluster as it is now. */
export interface Live {
  /** How everybody is; absent before the first word. */
  readonly status?: StatusReply;
  /** The load over time, oldest first. */
  readonly samples: readonly LoadSample[];
  /** What is wrong, if anything is. */
  readonly trouble?: string;
}

/** Follows the cluster; comes back by itself after the server was away. */
export function useLive(): Live {
  const [live, setLive] = useState<Live>({ samples: [] });
  useEffect(() => {
    void ask<LoadSample[]>("/api/history").then(
      (samples) => setLive((now) => ({ ...now, samples })),
      () => {},
    );
    const source = new EventSource("/events");
    source.addEventListener("status", (event) => {
      const { status, sample } = JSON.parse(event.data);
      setLive((now) => ({
        status,
        samples: [...now.samples, sample].slice(-SAMPLES_SHOWN_MAX),
      }));
    });
    source.addEventListener("trouble", (event) => {
      const { message } = JSON.parse(event.data);
      setLive((now) => ({ ...now, trouble: message }));
    });
    source.onerror = () =>
      setLive((now) => ({
        ...now,
        trouble: "The server does not answer; trying again",
      }));
    return () => source.close();
  }, []);
  return live;
}

/** Bytes for people. */
export function bytesText(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  return mebibytes < 1024
    ? `${mebibytes.toFixed(0)} MiB`
    : `${(mebibytes / 1024).toFixed(1)} GiB`;
}

/** A duration for people. */
export function durationText(ms: number | undefined): string {
  if (ms === undefined) return "";
  if (ms < 1) return `${(ms * 1_000).toFixed(0)} µs`;
  if (ms < 1_000) return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  return minutes < 60
    ? `${minutes} min ${Math.round(ms / 1_000) % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
