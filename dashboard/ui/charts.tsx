/**
 * The load over time.
 *
 * @module
 */
/** @jsxRuntime automatic */
/** @jsxImportSource preact */
/// <reference lib="dom" />
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { LoadSample } from "./api.ts";
import { onThemeChange } from "./theme.ts";

/** One line of a chart. */
export interface ChartLine {
  /** What it is called. */
  readonly label: string;
  /** A CSS variable with its colour. */
  readonly color: string;
  /** Its value at a moment. */
  readonly of: (sample: LoadSample) => number;
}

interface ChartProps {
  readonly title: string;
  readonly samples: readonly LoadSample[];
  readonly lines: readonly ChartLine[];
}

const HEIGHT = 160;

/** A chart of lines over time. */
export function Chart({ title, samples, lines }: ChartProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const color = (name: string): string =>
      getComputedStyle(document.documentElement).getPropertyValue(name);
    const axis = {
      stroke: () => color("--quiet"),
      grid: { stroke: () => color("--line"), width: 1 },
      ticks: { show: false },
    };
    const made = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        series: [
          {},
          ...lines.map((line) => ({
            label: line.label,
            stroke: () => color(line.color),
            width: 1.5,
            points: { show: false },
          })),
        ],
        axes: [axis, { ...axis, size: 56 }],
        scales: { y: { range: (_plot, _min, max) => [0, Math.max(1, max)] } },
      },
      [[], ...lines.map(() => [])],
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: HEIGHT })
    );
    observer.observe(element);
    const stop = onThemeChange(() => made.redraw(false));
    return () => {
      stop();
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, []);
  useEffect(() => {
    plot.current?.setData([
      samples.map(({ atMs }) => atMs / 1_000),
      ...lines.map((line) => samples.map(line.of)),
    ]);
  }, [samples]);
  return (
    <section class="panel">
      <h2>{title}</h2>
      <div ref={place} />
    </section>
  );
}
