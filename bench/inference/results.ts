import type { ElementType } from '@gradloom/core';

/** The time of an answer by each program. */
export interface AnswerTime {
  readonly network: string;
  readonly type: ElementType;
  readonly batch: number;
  readonly threads: number;
  readonly unit: 'row' | 'token'; // token: texts are written
  readonly us: Readonly<Record<string, number>>; // median of a unit, by program
}

/** A run of `npm run bench:inference`, or parts of the same conditions. */
export interface InferenceResults {
  readonly date: string;
  readonly commit: string | null; // of the measured sources; null if they had changes
  readonly node: string;
  readonly rounds: number;
  readonly roundMs: number;
  readonly warmMs: number;
  readonly programs: Readonly<Record<string, string>>; // version and platform
  readonly times: readonly AnswerTime[];
}

const CONDITIONS = ['commit', 'node', 'rounds', 'roundMs', 'warmMs'] as const;

/**
 * The record with the times of another run, in the order of `networks`. Only runs of the same conditions join: else the
 * later one is the record.
 */
export function joined(
  before: InferenceResults | undefined,
  now: InferenceResults,
  networks: readonly string[],
): InferenceResults {
  if (before === undefined || now.commit === null || CONDITIONS.some((name) => before[name] !== now[name])) return now;
  const keyOf = ({ network, type, batch, threads }: AnswerTime): string => [network, type, batch, threads].join();
  const times = new Map([...before.times, ...now.times].map((time) => [keyOf(time), time]));
  return {
    ...now,
    programs: { ...before.programs, ...now.programs },
    times: [...times.values()].sort(
      (a, b) => networks.indexOf(a.network) - networks.indexOf(b.network) || a.batch - b.batch,
    ),
  };
}
