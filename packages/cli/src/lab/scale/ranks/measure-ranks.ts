import { type Cluster, type Pool, type Profile, type TrainOptions, train } from '@gradloom/runtime';
import {
  type ClusterNetwork,
  measureBandwidth,
  measureNetwork,
  planRankWork,
  type RankWork,
  type TimedRun,
  timeSteps,
} from '@gradloom/runtime/internal';
import { median } from '../../figures/range.ts';
import type { Workload } from '../measure-scaling.ts';
import { passesMs } from '../predict-cores.ts';

export interface RankPoint {
  readonly ranks: number;
  readonly machines: number;
  readonly threads: readonly number[]; // threads of each rank
  readonly library: string;
  readonly steps: number; // steps of a run
  readonly stepMs: number; // median of the rounds
  readonly rounds: readonly number[]; // ms per step
  readonly samplesPerSecond: number;
  readonly plainMs: number | null; // if exchanges wait for the end of the passes; null on one rank
  readonly fingerprint: string; // of the weights after `steps` steps
  readonly work: RankWork;
  readonly network: ClusterNetwork | null;
  readonly parts: RankParts | null;
  readonly prediction: RankPrediction | null;
}

export interface RankMeasuringOptions {
  readonly threads: number; // threads of this rank
  readonly rounds: number;
  readonly showProgress: (text: string) => void;
}

const RUN_MS = 1000; // length of a measured run
const WARM_STEPS = 300; // maximum for the second of two runs that warm up and are timed to find the number of steps
const MIN_STEPS = 5;

/** Measures the started ranks. All ranks call it together, and all get the figures of rank 0. */
export async function measureRanks(
  cluster: Cluster,
  pool: Pool,
  { spec, sets, options, steps: requested }: Workload,
  { threads, rounds, showProgress }: RankMeasuringOptions,
): Promise<RankPoint> {
  const data = { train: sets.train };
  const rankOptions = { ...options, pool, threads };
  const threadsOf = await cluster.fromAll(threads);
  const overlap = true; // the default of training
  const work = planRankWork(spec, data, rankOptions, { threadsOf, overlap });
  const run = (moreOptions: TrainOptions): Promise<TimedRun> =>
    timeSteps(train(spec, data, { ...rankOptions, cluster, ...moreOptions }));

  showProgress('network');
  const network = await measureNetwork(cluster);
  showProgress('warming up');
  let steps = requested ?? 4 * MIN_STEPS;
  for (let k = 0; k < 2 && requested === undefined; k++) {
    const { stepMs } = await run({ steps });
    const fitting = Math.round(RUN_MS / stepMs);
    // Rank 0 decides: ranks must run the same number of steps, but each has its own clock.
    steps = await cluster.fromFirst(Math.max(MIN_STEPS, k === 0 ? Math.min(WARM_STEPS, fitting) : fitting));
  }

  // Exchanges overlap with the passes by default; plain ones come after them.
  const overlappedRuns: TimedRun[] = [];
  const plainRuns: TimedRun[] = [];
  for (let round = 0; round < rounds; round++) {
    showProgress(`round ${round + 1} of ${rounds}`);
    overlappedRuns.push(await run({ steps }));
    if (cluster.ranks > 1) plainRuns.push(await run({ overlap: false, steps }));
  }

  showProgress('a rank by itself');
  await cluster.fromAll(null); // ranks start at the same time, as in a step
  // Every rank trains as many rows as the rank with most, even if a step gives it none.
  const { profiles = [] } = await train(spec, data, { ...rankOptions, batch: work.rows, steps, profile: true });
  const maxOf = (figure: (profile: Profile) => number): number => Math.max(...profiles.map(figure)) / steps;
  await cluster.fromAll(null);
  const gigabytesPerSecond = await measureBandwidth(pool, threads);
  const rankFigures = { gradientMs: maxOf(passesMs), updateMs: maxOf(({ update }) => update), gigabytesPerSecond };
  const allFigures = await cluster.fromAll(rankFigures);
  const parts = network === null ? null : partsOf(allFigures, network);

  const msOf = (runs: readonly TimedRun[]): number => median(runs.map(({ stepMs }) => stepMs));
  const [first] = overlappedRuns;
  const stepMs = msOf(overlappedRuns);
  return await cluster.fromFirst({
    ranks: cluster.ranks,
    machines: new Set(cluster.hosts).size,
    threads: threadsOf,
    library: cluster.library,
    steps,
    stepMs,
    plainMs: plainRuns.length === 0 ? null : msOf(plainRuns),
    rounds: overlappedRuns.map((run) => run.stepMs),
    samplesPerSecond: (first.samplesPerSecond * first.stepMs) / stepMs,
    fingerprint: [...new Set(overlappedRuns.map(({ result }) => result.fingerprint))].join(' '), // one if all agree
    work,
    network,
    parts,
    prediction: parts === null ? null : predictRanks(parts, work, overlap),
  });
}

/** Parts of the slowest rank, since all wait for it. */
function partsOf(
  figures: readonly { readonly gradientMs: number; readonly updateMs: number; readonly gigabytesPerSecond: number }[],
  { latencyMs, bytesPerSecond }: ClusterNetwork,
): RankParts {
  return {
    gradientMs: Math.max(...figures.map(({ gradientMs }) => gradientMs)),
    updateMs: Math.max(...figures.map(({ updateMs }) => updateMs)),
    bytesPerMs: Math.min(...figures.map(({ gigabytesPerSecond }) => gigabytesPerSecond)) * 1e6,
    latencyMs,
    // A ping-pong does not measure the cost of a second message; it is at most that of the first.
    messageMs: latencyMs,
    networkBytesPerMs: bytesPerSecond / 1000,
  };
}

/** The parts of a prediction, measured or taken from a data sheet. */
interface RankParts {
  readonly gradientMs: number; // passes over the rows of the rank that has most, on its threads
  readonly updateMs: number; // update of all weights on the threads of a rank
  readonly bytesPerMs: number; // memory bandwidth of all threads of a rank; rows of gradients are added at this speed
  readonly latencyMs: number; // latency of a message between two ranks
  readonly messageMs: number; // time of each further message that a rank sends at the same time
  readonly networkBytesPerMs: number; // bandwidth of a rank that sends and receives at once
}

interface RankPrediction {
  readonly gradientMs: number;
  readonly joinMs: number; // adding the rows of the team to one for each subtree
  readonly gatherMs: number; // reduce-scatter: sending gradients to the ranks that update them
  readonly hiddenMs: number; // part of `gatherMs` that overlaps with passes
  readonly updateMs: number;
  readonly returnMs: number; // all-gather: sending weights and notes to all ranks
  readonly stepMs: number;
}

/** The model of docs/cluster.md. */
export function predictRanks(parts: RankParts, work: RankWork, overlap: boolean): RankPrediction {
  const { parameters: P, maxParameters, bytesOfNumber, nodeRows, addedRows } = work;
  const messagesMs = (count: number): number => (count === 0 ? 0 : parts.latencyMs + (count - 1) * parts.messageMs);
  const transferMs = ({ messages, bytes }: RankWork['gradients']): number =>
    messagesMs(messages) + bytes / parts.networkBytesPerMs;
  // Each addition reads two rows and writes one.
  const addMs = (rows: number, length: number): number => (3 * rows * length * bytesOfNumber) / parts.bytesPerMs;
  const reduceScatterMs = transferMs(work.gradients);
  const { gradientMs } = parts;
  // Gradients of the first layers are only sent after the last pass; the others can overlap with the backward pass.
  const hiddenMs = overlap ? Math.min(reduceScatterMs * work.early, gradientMs * BACKWARD_SHARE) : 0;
  const joinMs = addMs(addedRows, P);
  const updateMs = P === 0 ? 0 : (parts.updateMs * maxParameters) / P + addMs(nodeRows - 1, maxParameters);
  const allGatherMs =
    Math.max(transferMs(work.weights), transferMs(work.notes)) + work.notes.bytes / parts.networkBytesPerMs;
  return {
    gradientMs,
    joinMs,
    gatherMs: reduceScatterMs,
    hiddenMs,
    updateMs,
    returnMs: allGatherMs,
    stepMs: gradientMs + joinMs + reduceScatterMs - hiddenMs + updateMs + allGatherMs,
  };
}

/** Share of the passes of a step: backward has two products per layer, forward one. */
const BACKWARD_SHARE = 2 / 3;
