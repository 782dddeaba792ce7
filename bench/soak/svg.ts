/**
 * Memory and p99 over time, as a drawing.
 *
 * @module
 */

import type { Sample } from "./verdict.ts";

const WIDTH = 800;
const HEIGHT = 220;
const LEFT = 60;
const RIGHT = 20;
const TOP = 34;
const BOTTOM = 28;

interface Panel {
  readonly title: string;
  readonly color: string;
  readonly value: (sample: Sample) => number;
}

const PANELS: readonly Panel[] = [
  {
    title: "Memory (RSS), MB",
    color: "#2563eb",
    value: ({ memory }) => memory / 1e6,
  },
  { title: "p99, ms", color: "#d97706", value: ({ p99 }) => p99 },
];

/** Draws the samples. */
export function soakSvg(samples: readonly Sample[]): string {
  const height = HEIGHT * PANELS.length;
  const panels = PANELS.map((panel, index) =>
    `<g transform="translate(0 ${index * HEIGHT})">${
      drawPanel(samples, panel)
    }</g>`
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ` +
    `font-family="sans-serif" font-size="12">\n` +
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>\n` +
    `${panels.join("\n")}\n</svg>\n`;
}

function drawPanel(
  samples: readonly Sample[],
  { title, color, value }: Panel,
): string {
  const end = samples.at(-1)?.events ?? 1;
  const most = roundUp(Math.max(...samples.map(value), 1));
  const [right, bottom] = [WIDTH - RIGHT, HEIGHT - BOTTOM];
  const x = (events: number) => LEFT + events / end * (right - LEFT);
  const y = (figure: number) => bottom - figure / most * (bottom - TOP);
  const points = samples.map((sample) =>
    `${x(sample.events).toFixed(1)},${y(value(sample)).toFixed(1)}`
  );
  const grid = [0, 0.5, 1].map((share) => {
    const at = y(share * most).toFixed(1);
    return `<line x1="${LEFT}" x2="${right}" y1="${at}" y2="${at}" stroke="#ddd"/>` +
      `<text x="${
        LEFT - 8
      }" y="${at}" text-anchor="end" dy="4">${+(share * most).toFixed(
        1,
      )}</text>`;
  });
  return [
    `<text x="${LEFT}" y="20" font-weight="bold">${title}</text>`,
    ...grid,
    `<polyline fill="none" stroke="${color}" stroke-width="1.5" points="${
      points.join(" ")
    }"/>`,
    `<text x="${LEFT}" y="${HEIGHT - 10}">0</text>`,
    `<text x="${right}" y="${HEIGHT - 10}" text-anchor="end">${
      end.toLocaleString("en")
    } events</text>`,
  ].join("");
}

/** The next number that reads well: 1, 2 or 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((each) => each * power >= value) ?? 10;
  return step * power;
}
