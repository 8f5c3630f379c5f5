/** Something that runs until it is stopped. */
export interface Running {
  /** Settles when it is gone. Rejects with what ended it, if that was not `stop`. */
  readonly stopped: Promise<void>;
  /** Finishes what is in flight, and ends. @param drain milliseconds for that, if not those of its options */
  stop(drain?: number): Promise<void>;
}

/** Told to end what runs; also before it does. Calls after the first do nothing. */
export type Stop = (drain?: number) => void;

/**
 * Runs something until it is told to end. The first SIGTERM or SIGINT lets it finish what is in flight, the second ends the
 * process at once.
 * @param others given a way to say stop, beside signals
 * @throws what keeps it from starting, or ends it
 */
export async function runUntilStopped(start: () => Promise<Running>, others?: (stop: Stop) => void): Promise<void> {
  let asked: { readonly drain: number | undefined } | undefined;
  let stopNow = (_drain?: number): void => undefined;
  const stop = (drain?: number) => {
    if (asked !== undefined) return;
    asked = { drain };
    stopNow(drain);
  };
  const withoutSignals = onSignals(stop);
  others?.(stop);
  try {
    const running = await start();
    const stopFailed = new Promise<never>((_, reject) => {
      stopNow = (drain) => void running.stop(drain).catch(reject);
    });
    if (asked !== undefined) stopNow(asked.drain);
    await Promise.race([running.stopped, stopFailed]);
  } finally {
    withoutSignals();
  }
}

/**
 * @param first told by SIGTERM or SIGINT
 * @param second told by another of them; if not given, the process ends
 * @returns what takes the handlers off again
 */
export function onSignals(first: () => void, second: () => void = endAtOnce): () => void {
  let signalled = false;
  const onSignal = () => {
    if (signalled) second();
    else first();
    signalled = true;
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return () => {
    process.off('SIGTERM', onSignal);
    process.off('SIGINT', onSignal);
  };
}

function endAtOnce(): never {
  process.stderr.write('msglite: ended at once by a second signal\n');
  process.exit(1);
}
