/**
 * The extension, as JupyterLab wants it.
 *
 * @module
 */
/// <reference lib="dom" />
import { ClusterService } from "./cluster_service.ts";
import { connectionCode } from "./kernel_answer.ts";
import type {
  NotebookModule,
  NotebookTracker,
  Plugin,
  WidgetsModule,
} from "./jupyterlab.ts";
import { ClusterPanel } from "./panel.ts";

/** Makes the extension out of what JupyterLab shares. */
export function makePlugin(
  widgets: WidgetsModule,
  notebook: NotebookModule,
): Plugin {
  return {
    id: "@ippd/jupyterlab:clusters",
    description: "Clusters of live engines: start, stop, scale, look, connect.",
    autoStart: true,
    optional: [notebook.INotebookTracker],
    activate(app, notebooks) {
      const service = new ClusterService(app.serviceManager);
      const panel = new ClusterPanel({
        ask: (request) => service.ask(request),
        confirm: (question) => globalThis.confirm(question),
        insert: (cluster) =>
          insertCode(notebook, notebooks, connectionCode(cluster)),
      });
      const widget = new widgets.Widget({ node: panel.node });
      widget.id = "ippd-clusters";
      widget.title.label = "ippd";
      widget.title.caption = "Clusters of live engines";
      app.shell.add(widget, "left", { rank: 600 });
      globalThis.addEventListener("pagehide", () => void service.close());
      panel.begin();
    },
  };
}

/** Puts code into the active cell, or into a new one where that has some. */
function insertCode(
  { NotebookActions }: NotebookModule,
  notebooks: NotebookTracker | null,
  code: string,
): void {
  const cells = notebooks?.currentWidget?.content;
  if (cells === undefined) {
    throw new Error("Cannot insert code: no notebook is open");
  }
  if (cells.activeCell?.model.sharedModel.getSource() !== "") {
    NotebookActions.insertBelow(cells);
  }
  cells.activeCell?.model.sharedModel.setSource(code);
}
