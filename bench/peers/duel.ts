import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { median } from '../../packages/cli/src/lab/figures/range.ts';
import { count, matching, orRefuse, positive, refuse } from '../options.ts';
import { type PeerProcess, startPeer, warmPeer } from './peer-process.ts';
import { geometricMean } from './results.ts';
import { createWorkloads, type Workload } from './workloads.ts';

// Has a change made steps faster? Two checkouts of Gradloom train the workloads alternately, so that a slower machine
// slows both. A ratio below 1 means that this checkout is faster. Run alone on the machine.
// Usage: npm run bench:duel -- <another checkout, prepared by its npm test or npm start> [--only 784-128-10]
// [--backends native,wasm] [--threads 1,2] [--precision float32] [--rounds 9]

const { values, positionals } = orRefuse(() =>
  parseArgs({
    allowPositionals: true,
    options: {
      only: { type: 'string', default: '' }, // part of a workload's name
      backends: { type: 'string', default: 'native,wasm' },
      threads: { type: 'string', default: availableParallelism() === 1 ? '1' : `1,${availableParallelism()}` },
      precision: { type: 'string', default: 'float64' },
      rounds: { type: 'string', default: '9' },
      'round-ms': { type: 'string', default: '400' },
      'warm-ms': { type: 'string', default: '1500' },
    },
  }),
);
const here = join(import.meta.dirname, '../..');
const there = resolve(positionals[0] ?? '');
if (positionals.length !== 1 || !existsSync(join(there, 'bench/peers/gradloom.ts')))
  refuse(`bench: expected the folder of another checkout, has ${positionals.join(' ') || 'none'}`);
const rounds = count('rounds', values.rounds);
const roundMs = positive('round-ms', values['round-ms']);
const warmMs = positive('warm-ms', values['warm-ms']);
const backends = values.backends.split(',');
const threads = values.threads.split(',').map((text) => count('threads', text));

/** A process that runs the code of a checkout. */
const start = (checkout: string): Promise<PeerProcess> =>
  startPeer(
    [process.execPath, ...process.execArgv, join(checkout, 'bench/peers/gradloom.ts'), values.precision],
    {},
    checkout,
  );

/** Number of steps that take about `ms`, measured after enough steps for their code to be compiled. */
async function warm(one: PeerProcess, workload: Workload): Promise<number> {
  const stepMs = await warmPeer(one, warmMs);
  return Math.max(1, workload.isSmall ? workload.warmSteps : 1, Math.round(roundMs / stepMs));
}

const { workloads } = await createWorkloads();
const pair = [await start(there), await start(here)];
const rows: { workload: string; backend: string; threads: number; ratio: number }[] = [];
try {
  for (const backend of backends) {
    for (const team of threads) {
      for (const workload of matching('only', values.only, workloads)) {
        if (workload.isSmall && team > 1) continue; // its update is one block
        await pair[1].open(workload, { backend, threads: team });
        // A step, too: a layer that an older checkout lacks may be missed only then.
        const problem = await pair[0]
          .open(workload, { backend, threads: team })
          .then(() => pair[0].run(1))
          .then(
            () => null,
            (error: Error) => error.message,
          );
        if (problem !== null) {
          console.log(`${backend}, ${workload.name}: left out, since the other checkout cannot train it: ${problem}`);
          continue;
        }
        const steps = Math.max(await warm(pair[0], workload), await warm(pair[1], workload));
        const ms: [number[], number[]] = [[], []];
        for (let round = 0; round < rounds; round++) {
          // The order alternates too.
          for (const side of round % 2 === 0 ? [0, 1] : [1, 0]) {
            const done = await pair[side].run(steps);
            ms[side].push(done.ms / done.steps);
          }
        }
        const ratios = ms[1].map((now, round) => now / ms[0][round]);
        const ratio = median(ratios);
        const fastest = Math.min(...ms[1]) / Math.min(...ms[0]);
        rows.push({ workload: workload.name, backend, threads: team, ratio });
        console.log(
          [
            `${backend}, ${team} thread${team === 1 ? '' : 's'}, ${workload.name}:`,
            `${ratio.toFixed(3)} (${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)};`,
            `fastest ${Math.min(...ms[1]).toPrecision(4)} against ${Math.min(...ms[0]).toPrecision(4)} ms,`,
            `${fastest.toFixed(3)})`,
          ].join(' '),
        );
      }
      const ratios = rows.filter((row) => row.backend === backend && row.threads === team).map(({ ratio }) => ratio);
      if (ratios.length === 0) continue;
      console.log(`${backend}, ${team}: geometric mean of ${ratios.length} ${geometricMean(ratios).toFixed(3)}\n`);
    }
  }
} finally {
  for (const one of pair) one.end();
}
