import type { Io } from './io.ts';

/** 128 + the number of the signal, as in a shell. */
export const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 };

type Interruption = keyof typeof exitCodes;

export interface Interrupt {
  readonly signal: AbortSignal; // its reason is the Interruption
  /** Restores the usual effect of the signals. */
  release(): void;
}

/**
 * Turns the first signal, or a closed stdout, into an abort, so that work can be finished. A second signal ends the
 * process as usual. With `onHangup`, SIGHUP calls it and ends nothing.
 */
export function listenForInterrupt({ stdout }: Io, onHangup?: () => void): Interrupt {
  const controller = new AbortController();
  const listeners = (['SIGHUP', 'SIGINT', 'SIGTERM'] as const).map(
    (name) => [name, (name === 'SIGHUP' && onHangup) || (() => stop(name))] as const,
  );
  const onError = () => stop('SIGPIPE');
  function stop(interruption: Interruption): void {
    // Before aborting, since a listener of the abort may send the second signal, which must not be caught here.
    for (const [name, listener] of listeners) process.removeListener(name, listener);
    controller.abort(interruption);
  }
  for (const [name, listener] of listeners) process.on(name, listener);
  stdout.on('error', onError);
  return {
    signal: controller.signal,
    release() {
      for (const [name, listener] of listeners) process.removeListener(name, listener);
      stdout.removeListener('error', onError);
    },
  };
}

/** The exit code of work that `signal` has ended. */
export const interruptExitCode = ({ reason }: AbortSignal): number => exitCodes[reason as Interruption];

/** Resolves when a signal has arrived. */
export async function whenInterrupted({ signal }: Interrupt): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

/** Prints that a signal ends the work, and how. A closed stdout is not announced, since nobody reads it. */
export function announceInterrupt(
  signal: AbortSignal,
  command: string,
  endingText: string, // 'ending with a checkpoint'
  print: (line: string) => void,
): void {
  signal.addEventListener('abort', () => {
    if (signal.reason === 'SIGPIPE') return;
    print(`gradloom ${command}: ${signal.reason}: ${endingText}; a second signal ends at once`);
  });
}
