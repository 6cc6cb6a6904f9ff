import { isOurs } from './peer.ts';
import { type Results, type Row, ratioOf, type WorkloadResults } from './results.ts';

/** A ratio may fall to this share of the recorded one: medians of alternating rounds vary by about 5 %. */
const SLOWER = 0.9;

/** Ratios in both records, and sentences about those that have fallen. */
export interface Comparison {
  readonly compared: number;
  readonly slower: readonly string[];
}

/** Compares ratios with the last record of this class of machine. Times are not compared: machines vary by the hour. */
export function compare(before: Results | null, now: Results): Comparison {
  const slower: string[] = [];
  let compared = 0;
  const hasFallen = (was: number | null, is: number | null): boolean => {
    if (was === null || is === null) return false;
    compared++;
    return is < SLOWER * was;
  };
  // Other input rows have other zeros.
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

/** The floor as a share of the step. */
function shareOf({ scores, floors }: WorkloadResults, ours: string): number | null {
  const [score, floor] = [scores.find(({ peer }) => peer === ours), floors[ours]];
  return score === undefined || floor === undefined ? null : floor.stepMs / score.stepMs;
}

const percent = (share: number | null): string => `${Math.round(100 * (share ?? Number.NaN))} %`;

/** The column of ratios in a suite's rows, and the columns that identify a row. */
export interface RatioColumn {
  readonly ratio: string; // a number, alone or followed by a unit
  readonly keys: readonly string[];
}

/** Compares the rows of a suite with the recorded ones. */
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
export function comparisonLines({ compared, slower }: Comparison): string[] {
  if (compared === 0) return ['Nothing is recorded to compare with.'];
  if (slower.length === 0) return ['Nothing got slower than what was recorded.'];
  return ['Slower than what was recorded:', ...slower.map((line) => `  ${line}`)];
}

/** Whether a run with these options is a part that joins the record: some workloads, measured as in a whole run. */
export const isPart = (flags: readonly string[]): boolean => flags.join() === '--only';

/** Why a part cannot join the record: it is of another machine, commit or number of rounds. Null if it can. */
function whyNotJoined(before: Results | null, { commit, machine, rounds }: Results): string | null {
  if (commit == null) return 'the sources have changes, expected those of a commit';
  if (before === null) return null;
  const textOf = ({ cpu, cores, node }: Results['machine']) => `${cpu} with ${cores} cores and Node ${node}`;
  const facts = [
    [textOf(before.machine), textOf(machine)],
    [`commit ${before.commit ?? 'unknown'}`, `commit ${commit}`],
    [`${before.rounds} rounds`, `${rounds} rounds`],
  ];
  const other = facts.find(([was, is]) => was !== is);
  return other === undefined
    ? null
    : `this part is of ${other[1]}, expected ${other[0]} as in the record (--record begins another one)`;
}

/** Why a run must not replace the record, or a part not join it; null if it may. */
export function whyNotRecorded(
  before: Results | null,
  now: Results,
  flags: readonly string[], // that shorten or change the whole run
): string | null {
  if (flags.length > 0 && !isPart(flags)) return `with ${flags.join(' and ')} it is not the whole run`;
  const reason = isPart(flags) ? whyNotJoined(before, now) : null;
  if (reason !== null || before === null) return reason;
  if (before.digits !== now.digits) return `its rows are ${now.digits}, and those of the record ${before.digits}`;
  const lost = Object.keys(before.peers).filter((peer) => !Object.hasOwn(now.peers, peer));
  if (lost.length > 0) return `the record has ${lost.join(', ')}, not found this time`;
  for (const [name, { scores }] of Object.entries(now.workloads)) {
    const gone = before.workloads[name]?.scores.find(({ peer }) => scores.every((score) => score.peer !== peer));
    if (gone !== undefined) return `the record has ${gone.peer} in ${name}, which did not finish this time`;
  }
  return null;
}
