import { median } from '../../packages/cli/src/lab/figures/range.ts';
import { isOurs, type Peer, type Variant } from './peer.ts';
import { type PeerProcess, startPeer } from './peer-process.ts';
import { kindOf, type Workload, withoutDropout } from './workloads.ts';

type Environment = Readonly<Record<string, string>>;

/** The result of a peer on a workload. */
export interface Score {
  readonly peer: string;
  readonly stepMs: number; // median of the rounds
  readonly rounds: readonly number[]; // ms per step
  readonly steps: number; // steps of a round
  readonly warmSteps: number;
  readonly loss: number | null; // after the first epoch
  readonly environment: Environment;
  readonly variant: Variant;
  // ms per step of as many steps as warming up takes, in a new process; null if these take long
  readonly coldStepMs: number | null;
  // most resident memory of a new process that takes a few steps, in MiB; of images alone, whose arrays are large
  readonly peakMiB: number | null;
}

export interface ContestOptions {
  readonly rounds: number;
  readonly roundMs: number;
  readonly trialMs: number; // time for each variant, to find a peer's best
  readonly warmMs: number; // most time for warming up
  readonly say: (text: string) => void;
}

/**
 * One process of each peer, kept for all workloads, since a start takes seconds. That of another environment ends
 * first: a large network in several of them would leave no memory to the others.
 */
export interface ProcessPool {
  get(peer: Peer, environment: Environment): Promise<PeerProcess>;
  /** Ends the process of a peer that failed: a late answer would be taken for the next one. It starts when needed. */
  drop(peer: Peer): void;
  end(): void;
}

export function createProcessPool(): ProcessPool {
  const started = new Map<string, { readonly process: PeerProcess; readonly environment: string }>();
  const drop = ({ name }: Peer): void => {
    started.get(name)?.process.end();
    started.delete(name);
  };
  return {
    async get(peer, variables) {
      const environment = JSON.stringify(variables);
      const running = started.get(peer.name);
      if (running?.environment === environment) return running.process;
      drop(peer);
      const process = await startPeer(peer.command, variables);
      started.set(peer.name, { process, environment });
      return process;
    },
    drop,
    end() {
      for (const { process } of started.values()) process.end();
    },
  };
}

/** A peer in its best variant, ready for its rounds. */
interface Runner {
  readonly peer: Peer;
  readonly about: Omit<Score, 'stepMs' | 'rounds'>;
  readonly process: PeerProcess;
  readonly rounds: number[];
}

/**
 * Runs all peers on one workload. Each is first tried in all its variants; the best ones are warmed up and then run
 * alternately, so that a slower machine slows all of them. A peer that fails is left out with a message; one of ours
 * that fails in its rounds ends the run.
 */
export async function runContest(
  peers: readonly Peer[],
  workload: Workload,
  pool: ProcessPool,
  options: ContestOptions,
): Promise<Score[]> {
  const leaveOut = (peer: Peer, error: unknown): void => {
    options.say(`${peer.name}: left out of ${workload.name}, ${error instanceof Error ? error.message : error}`);
    pool.drop(peer);
  };
  let runners: Runner[] = [];
  for (const peer of peers) {
    try {
      const alike = runners.find((other) => other.peer.name === peer.like)?.about;
      const best = alike ?? (await findBest(peer, workload, pool, options.trialMs));
      const runner = best === null ? null : await prepare(peer, workload, pool, best, options);
      if (runner !== null) runners.push(runner);
    } catch (error) {
      leaveOut(peer, error);
    }
  }
  for (let round = 0; round < options.rounds; round++) {
    for (const runner of runners) {
      const { peer, about, process, rounds } = runner;
      try {
        const { steps, ms } = await process.run(about.steps);
        rounds.push(ms / steps);
      } catch (error) {
        if (isOurs(peer.name)) throw error;
        leaveOut(peer, error);
        runners = runners.filter((other) => other !== runner);
      }
    }
  }
  return runners.map(({ about, rounds }) => ({ ...about, stepMs: median(rounds), rounds }));
}

async function prepare(
  peer: Peer,
  workload: Workload,
  pool: ProcessPool,
  best: Best,
  { warmMs, roundMs }: ContestOptions,
): Promise<Runner> {
  const { environment, variant } = best;
  const process = await pool.get(peer, environment);
  await process.open(withoutDropout(workload), variant);
  const loss = await process.lossAfter(workload.checkSteps);
  await process.open(workload, variant);
  let [warmSteps, spentMs, stepMs] = [0, 0, Number.NaN];
  while (warmSteps < workload.warmSteps && spentMs < warmMs) {
    const { steps, ms } = await process.run(Math.min(workload.warmSteps - warmSteps, stepsIn(warmMs / 4, stepMs)));
    warmSteps += steps;
    spentMs += ms;
    stepMs = ms / steps;
  }
  // Cold starts are only measured if warming up takes no seconds.
  const isQuick = stepMs * workload.warmSteps < warmMs;
  const coldStepMs = workload.isSmall && isQuick ? median(await coldStarts(peer, workload, best)) : null;
  const peakMiB = kindOf(workload.name) === 'images' ? await peakMemory(peer, workload, best) : null;
  const steps = stepsIn(roundMs, stepMs);
  const about = { peer: peer.name, environment, variant, loss, warmSteps, coldStepMs, peakMiB, steps };
  return { peer, about, process, rounds: [] };
}

interface Best {
  readonly environment: Environment;
  readonly variant: Variant;
}

/**
 * The fastest of a peer's environments and variants; null if it has none for this workload.
 * @throws Error (rejects) with the reason that the peer gives
 */
async function findBest(peer: Peer, workload: Workload, pool: ProcessPool, trialMs: number): Promise<Best | null> {
  const variants = peer.variants(workload);
  const { environments } = peer;
  if (typeof variants === 'string') throw new Error(variants);
  if (variants.length === 0) return null;
  let best: Best = { environment: environments[0], variant: variants[0] };
  if (environments.length * variants.length === 1) return best;
  let bestMs = Infinity; // per step
  for (const environment of environments) {
    const tries = variants.map((variant) => ({ variant, stepMs: 0 }));
    // Twice, since the first run in a new process pays for its start; what is far behind then is not tried again.
    for (const one of [...tries, ...tries]) {
      if (one.stepMs > HOPELESS * bestMs) continue;
      const process = await pool.get(peer, environment);
      await process.open(workload, one.variant);
      const { steps, ms } = await process.run(2);
      const warm = ms / steps > trialMs ? { steps, ms } : await process.run(stepsIn(trialMs / 4, ms / steps));
      const trial = await process.run(stepsIn(trialMs, warm.ms / warm.steps));
      one.stepMs = trial.ms / trial.steps;
      if (one.stepMs < bestMs) [best, bestMs] = [{ environment, variant: one.variant }, one.stepMs];
    }
  }
  return best;
}

/** A variant that takes so many times the step of the best is not tried a second time. */
const HOPELESS = 1.5;

async function coldStarts(peer: Peer, workload: Workload, best: Best): Promise<number[]> {
  const stepMs: number[] = [];
  for (let start = 0; start < COLD_STARTS; start++) stepMs.push(await coldStart(peer, workload, best));
  return stepMs;
}

/** Number of cold starts for a median: a single one may be disturbed by other work on the machine. */
const COLD_STARTS = 5;

/** ms per step of as many steps as warming up takes, in a new process. */
const coldStart = (peer: Peer, workload: Workload, best: Best): Promise<number> =>
  inNewProcess(peer, workload, best, async (process) => {
    const { steps, ms } = await process.run(workload.warmSteps);
    return ms / steps;
  });

const peakMemory = (peer: Peer, workload: Workload, best: Best): Promise<number | null> =>
  inNewProcess(peer, workload, best, async (process) => {
    await process.run(PEAK_STEPS);
    return process.peakMiB();
  });

/** Steps until memory no longer grows. */
const PEAK_STEPS = 5;

async function inNewProcess<Result>(
  peer: Peer,
  workload: Workload,
  { environment, variant }: Best,
  measure: (process: PeerProcess) => Promise<Result>,
): Promise<Result> {
  const process = await startPeer(peer.command, environment);
  try {
    await process.open(workload, variant);
    return await measure(process);
  } finally {
    process.end();
  }
}

/** Number of steps that take about `ms`, at least one. */
const stepsIn = (ms: number, stepMs: number): number => (stepMs > 0 ? Math.max(1, Math.round(ms / stepMs)) : 1);

/** Approximate ms to open a workload and estimate the length of a step. */
const OPEN_MS = 200;
/** ms of a cold-start measurement, which has five starts, and of measuring our floor. */
const COLD_MS = 10_000;
const FLOOR_MS = 1000;

/** A sentence: how many minutes the last whole run took, or roughly how many this one will take. */
export function tellDuration(
  peers: readonly Peer[],
  workloads: readonly Workload[],
  options: Omit<ContestOptions, 'say'>,
  last?: number, // minutes
): string {
  if (last !== undefined) return `The last whole run took ${last} minutes on a machine of this class.`;
  const ms = workloads.reduce(
    (sum, workload) => sum + peers.reduce((total, peer) => total + durationOf(peer, workload, options), 0),
    0,
  );
  return `This takes about ${Math.max(1, Math.round(ms / 60_000))} minutes.`;
}

/** Approximate ms: all variants twice, the warm-up, and the rounds. Our runs take twice the time that is counted. */
export function durationOf(
  peer: Peer,
  workload: Workload,
  { rounds, roundMs, trialMs, warmMs }: Omit<ContestOptions, 'say'>,
): number {
  const variants = peer.variants(workload);
  if (typeof variants === 'string' || variants.length === 0) return 0;
  const all = peer.like === undefined ? peer.environments.length * variants.length : 1;
  const runs = isOurs(peer.name) ? 2 : 1;
  const tries = all === 1 ? 0 : 2 * all * (OPEN_MS + runs * 1.25 * trialMs);
  const extra = (workload.isSmall ? COLD_MS : 0) + (isOurs(peer.name) ? FLOOR_MS : 0);
  return tries + OPEN_MS + runs * (warmMs / 2 + rounds * roundMs) + extra;
}
