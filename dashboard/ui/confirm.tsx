/**
 * Asks before something is done that cannot be undone.
 *
 * @module
 */
/** @jsxRuntime automatic */
/** @jsxImportSource preact */
/// <reference lib="dom" />
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** What is about to be done. */
export interface Intent {
  /** The question. */
  readonly question: string;
  /** What the button says. */
  readonly verb: string;
  /** Does it. */
  readonly run: () => Promise<void>;
}

interface ConfirmProps {
  readonly intent: Intent | undefined;
  readonly onDone: () => void;
}

/** A dialog with a question, while there is one. */
export function Confirm({ intent, onDone }: ConfirmProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    setProblem("");
    if (intent === undefined) dialog.current?.close();
    else dialog.current?.showModal();
  }, [intent]);
  const run = async (): Promise<void> => {
    if (intent === undefined) return;
    setBusy(true);
    try {
      await intent.run();
      onDone();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} onClose={onDone}>
      <p>{intent?.question}</p>
      {problem !== "" && <p class="error" role="alert">{problem}</p>}
      <div class="bar">
        <button type="button" class="danger" disabled={isBusy} onClick={run}>
          {intent?.verb}
        </button>
        <button type="button" onClick={onDone}>Leave it</button>
      </div>
    </dialog>
  );
}
