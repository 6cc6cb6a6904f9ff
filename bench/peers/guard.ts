import { type Results, type Row, ratioOf, type WorkloadResults } from './results.ts';

/** What a ratio may fall to of the recorded one: medians of rounds in turns repeat to about 5 %. */
const SLOWER = 0.9;

/** Ratios that both records have, and sentences about those that have fallen. */
export interface Comparison {
  readonly compared: number;
  readonly slower: readonly string[];
}

/** Ratios since the last record of this class of machine. Times are not compared: machines differ by the hour. */
export function compare(before: Results | null, now: Results): Comparison {
  const slower: string[] = [];
  let compared = 0;
  const hasFallen = (was: number | null, is: number | null): boolean => {
    if (was === null || is === null) return false;
    compared++;
    return is < SLOWER * was;
  };
  // Other rows have other zeros.
  if (before === null || before.digits !== now.digits) return { compared, slower };
  for (const [name, workload] of Object.entries(now.workloads)) {
    const old = before.workloads[name];
    if (old === undefined) continue;
    const names = workload.scores.map(({ peer }) => peer);
    for (const ours of names.filter(isOurs)) {
      for (const peer of names.filter((other) => !isOurs(other))) {
        const [was, is] = [ratioOf(old, peer, ours), ratioOf(workload, peer, ours)];
        if (hasFallen(was, is))
          slower.push(`${name}: ${peer} took ${was?.toFixed(2)} times as long as ${ours}, now ${is?.toFixed(2)}`);
      }
      const [was, is] = [shareOf(old, ours), shareOf(workload, ours)];
      if (hasFallen(was, is)) slower.push(`${name}: ${ours} reached ${percent(was)} of its floor, now ${percent(is)}`);
    }
  }
  return { compared, slower };
}

/** One of our backends. */
export const isOurs = (peer: string): boolean => peer.startsWith('Gradloom');

/** Of a step the floor is. */
function shareOf({ scores, floors }: WorkloadResults, ours: string): number | null {
  const [score, floor] = [scores.find(({ peer }) => peer === ours), floors[ours]];
  return score === undefined || floor === undefined ? null : floor.stepMs / score.stepMs;
}

const percent = (share: number | null): string => `${Math.round(100 * (share ?? Number.NaN))} %`;

/** Where the rows of a suite have a ratio, and what says which row is which. */
export interface RatioColumn {
  readonly ratio: string; // a number, or one in front of its unit
  readonly keys: readonly string[];
}

/** The same of the rows of a suite. */
export function compareRows(before: readonly Row[], now: readonly Row[], { ratio, keys }: RatioColumn): Comparison {
  const slower: string[] = [];
  let compared = 0;
  for (const row of now) {
    const old = before.find((other) => keys.every((key) => other[key] === row[key]));
    if (old === undefined) continue;
    compared++;
    if (Number.parseFloat(`${row[ratio]}`) >= SLOWER * Number.parseFloat(`${old[ratio]}`)) continue;
    const name = keys.map((key) => (typeof row[key] === 'number' ? `${row[key]} ${key}` : row[key])).join(', ');
    slower.push(`${name}: ${ratio} was ${old[ratio]}, now ${row[ratio]}`);
  }
  return { compared, slower };
}

/** Lines to print. */
export function tell({ compared, slower }: Comparison): string[] {
  if (compared === 0) return ['Nothing is recorded to compare with.'];
  if (slower.length === 0) return ['Nothing got slower than what was recorded.'];
  return ['Slower than what was recorded:', ...slower.map((line) => `  ${line}`)];
}

/** Why a run does not take the place of what is recorded, so that a record is of one whole run; null where it may. */
export function whyNotRecorded(
  before: Results | null,
  now: Results,
  given: readonly string[], // options that make a run a part, or another, of the whole one
): string | null {
  if (given.length > 0) return `with ${given.join(' and ')} it is not the whole run`;
  if (before === null) return null;
  if (before.digits !== now.digits) return `its rows are ${now.digits}, and those of the record ${before.digits}`;
  const lost = Object.keys(before.peers).filter((peer) => !Object.hasOwn(now.peers, peer));
  if (lost.length > 0) return `the record has ${lost.join(', ')}, not found this time`;
  for (const [name, { scores }] of Object.entries(now.workloads)) {
    const gone = before.workloads[name]?.scores.find(({ peer }) => scores.every((score) => score.peer !== peer));
    if (gone !== undefined) return `the record has ${gone.peer} in ${name}, which did not finish this time`;
  }
  return null;
}
