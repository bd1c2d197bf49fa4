/**
 * The program of a slot alone, for executables that carry it beside the whole:
 * it starts in half of the time.
 *
 * @module
 */
import { runSlot } from "./slot_main.ts";

if (import.meta.main) await runSlot();
