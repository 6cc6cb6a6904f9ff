import { monitors } from '@gradloom/runtime/options';
import { deviationOf, meanIfComplete } from '../../lab/figures/range.ts';
import type { MetricName } from './config.ts';

/** A run of the search: a trial, in a round, on a fold or on the validation rows. */
export interface RunKey {
  readonly trial: number;
  readonly round: number;
  readonly fold: number | null;
}

/** The result of a run, a line of search.jsonl. */
export interface RunOutcome extends RunKey {
  readonly state: 'done' | 'diverged';
  // figures of the held-out rows; null for a number that is not finite
  readonly figures: Readonly<Record<string, number | null>>;
  readonly step: number; // steps done
  readonly early: boolean; // ended by early stopping
  readonly fingerprint: string | null;
  readonly elapsedMs: number;
}

export const keyText = ({ trial, round, fold }: RunKey): string => `${trial}/${round}/${fold ?? '-'}`;

/** A trial in the last round that it reached. */
export interface Standing {
  readonly trial: number;
  readonly round: number;
  readonly rank: number; // from 1
  readonly score: number | null; // mean of the metric over the folds; null if a run has diverged
  readonly deviation: number | null; // standard deviation over the folds; null without folds
  readonly loss: number | null; // mean over the folds; null if a run has none
  readonly steps: number; // steps of the longest of its runs
  readonly early: boolean; // early stopping ended one of its runs
  readonly elapsedMs: number; // time of all of its runs in all rounds
}

/** The trials, best first: later rounds, then by metric, loss and number; diverged ones last, no unfinished ones. */
export function standingsOf(outcomes: readonly RunOutcome[], metric: MetricName, folds: number | null): Standing[] {
  const byTrial = new Map<number, RunOutcome[]>();
  for (const outcome of outcomes) byTrial.set(outcome.trial, [...(byTrial.get(outcome.trial) ?? []), outcome]);
  const standings = [...byTrial].flatMap(([trial, outcomes]) => {
    const rounds = [...new Set(outcomes.map(({ round }) => round))].sort((a, b) => b - a);
    const round = rounds.find((r) => outcomes.filter((outcome) => outcome.round === r).length === (folds ?? 1));
    if (round === undefined) return [];
    return [standing(trial, round, outcomes, metric, folds)];
  });
  const sign = monitors[metric].isHigherBetter ? -1 : 1;
  const worst = Number.POSITIVE_INFINITY;
  const byMerit = standings.sort(
    (a, b) =>
      compare(a.score === null ? 1 : 0, b.score === null ? 1 : 0) ||
      b.round - a.round ||
      compare(a.score === null ? worst : sign * a.score, b.score === null ? worst : sign * b.score) ||
      compare(a.loss ?? worst, b.loss ?? worst) ||
      a.trial - b.trial,
  );
  return byMerit.map((trial, k) => ({ ...trial, rank: k + 1 }));
}

/**
 * Numbers of the trials that go on to the next round: the best of those measured in this round. Runs of later rounds,
 * which a resumed search finds in the journal, do not count. A run that has diverged would diverge again.
 */
export function survivors(
  outcomes: readonly RunOutcome[],
  metric: MetricName,
  folds: number | null,
  round: number,
  count: number,
): number[] {
  const upToHere = outcomes.filter((outcome) => outcome.round <= round);
  return standingsOf(upToHere, metric, folds)
    .filter((standing) => standing.round === round && standing.score !== null)
    .slice(0, count)
    .map(({ trial }) => trial)
    .sort((a, b) => a - b);
}

/** Not a subtraction, which is NaN for two infinities. */
const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);

function standing(
  trial: number,
  round: number,
  outcomes: readonly RunOutcome[],
  metric: MetricName,
  folds: number | null,
): Omit<Standing, 'rank'> {
  const runs = outcomes.filter((outcome) => outcome.round === round).sort((a, b) => (a.fold ?? 0) - (b.fold ?? 0));
  const scores = runs.map(({ figures }) => figures[monitors[metric].figure] ?? null);
  const score = meanIfComplete(scores);
  return {
    trial,
    round,
    score,
    deviation: folds === null || score === null ? null : deviationOf(scores as number[]),
    loss: meanIfComplete(runs.map(({ figures }) => figures.loss ?? null)),
    steps: Math.max(...runs.map(({ step }) => step)),
    early: runs.some(({ early }) => early),
    elapsedMs: outcomes.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0),
  };
}
