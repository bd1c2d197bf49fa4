/**
 * The door of the extension: a container of module federation, which is how
 * JupyterLab loads extensions that were built elsewhere.
 *
 * @module
 */
import type {
  NotebookModule,
  Plugin,
  ShareScope,
  WidgetsModule,
} from "./jupyterlab.ts";
import { makePlugin } from "./plugin.ts";

/** The extension's name, under which its container is found. */
const NAME = "@ippd/jupyterlab";

class Container {
  #scope: ShareScope | undefined;

  /** Takes what JupyterLab shares. */
  init(scope: ShareScope): void {
    this.#scope = scope;
  }

  /** Gives what makes the extension. */
  async get(): Promise<() => { readonly default: Plugin }> {
    const widgets = await this.#shared("@lumino/widgets");
    const notebook = await this.#shared("@jupyterlab/notebook");
    const plugin = makePlugin(
      widgets as WidgetsModule,
      notebook as NotebookModule,
    );
    return () => ({ default: plugin });
  }

  async #shared(name: string): Promise<unknown> {
    const [version] = Object.values(this.#scope?.[name] ?? {});
    if (version === undefined) {
      throw new Error(`Cannot load ${NAME}: JupyterLab does not share ${name}`);
    }
    return (await version.get())();
  }
}

const containers = Reflect.get(globalThis, "_JUPYTERLAB") ?? {};
containers[NAME] = new Container();
Reflect.set(globalThis, "_JUPYTERLAB", containers);
