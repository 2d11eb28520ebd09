/**
 * Curves over time as an SVG: panels above one another, with their axes, lines and a legend. No library needed.
 *
 * @module
 */

/** One curve. */
export interface Curve {
  readonly name: string;
  readonly colour: string;
  /** Seconds and values, in order. The value holds until the next point. */
  readonly points: readonly (readonly [seconds: number, value: number])[];
}

/** One panel. */
export interface Panel {
  readonly title: string;
  readonly curves: readonly Curve[];
}

const WIDTH = 800;
const HEIGHT = 240;
const LEFT = 50;
const RIGHT = 20;
const TOP = 30;
const BOTTOM = 35;

/** The panels as one picture. All have the same time axis. */
export function drawChart(title: string, panels: readonly Panel[]): string {
  const seconds = Math.max(
    ...panels.flatMap(({ curves }) => curves.map(({ points }) => points.at(-1)?.[0] ?? 0)),
  );
  const height = 60 + panels.length * HEIGHT;
  const names = panels[0]?.curves ?? [];
  const legend = names.map(({ name, colour }, i) =>
    `<rect x="${LEFT + i * 200}" y="36" width="14" height="4" fill="${colour}"/>` +
    `<text x="${LEFT + 20 + i * 200}" y="42">${name}</text>`
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" ` +
    `font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    `<text x="${LEFT}" y="20" font-size="15">${title}</text>`,
    ...legend,
    ...panels.map((panel, i) =>
      `<g transform="translate(0 ${50 + i * HEIGHT})">${drawPanel(panel, seconds)}</g>`
    ),
    "</svg>",
  ].join("\n") + "\n";
}

function drawPanel({ title, curves }: Panel, seconds: number): string {
  const highest = Math.max(1, ...curves.flatMap(({ points }) => points.map(([, value]) => value)));
  const x = (at: number) => (LEFT + at / seconds * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const y = (value: number) => (HEIGHT - BOTTOM - value / highest * (HEIGHT - TOP - BOTTOM)).toFixed(1);
  const rows = ticks(highest).map((value) =>
    `<path d="M${x(0)} ${y(value)}H${x(seconds)}" stroke="#ddd"/>` +
    `<text x="${LEFT - 6}" y="${Number(y(value)) + 4}" text-anchor="end">${value}</text>`
  );
  const columns = ticks(seconds).map((at) =>
    `<path d="M${x(at)} ${y(0)}v4" stroke="#888"/>` +
    `<text x="${x(at)}" y="${Number(y(0)) + 17}" text-anchor="middle">${at} s</text>`
  );
  const lines = curves.map(({ colour, points }) => {
    const changes = points.filter(([, value], i) => i === points.length - 1 || value !== points[i - 1]?.[1]);
    const steps = changes.map(([at, value], i) =>
      i === 0 ? `M${x(at)} ${y(value)}` : `H${x(at)}V${y(value)}`
    );
    return `<path d="${steps.join("")}" fill="none" stroke="${colour}" stroke-width="1.5"/>`;
  });
  return [`<text x="${LEFT}" y="20">${title}</text>`, ...rows, ...columns, ...lines].join("\n");
}

/** Round values from 0 to `highest`, some five of them. */
function ticks(highest: number): readonly number[] {
  const rough = highest / 5;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((candidate) => candidate >= rough) ?? unit;
  return Array.from(
    { length: Math.floor(highest / step + 1e-9) + 1 },
    (_, i) => Number((i * step).toPrecision(6)),
  );
}
