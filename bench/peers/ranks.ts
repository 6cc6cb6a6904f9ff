import { parseArgs } from 'node:util';
import { median } from '../../packages/cli/src/lab/figures/range.ts';
import { count, matching, orRefuse, positive } from '../options.ts';
import { createProcessPool, runContest, type Score } from './contest.ts';
import type { Peer } from './peer.ts';
import { peers } from './peers.ts';
import { geometricMean } from './results.ts';
import { createWorkloads } from './workloads.ts';

// How much slower are two processes than two threads, and how long does PyTorch's DDP take, with as many processes over
// gloo? All train the workloads of the peers alternately. XOR, whose update is one block, has no second thread, so for
// it only DDP is compared. Run alone on the machine.
// Usage: npm run bench:ranks -- [--ranks 2] [--mpirun mpirun] [--only 784-512-256-10] [--rounds 9]

const { values } = orRefuse(() =>
  parseArgs({
    options: {
      ranks: { type: 'string', default: '2' },
      mpirun: { type: 'string', default: 'mpirun --bind-to none' },
      only: { type: 'string', default: '' }, // part of a workload's name
      rounds: { type: 'string', default: '9' },
      'round-ms': { type: 'string', default: '500' },
      'heat-ms': { type: 'string', default: '400' },
      'warm-ms': { type: 'string', default: '4000' },
    },
  }),
);
const ranks = count('ranks', values.ranks);
const options = {
  rounds: count('rounds', values.rounds),
  roundMs: positive('round-ms', values['round-ms']),
  trialMs: positive('heat-ms', values['heat-ms']),
  warmMs: positive('warm-ms', values['warm-ms']),
  say: (text: string): void => console.log(text),
};

const [threads] = matching('peers', 'Gradloom native', peers);
const [ddp] = matching('peers', 'PyTorch DDP', peers);
const asThreads: Peer = {
  ...threads,
  variants: (workload) => (workload.isSmall ? [] : [{ backend: 'native', threads: ranks }]),
};
const [node, ...flags] = threads.command;
const script = flags.findIndex((word) => word.endsWith('gradloom.ts'));
const asRanks: Peer = {
  ...threads,
  name: 'Gradloom native, ranks',
  command: [
    ...values.mpirun.split(' '),
    ...['-n', values.ranks, node, ...flags.slice(0, script), flags[script].replace(/\.ts$/, '-ranks.ts'), '1'],
  ],
  environments: [{ OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' }],
  variants: () => [{ backend: 'native', threads: 1 }],
};

const { workloads } = await createWorkloads();
const pool = createProcessPool();
const toThreads: number[] = [];
const [toDdp, ofLarge]: number[][] = [[], []];
try {
  for (const workload of matching('only', values.only, workloads)) {
    const scores = await runContest([asThreads, asRanks, ddp], workload, pool, options);
    const scoreOf = ({ name }: Peer): Score | undefined => scores.find(({ peer }) => peer === name);
    const [onThreads, onRanks, ofDdp] = [asThreads, asRanks, ddp].map(scoreOf);
    if (onRanks === undefined) continue;
    const words = [`${workload.name}: ${onRanks.stepMs.toPrecision(4)} ms on ${ranks} ranks of a thread`];
    if (onThreads !== undefined) {
      words.push(`${compare(onRanks, onThreads, toThreads)} of ${ranks} threads of a process`);
    }
    if (ofDdp !== undefined) {
      words.push(`DDP takes ${compare(ofDdp, onRanks, toDdp)} times as long`);
      if (!workload.isSmall) ofLarge.push(...toDdp.slice(-1));
    }
    console.log(words.join(', '));
    if (onThreads !== undefined && onThreads.loss !== onRanks.loss) {
      throw new Error(`bench: ranks changed the loss, ${onRanks.loss}`);
    }
  }
} finally {
  pool.end();
}
if (toThreads.length > 0) console.log(`Geometric mean to threads: ${geometricMean(toThreads).toFixed(3)}`);
if (toDdp.length > 0) console.log(`Geometric mean of DDP to ranks: ${geometricMean(toDdp).toFixed(2)}`);
if (ofLarge.length > 0) console.log(`Without XOR: ${geometricMean(ofLarge).toFixed(2)}`);

/** '1.043 (1.020 to 1.102)': the median ratio of alternating rounds, and their range. */
function compare(mine: Score, theirs: Score, all: number[]): string {
  const ratios = mine.rounds.map((ms, round) => ms / theirs.rounds[round]);
  all.push(median(ratios));
  return `${median(ratios).toFixed(3)} (${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)})`;
}
