/**
 * The little of JupyterLab that the panel uses, so that nothing of it has to
 * be installed to check and to build the panel.
 *
 * @module
 */
/// <reference lib="dom" />

/** A message of a kernel. */
export interface KernelMessage {
  /** What it is. */
  readonly header: { readonly "msg_type": string };
  /** What it says. */
  readonly content: Readonly<Record<string, unknown>>;
}

/** Code that a kernel runs. */
export interface KernelFuture {
  /** Settles when the kernel has answered. */
  readonly done: Promise<KernelMessage>;
}

/** A kernel. */
export interface KernelConnection {
  /** Tells everything that the kernel says to everyone. */
  readonly iopubMessage: {
    connect(hear: (sender: unknown, message: KernelMessage) => void): void;
  };
  /** Runs code. */
  requestExecute(
    content: { readonly code: string; readonly store_history: boolean },
  ): KernelFuture;
  /** Ends the kernel. */
  shutdown(): Promise<void>;
}

/** What JupyterLab gives its extensions. */
export interface JupyterFrontEnd {
  /** The server. */
  readonly serviceManager: {
    /** Its kernels. */
    readonly kernels: {
      /** Starts one. */
      startNew(
        options: { readonly name: string },
      ): Promise<KernelConnection>;
    };
    /** The kernels it knows. */
    readonly kernelspecs: {
      /** Settles when they are known. */
      readonly ready: Promise<void>;
      /** By name. */
      readonly specs: {
        readonly kernelspecs: Readonly<
          Record<string, { readonly language: string } | undefined>
        >;
      } | null;
    };
  };
  /** Where panels are. */
  readonly shell: {
    /** Adds a panel. */
    add(
      widget: unknown,
      area: "left",
      options: { readonly rank: number },
    ): void;
  };
}

/** A panel. */
export interface Widget {
  /** Its name in the page. */
  id: string;
  /** Its tab. */
  readonly title: { label: string; caption: string };
}

/** The module of panels. */
export interface WidgetsModule {
  /** Makes a panel around an element. */
  readonly Widget: new (options: { readonly node: HTMLElement }) => Widget;
}

/** A cell of a notebook. */
export interface Cell {
  /** Its text. */
  readonly model: {
    readonly sharedModel: {
      getSource(): string;
      setSource(text: string): void;
    };
  };
}

/** The cells of a notebook. */
export interface NotebookCells {
  /** The one that has the cursor. */
  readonly activeCell: Cell | null;
}

/** Knows the notebook in front. */
export interface NotebookTracker {
  /** That notebook. */
  readonly currentWidget: { readonly content: NotebookCells } | null;
}

/** The module of notebooks. */
export interface NotebookModule {
  /** Names the tracker among the services. */
  readonly INotebookTracker: unknown;
  /** What can be done to a notebook. */
  readonly NotebookActions: { insertBelow(cells: NotebookCells): void };
}

/** The modules that JupyterLab shares with its extensions, by name. */
export type ShareScope = Readonly<
  Record<
    string,
    Readonly<Record<string, { get(): Promise<() => unknown> }>> | undefined
  >
>;

/** An extension. */
export interface Plugin {
  /** Its name. */
  readonly id: string;
  /** What it does. */
  readonly description: string;
  /** It starts by itself. */
  readonly autoStart: true;
  /** Services that it uses where there are some. */
  readonly optional: readonly unknown[];
  /** Starts it. */
  activate(app: JupyterFrontEnd, notebooks: NotebookTracker | null): void;
}
