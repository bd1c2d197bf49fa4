/**
 * What does not compile: the compiler fails where an error is expected and
 * there is none. Nothing here runs.
 *
 * @module
 */
import {
  AsyncResult,
  type BroadcastView,
  type Client,
  type LazyMap,
  moduleTask,
  type SettledTask,
  task,
} from "../../mod.ts";
import type { addForTest } from "../work/module_fixture.ts";

/** Accepts values of exactly one type. */
function exactly<T>(_value: T): void {}

export function neverRuns(client: Client): void {
  const all = client.directView();
  const balanced = client.loadBalancedView();
  const add = (a: number, b: number): number => a + b;
  const shout = (text: string): string => text.toUpperCase();

  exactly<AsyncResult<number>>(balanced.apply(add, 1, 2));
  exactly<AsyncResult<number[]>>(all.apply(add, 1, 2));
  exactly<AsyncResult<number>>(client.at(0).apply(add, 1, 2));
  exactly<AsyncResult<number>>(all.with({ targets: 3 }).apply(add, 1, 2));
  exactly<AsyncResult<number>>(
    all.with({ label: "x" }).with({ targets: 3 }).apply(add, 1, 2),
  );
  exactly<AsyncResult<number[]>>(
    client.at(0).with({ targets: [1] }).apply(add, 1, 2),
  );
  exactly<BroadcastView<true>>(client.broadcastView().with({ targets: 1 }));
  exactly<AsyncResult<number>>(
    balanced.apply(task(add, { needs: ["x"] }), 1, 2),
  );
  exactly<AsyncResult<number>>(
    balanced.apply(moduleTask<typeof addForTest>("file:///m.ts", "f"), 1, 2),
  );
  // @ts-expect-error an argument is of the wrong type
  balanced.apply(add, 1, "2");
  // @ts-expect-error an argument is missing
  balanced.apply(add, 1);
  // @ts-expect-error one engine gives one value
  exactly<AsyncResult<number[]>>(client.at(0).apply(add, 1, 2));

  // Results stand for their values.
  const three = balanced.apply(add, 1, 2);
  exactly<AsyncResult<number>>(balanced.apply(add, three, 3));
  exactly<AsyncResult<number>>(
    balanced.apply((list: number[]) => list.length, [three, 5]),
  );
  exactly<AsyncResult<number>>(
    balanced.apply((list: number[]) => list.length, all.apply(add, 1, 2)),
  );
  // @ts-expect-error a result of a text does not stand for a number
  balanced.apply(add, balanced.apply(shout, "x"), 3);

  exactly<AsyncResult<string[]>>(balanced.map(shout, ["a"]));
  exactly<AsyncResult<string[]>>(balanced.map(shout, ["a"], { chunkSize: 1 }));
  exactly<AsyncResult<SettledTask<string>[]>>(
    balanced.map(shout, ["a"], { settle: true }),
  );
  exactly<AsyncResult<number[]>>(balanced.map(add, [1], new Set([2])));
  exactly<AsyncResult<number[]>>(all.map(add, [1], [2]));
  // @ts-expect-error the items are of the wrong type
  balanced.map(shout, [1, 2]);
  // @ts-expect-error the items of the second list are of the wrong type
  balanced.map(add, [1], ["2"]);
  // @ts-expect-error the items are of the wrong type
  all.map(shout, [1, 2]);

  exactly<LazyMap<string>>(balanced.imap(shout, ["a"]));
  exactly<LazyMap<SettledTask<string>>>(
    balanced.imap(shout, ["a"], { settle: true }),
  );
  // @ts-expect-error the items are of the wrong type
  balanced.imap(shout, [1, 2]);

  exactly<AsyncResult<[number, string[]]>>(
    AsyncResult.join(three, balanced.map(shout, ["a"])),
  );
  // @ts-expect-error there is no such flag
  balanced.with({ colour: "red" });
  // @ts-expect-error retries are a number or options
  balanced.with({ retries: "often" });
}

Deno.test("Views refuse wrong types when they are compiled", () => {
  exactly<(client: Client) => void>(neverRuns);
});
