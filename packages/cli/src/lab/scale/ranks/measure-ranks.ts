import { type Cluster, type Pool, type Profile, type TrainOptions, train } from '@gradloom/runtime';
import {
  measureBandwidth,
  measureNetwork,
  type Network,
  planRankWork,
  type RankWork,
  type TimedRun,
  timeSteps,
} from '@gradloom/runtime/internal';
import type { Workload } from '../measure-scaling.ts';
import { passesMs } from '../predict-cores.ts';
import { median } from '../summarize-rounds.ts';

/** What a number of ranks came to. */
export interface RankPoint {
  readonly ranks: number;
  readonly machines: number;
  readonly threads: readonly number[]; // of each rank
  readonly library: string;
  readonly steps: number; // of a run
  readonly stepMs: number; // median of the rounds
  readonly rounds: readonly number[]; // ms a step
  readonly samplesPerSecond: number;
  readonly plainMs: number | null; // where exchanges wait for the end of the passes; null on one rank
  readonly fingerprint: string; // of the weights after `steps` steps
  readonly work: RankWork;
  readonly network: Network | null;
  readonly parts: RankParts | null;
  readonly prediction: RankPrediction | null;
}

/** How to measure. */
export interface RankMeasuring {
  readonly threads: number; // of this rank
  readonly rounds: number;
  readonly note: (text: string) => void;
}

const RUN_MS = 1000;
const WARM_STEPS = 300;
const LEAST_STEPS = 5;

/** Ways to exchange that are measured in turns: as a run does it, and after the passes. */
const ways = { own: {}, plain: { overlap: false } } as const satisfies Record<string, TrainOptions>;
type Way = keyof typeof ways;

/** Measures the ranks that were started. All call it together, and all get the figures of rank 0. */
export async function measureRanks(
  cluster: Cluster,
  pool: Pool,
  { spec, sets, options, steps: asked }: Workload,
  { threads, rounds, note }: RankMeasuring,
): Promise<RankPoint> {
  const data = { train: sets.train };
  const alone = { ...options, pool, threads };
  const threadsOf = await cluster.fromAll(threads);
  const work = planRankWork(spec, data, alone, { threadsOf, overlap: true });
  const run = (more: TrainOptions): Promise<TimedRun> => timeSteps(train(spec, data, { ...alone, cluster, ...more }));

  note('network');
  const network = await measureNetwork(cluster);
  note('warming up');
  let steps = asked ?? 4 * LEAST_STEPS;
  for (let k = 0; k < 2 && asked === undefined; k++) {
    const { stepMs } = await run({ steps });
    const fitting = Math.round(RUN_MS / stepMs);
    // Ranks are to do the same, and each has a clock of its own.
    steps = await cluster.fromFirst(Math.max(LEAST_STEPS, k === 0 ? Math.min(WARM_STEPS, fitting) : fitting));
  }

  const asks: readonly Way[] = cluster.ranks === 1 ? ['own'] : ['own', 'plain'];
  const timed = new Map<Way, TimedRun[]>(asks.map((way) => [way, []]));
  for (let round = 0; round < rounds; round++) {
    note(`round ${round + 1} of ${rounds}`);
    for (const [way, runs] of timed) runs.push(await run({ ...ways[way], steps }));
  }

  note('a rank by itself');
  await cluster.fromAll(null); // all at the same time, as in a step
  // A rank without rows has none to measure, but has to leave others in peace.
  const { profiles = [] } = await train(spec, data, { ...alone, batch: work.rows, steps, profile: true }).result;
  const most = (of: (profile: Profile) => number): number => Math.max(...profiles.map(of)) / steps;
  await cluster.fromAll(null);
  const gigabytesPerSecond = await measureBandwidth(pool, threads);
  const own = { gradientMs: most(passesMs), updateMs: most(({ update }) => update), gigabytesPerSecond };
  const all = await cluster.fromAll(own);
  const parts = network === null ? null : partsOf(all, network);

  const msOf = (way: Way): number | null => {
    const runs = timed.get(way);
    return runs === undefined ? null : median(runs.map(({ stepMs }) => stepMs));
  };
  const [first] = timed.get('own') as readonly TimedRun[];
  const stepMs = msOf('own') as number;
  return await cluster.fromFirst({
    ...{ ranks: cluster.ranks, machines: new Set(cluster.hosts).size, threads: threadsOf, library: cluster.library },
    ...{ steps, stepMs, plainMs: msOf('plain') },
    rounds: (timed.get('own') ?? []).map((one) => one.stepMs),
    samplesPerSecond: (first.samplesPerSecond * first.stepMs) / stepMs,
    fingerprint: [...new Set((timed.get('own') ?? []).map(({ result }) => result.fingerprint))].join(' '),
    ...{ work, network, parts },
    prediction: parts === null ? null : predictRanks(parts, work, true),
  });
}

/** The slowest rank's, since all wait for it. */
function partsOf(
  all: readonly { readonly gradientMs: number; readonly updateMs: number; readonly gigabytesPerSecond: number }[],
  { latencyMs, bytesPerSecond }: Network,
): RankParts {
  return {
    gradientMs: Math.max(...all.map(({ gradientMs }) => gradientMs)),
    updateMs: Math.max(...all.map(({ updateMs }) => updateMs)),
    bytesPerMs: Math.min(...all.map(({ gigabytesPerSecond }) => gigabytesPerSecond)) * 1e6,
    latencyMs,
    // A ping-pong does not know what a second message costs beside the first: at most as much.
    messageMs: latencyMs,
    networkBytesPerMs: bytesPerSecond / 1000,
  };
}

/** What a prediction is made of: measured, or taken from a data sheet. */
interface RankParts {
  readonly gradientMs: number; // passes over the rows of the rank that has most, on its threads
  readonly updateMs: number; // of all weights, on the threads of a rank
  readonly bytesPerMs: number; // of memory, that all threads of a rank reach: rows of gradients are added at this speed
  readonly latencyMs: number; // of a message between two ranks
  readonly messageMs: number; // of each further message that a rank sends at the same time
  readonly networkBytesPerMs: number; // that a rank sends while it receives as many
}

/** What a step on ranks would take, in milliseconds. */
interface RankPrediction {
  readonly gradientMs: number;
  readonly joinMs: number; // rows of the team, added to one for each subtree
  readonly gatherMs: number; // gradients on their way to the ranks that update them
  readonly hiddenMs: number; // of it, while passes go on
  readonly updateMs: number;
  readonly returnMs: number; // weights and notes on their way to all
  readonly stepMs: number;
}

/** The model of docs/cluster.md. */
export function predictRanks(parts: RankParts, work: RankWork, overlap: boolean): RankPrediction {
  const { parameters: P, held, bytesOfNumber, nodeRows, joins } = work;
  const messagesMs = (count: number): number => (count === 0 ? 0 : parts.latencyMs + (count - 1) * parts.messageMs);
  const wayMs = ({ messages, bytes }: RankWork['gradients']): number =>
    messagesMs(messages) + bytes / parts.networkBytesPerMs;
  // Each addition reads two rows and writes one.
  const addMs = (rows: number, length: number): number => (3 * rows * length * bytesOfNumber) / parts.bytesPerMs;
  const gatherMs = wayMs(work.gradients);
  const { gradientMs } = parts;
  // What the first layers have starts on its way when the last pass ends, and waits for nothing else.
  const hiddenMs = overlap ? Math.min(gatherMs * work.early, gradientMs * BACKWARD_SHARE) : 0;
  const joinMs = addMs(joins, P);
  const updateMs = P === 0 ? 0 : (parts.updateMs * held) / P + addMs(nodeRows - 1, held);
  const returnMs = Math.max(wayMs(work.weights), wayMs(work.notes)) + work.notes.bytes / parts.networkBytesPerMs;
  return {
    ...{ gradientMs, joinMs, gatherMs, hiddenMs, updateMs, returnMs },
    stepMs: gradientMs + joinMs + gatherMs - hiddenMs + updateMs + returnMs,
  };
}

/** Of the passes of a step: backward takes two products a layer, forward one. */
const BACKWARD_SHARE = 2 / 3;
