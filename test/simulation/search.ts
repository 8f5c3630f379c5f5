import { type Make, makeExchange, Run } from './run.js';

/** Steps of each run: a run is short, because what goes wrong mostly does so among few players. */
export const STEPS = Number(process.env.SIM_STEPS ?? 120);

/** A run that broke a rule. */
export interface Finding {
  readonly seed: number;
  readonly error: Error;
}

/** Runs one seed. @returns what went wrong */
export function tryOut(seed: number, make: Make = makeExchange, leaveOut?: ReadonlySet<number>): Error | undefined {
  return traced(seed, make, leaveOut, false).error;
}

/** The first of these seeds with which something goes wrong. */
export function search(from: number, seeds: number, make: Make = makeExchange): Finding | undefined {
  for (let seed = from; seed < from + seeds; seed++) {
    const error = tryOut(seed, make);
    if (error !== undefined) return { seed, error };
  }
  return undefined;
}

/** What happened in such a run, without the steps that do not matter to what went wrong. */
export function explain(seed: number, make: Make = makeExchange): string {
  const { error } = traced(seed, make, undefined, false);
  if (error === undefined) return `seed ${seed}: nothing went wrong`;
  const rule = kind(error);
  const leaveOut = new Set<number>();
  let before = -1;
  while (before !== leaveOut.size) {
    before = leaveOut.size;
    for (let size = STEPS / 2; size >= 1; size = Math.floor(size / 2)) {
      for (let step = 0; step < STEPS; step += size) {
        const more = new Set(leaveOut);
        for (let n = step; n < step + size; n++) more.add(n);
        if (more.size === leaveOut.size) continue;
        const other = tryOut(seed, make, more);
        if (other !== undefined && kind(other) === rule) for (const n of more) leaveOut.add(n);
      }
    }
  }
  const { trace, error: last } = traced(seed, make, leaveOut, true);
  const steps = trace.map((line) => `  ${line}`).join('\n');
  return `seed ${seed}: ${last?.message}\n${steps}\nreplay: SIM_SEED=${seed} npm test -- --grep simulation\n${last?.stack}`;
}

function traced(seed: number, make: Make, leaveOut: ReadonlySet<number> | undefined, wanted: boolean) {
  const trace: string[] = [];
  try {
    const run = new Run(seed, make);
    if (wanted) run.scene.trace = trace;
    run.run(STEPS, leaveOut);
    return { trace, error: undefined };
  } catch (error) {
    return { trace, error: error as Error };
  }
}

/** The rule, whoever broke it. */
function kind({ message }: Error): string {
  return message.replaceAll(/\b[a-z]?\d+\.*|\{.*/g, '#');
}
