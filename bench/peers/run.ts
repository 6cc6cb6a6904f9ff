import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { option } from '@gradloom/core/internal';
import { resolveBackend } from '@gradloom/runtime/internal';
import { backendChoices } from '@gradloom/runtime/options';
import { median } from '../../packages/cli/src/lab/figures/range.ts';
import { count, matching, orRefuse, positive } from '../options.ts';
import { createProcessPool, runContest, tellDuration } from './contest.ts';
import { type Floor, measureFloor } from './floor.ts';
import { compare, comparisonLines, isPart, whyNotRecorded } from './guard.ts';
import { installPeers } from './install.ts';
import { meanRows, meansOf } from './means.ts';
import { isOurs, type Peer } from './peer.ts';
import { startPeer } from './peer-process.ts';
import { peers } from './peers.ts';
import { workloadRows } from './report.ts';
import {
  hasPeers,
  machineOf,
  measuredCommit,
  type Results,
  readRecorded,
  type WorkloadResults,
  withPart,
  writeRecorded,
} from './results.ts';
import { createWorkloads, isDense } from './workloads.ts';

// How long does a step take compared with PyTorch, with torch.compile and with DDP, jax-js, tfjs, scikit-learn,
// brain.js, synaptic and NumPy, in float64 and in float32? Run alone on the machine: `npm run bench:peers` measures
// all, says how long that takes, prints the most important means, and records them. With --only it measures a part,
// which joins the record if that is of the same machine and commit; --record begins a new record with it.
// Usage: pnpm bench:peers [--only 784-128-10] [--peers Gradloom,PyTorch] [--rounds 5] [--no-install] [--no-record |
// --record]

const { values } = orRefuse(() =>
  parseArgs({
    options: {
      only: { type: 'string', default: '' }, // part of a workload's name
      peers: { type: 'string', default: '' }, // parts of peers' names
      rounds: { type: 'string', default: '5' },
      'round-ms': { type: 'string', default: '500' },
      'heat-ms': { type: 'string', default: '400' }, // ms for each variant, to find the best
      'warm-ms': { type: 'string', default: '4000' }, // most ms for warming up; the README's table states it
      'no-install': { type: 'boolean', default: false },
      'no-record': { type: 'boolean', default: false },
      record: { type: 'boolean', default: false }, // replace the record, also by a part
    },
  }),
);
// These options make the run incomparable with the recorded one.
const flags = ['--only', '--peers', '--round-ms', '--heat-ms', '--warm-ms'].filter((option) =>
  process.argv.some((word) => word === option || word.startsWith(`${option}=`)),
);
const say = (text: string): void => console.log(text);

const options = {
  rounds: count('rounds', values.rounds),
  roundMs: positive('round-ms', values['round-ms']),
  trialMs: positive('heat-ms', values['heat-ms']),
  warmMs: positive('warm-ms', values['warm-ms']),
  say,
};
const requested = new Set(values.peers.split(',').flatMap((part) => matching('peers', part, peers)));
const { workloads: all, digits } = await createWorkloads();
const workloads = matching('only', values.only, all);

if (!values['no-install']) installPeers();
const startMs = performance.now();
const commit = measuredCommit();
const recorded = readRecorded(machineOf());
const printed = new Set<string>(); // long descriptions
const about: Record<string, { about: string; note: string | null }> = {};
const installed: Peer[] = [];
for (const peer of peers.filter((one) => requested.has(one))) if (await isInstalled(peer)) installed.push(peer);
say(`\n${tellDuration(installed, workloads, options, flags.length === 0 ? recorded.minutes : undefined)}`);

const pool = createProcessPool();
const measured: Record<string, WorkloadResults> = {};
try {
  for (const workload of workloads) {
    const beganMs = performance.now();
    const scores = await runContest(installed, workload, pool, options);
    const floors: Record<string, Floor> = {};
    for (const { peer, variant } of scores) {
      if (!isOurs(peer) || !isDense(workload)) continue;
      floors[peer] = await measureFloor(
        workload,
        option.oneOf(backendChoices).check('bench', 'backend', variant.backend),
        peers.find(({ name }) => name === peer)?.precision ?? 'float64',
        Number(variant.threads),
      );
    }
    measured[workload.name] = { scores, floors };
    say(`\n${workload.name} (${Math.round((performance.now() - beganMs) / 1000)} s)`);
    console.table(workloadRows(measured[workload.name], peers));
  }
} finally {
  pool.end();
}

const before = hasPeers(recorded) ? recorded : null;
const results: Results = {
  machine: machineOf(),
  date: new Date().toISOString().slice(0, 10),
  digits,
  rounds: options.rounds,
  commit,
  minutes: Math.round((performance.now() - startMs) / 60_000),
  peers: about,
  workloads: measured,
  processes: flags.length === 0 || isPart(flags) ? wholePrograms() : {},
};
if (Object.keys(results.processes).length > 0) console.table(results.processes);
const means = meansOf(measured);
if (means.length > 0) {
  say('\nTimes as fast, over workloads:');
  console.table(meanRows(means));
}
for (const line of comparisonLines(compare(before, results))) say(line);
const reason = whyNotRecorded(before, results, flags);
if (values['no-record']) say('Not recorded: --no-record was given.');
else if (reason !== null && !values.record) say(`Not recorded: ${reason}.`);
else {
  const names = all.map(({ name }) => name);
  const whole = isPart(flags) && !values.record ? withPart(before, results, names) : results;
  say(`Recorded in ${writeRecorded(results.machine, whole)}`);
}

/** Starts a peer once to get its description, or what it lacks. */
async function isInstalled({ name, command, environments, get, note }: Peer): Promise<boolean> {
  const [, backend] = /^Gradloom (\S+)/.exec(name) ?? [];
  try {
    if (backend !== undefined) resolveBackend(option.oneOf(backendChoices).check('bench', 'backend', backend));
    const process = await startPeer(command, environments[0]);
    process.end();
    // Several builds of one library have the same long description.
    const isNew = !printed.has(process.about.split('\n').slice(1).join());
    printed.add(process.about.split('\n').slice(1).join());
    say(`${name}: ${isNew ? process.about.trim() : process.about.split('\n')[0]}`);
    // Folders of this machine are left out.
    const [first] = process.about.split('\n');
    about[name] = { about: first.replaceAll(/\/\S*\//g, ''), note: note ?? null };
    return true;
  } catch (error) {
    say(`${name}: skipped, ${error instanceof Error ? error.message : error} (${get})`);
    return false;
  }
}

/**
 * ms of whole processes from start to end, medians of alternating runs. Ours does more, since it repeats a chapter's
 * whole experiment.
 */
function wholePrograms(): Record<string, number> {
  const cli = join(import.meta.dirname, '../../packages/cli/bin/gradloom.js');
  const programs: Record<string, string[]> = {
    'gradloom experiment xor': [process.execPath, cli, 'experiment', 'xor'],
    'NumPy script': [
      process.platform === 'linux' ? '/usr/bin/python3' : 'python3',
      join(import.meta.dirname, 'numpy_script.py'),
    ],
  };
  const times = new Map<string, number[]>();
  for (let round = 0; round < options.rounds; round++) {
    for (const [name, [program, ...args]] of Object.entries(programs)) {
      const startMs = performance.now();
      const { status } = spawnSync(program, args, { stdio: 'ignore' });
      if (status === 0) times.set(name, [...(times.get(name) ?? []), performance.now() - startMs]);
    }
  }
  return Object.fromEntries([...times].map(([name, ms]) => [name, median(ms)]));
}
