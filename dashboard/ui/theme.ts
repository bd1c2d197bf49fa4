/**
 * Light or dark, as the system has it until somebody chooses.
 *
 * @module
 */
/// <reference lib="dom" />

const SYSTEM = "(prefers-color-scheme: dark)";

/** Turns light to dark, and dark to light. */
export function toggleTheme(): void {
  const { dataset } = document.documentElement;
  const isDark = dataset["theme"] === undefined
    ? matchMedia(SYSTEM).matches
    : dataset["theme"] === "dark";
  dataset["theme"] = isDark ? "light" : "dark";
}

/** Tells of each change, to those who paint; gives what ends that. */
export function onThemeChange(repaint: () => void): () => void {
  const chosen = new MutationObserver(repaint);
  chosen.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  const system = matchMedia(SYSTEM);
  system.addEventListener("change", repaint);
  return () => {
    chosen.disconnect();
    system.removeEventListener("change", repaint);
  };
}
