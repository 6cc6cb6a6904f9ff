import { createInterface } from 'node:readline';
import type { Variant } from './peer.ts';
import type { Workload } from './workloads.ts';

/** A workload in training. */
export interface Training {
  /** Runs about `steps` steps and returns how many there were and how many ms they took. */
  run(steps: number): Promise<{ steps: number; ms: number }> | { steps: number; ms: number };
  /** Mean loss over all rows after `steps` steps; null if it has no such loss. Called before the first run. */
  lossAfter(steps: number): Promise<number | null> | number | null;
}

export interface Program<Work = Workload> {
  readonly about: string; // version and platform
  readonly pids?: readonly number[]; // processes outside of its own process group, which are stopped and ended with it
  open(workload: Work, variant: Variant): Promise<Training> | Training;
}

/**
 * Answers each line of JSON with one line: { open, variant }, { lossAfter }, { run }. The first line describes the
 * program, or what is missing.
 */
export async function serve<Work = Workload>(load: () => Promise<Program<Work>>): Promise<void> {
  const answer = (value: object): void => {
    process.stdout.write(`${JSON.stringify(value)}\n`);
  };
  let program: Program<Work>;
  try {
    program = await load();
  } catch (error) {
    answer({ missing: error instanceof Error ? error.message.split('\n')[0] : String(error) });
    return;
  }
  answer({ about: program.about, pids: program.pids });
  let training: Training | undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      const request: { open?: Work; variant?: Variant; run?: number; lossAfter?: number } = JSON.parse(line);
      if (request.open !== undefined) {
        training = await program.open(request.open, request.variant ?? {});
        answer({});
      } else if (training === undefined) {
        answer({ error: 'nothing is open' });
      } else if (request.run !== undefined) {
        answer(await training.run(request.run));
      } else {
        answer({ loss: await training.lossAfter(request.lossAfter ?? 0) });
      }
    } catch (error) {
      answer({ error: error instanceof Error ? error.message : String(error) });
    }
  }
}
