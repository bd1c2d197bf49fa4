/**
 * Running code on many engines with one request.
 *
 * @module
 */
import { type DirectTargets, DirectView } from "./direct_view.ts";
import type { Session } from "./session.ts";
import {
  type CheckedFlags,
  type FlagChanges,
  mergeFlags,
  NO_FLAGS,
} from "./view_flags.ts";

/** Options of a broadcast view. */
export interface BroadcastOptions {
  /**
   * Whether the outcomes of a request arrive together, when all are there,
   * rather than one by one. @default false
   */
  readonly coalescing?: boolean;
}

/**
 * Runs functions and cells on any number of engines. Whatever a direct view
 * does it does as well, with the same results and metadata.
 *
 * @typeParam One Whether the view names exactly one engine.
 */
export class BroadcastView<One extends boolean = false>
  extends DirectView<One> {
  /** Whether the outcomes of a request arrive together. */
  readonly coalescing: boolean;
  readonly #session: Session;
  readonly #flags: CheckedFlags;

  /** Views are made by clients. */
  constructor(
    session: Session,
    targets: DirectTargets,
    flags: CheckedFlags = NO_FLAGS,
    { coalescing = false }: BroadcastOptions = {},
  ) {
    super(session, targets, flags, coalescing);
    this.#session = session;
    this.#flags = flags;
    this.coalescing = coalescing;
  }

  /** A view of one other engine. */
  override with(
    flags: FlagChanges & { readonly targets: number },
  ): BroadcastView<true>;
  /** A view of several other engines. */
  override with(
    flags: FlagChanges & { readonly targets: readonly number[] | "all" },
  ): BroadcastView;
  /** A view of the same engines with other flags; this one stays as it is. */
  override with(flags: FlagChanges): BroadcastView<One>;
  override with(flags: FlagChanges): BroadcastView<boolean> {
    return new BroadcastView<boolean>(
      this.#session,
      this.chosen(flags.targets),
      mergeFlags(this.#flags, flags),
      this,
    );
  }
}
