/** What can be measured, its unit, and the digits after the point that are worth printing. */
export const FIGURES = {
  rate: { heading: 'per second', unit: '/s', digits: 0 },
  p50: { heading: 'p50 µs', unit: 'µs', digits: 0 },
  p99: { heading: 'p99 µs', unit: 'µs', digits: 0 },
  p999: { heading: 'p99.9 µs', unit: 'µs', digits: 0 },
  cpu: { heading: 'CPU µs/op', unit: 'µs', digits: 2 },
  own: { heading: 'of workers', unit: 'µs', digits: 2 },
  memory: { heading: 'memory MB', unit: 'MB', digits: 1 },
  start: { heading: 'start ms', unit: 'ms', digits: 1 },
  stall: { heading: 'stall ms', unit: 'ms', digits: 1 },
  load: { heading: 'load %', unit: '%', digits: 0 },
} as const;

/**
 * `rate`: operations in a second. `p50`, `p99`, `p999`: how long one took. `cpu`: what it cost all threads of the broker.
 * `own`: the part of it that is the workers'. `memory`: resident. `start`: from the start of the process to its first answer. `stall`: the longest time for which the
 * event loop did not turn. `load`: how busy the one who asks was; near 100 it holds back the rate, but not the CPU.
 */
export type FigureName = keyof typeof FIGURES;

export type Figures = { readonly [K in FigureName]?: number };

const NAMES = Object.keys(FIGURES) as FigureName[];

/** The figures that any of them has, in the order of the columns. */
export function figuresIn(all: readonly Figures[]): FigureName[] {
  return NAMES.filter((name) => all.some((figures) => figures[name] !== undefined));
}

/** Each figure's median over the rounds. */
export function medians(rounds: readonly Figures[]): Figures {
  return Object.fromEntries(
    figuresIn(rounds).map((name) => [name, median(rounds.flatMap((figures) => figures[name] ?? []))]),
  );
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2;
}

/** 12,345 or 1.23, with as many digits as the figure deserves. */
export function printed(name: FigureName, value: number): string {
  const { digits } = FIGURES[name];
  return value.toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
