import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { elementTypes } from '@gradloom/core/internal';
import { median } from '../../packages/cli/src/lab/figures/range.ts';
import { count, matching, orRefuse, positive } from '../options.ts';
import { installPeers } from '../peers/install.ts';
import { type PeerProcess, startPeer } from '../peers/peer-process.ts';
import { machineOf, measuredCommit, readRecorded, writeRecorded } from '../peers/results.ts';
import { createImportedWorkloads } from './imported.ts';
import { OURS, programs } from './programs.ts';
import { meanRows } from './report.ts';
import { type AnswerTime, joined } from './results.ts';
import { createInferenceWorkloads, type InferenceWorkload } from './workloads.ts';

// How long does a row take to answer, beside onnxruntime, PyTorch and tfjs? The programs answer in turns, so that a
// slower machine slows all. Run alone on the machine. --record keeps the times, with those of other parts of the same
// commit, Node, rounds and options of time. --imported: graphs of Debian's libonnx-testdata and of npm packages, beside
// onnxruntime.
// Usage: npm run bench:inference [-- --only ResNet] [--programs onnxruntime] [--batches 1,32,256] [--threads 1,2]
// [--precision float32] [--rounds 7] [--no-install] [--record | --imported]

const { values } = orRefuse(() =>
  parseArgs({
    options: {
      only: { type: 'string', default: '' }, // part of a network's name
      programs: { type: 'string', default: '' }, // parts of the names of programs to compare with
      batches: { type: 'string' },
      imported: { type: 'boolean', default: false },
      threads: { type: 'string', default: availableParallelism() === 1 ? '1' : '1,2' },
      precision: { type: 'string', default: elementTypes.join() },
      rounds: { type: 'string', default: '7' },
      'round-ms': { type: 'string', default: '150' },
      'warm-ms': { type: 'string', default: '600' },
      'no-install': { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
    },
  }),
);
const rounds = count('rounds', values.rounds);
const roundMs = positive('round-ms', values['round-ms']);
const warmMs = positive('warm-ms', values['warm-ms']);
const types = elementTypes.filter((type) => values.precision.split(',').includes(type));
const counts = (option: 'batches' | 'threads', texts = values[option]): number[] =>
  (texts ?? (values.imported ? '1,8' : '1,32,256')).split(',').map((text) => count(option, text));
const [batches, threadCounts] = [counts('batches'), counts('threads')];
const requested = new Set(values.programs.split(',').flatMap((part) => matching('programs', part, programs)));

if (!values['no-install']) installPeers();
const commit = measuredCommit();
const all = values.imported ? await createImportedWorkloads() : await createInferenceWorkloads(types);
const workloads = matching('only', values.only, all);
const processes = new Map<string, PeerProcess<InferenceWorkload>>();
const about: Record<string, string> = {};
const complaints = new Set<string>();
for (const program of programs.filter((one) => one.name === OURS || requested.has(one))) {
  try {
    const started = await startPeer<InferenceWorkload>(program.command, {});
    // Folders of this machine are left out.
    about[program.name] = started.about.split('\n')[0].replaceAll(/\/\S*\//g, '');
    console.log(about[program.name]);
    processes.set(program.name, started);
  } catch (error) {
    console.log(`${program.name}: skipped, ${messageOf(error)} (${program.get})`);
  }
}
const times: AnswerTime[] = [];
try {
  for (const threads of threadCounts) {
    for (const batch of batches) {
      for (const workload of workloads) {
        // Texts are written by one thread; many of them take minutes.
        if (workload.writes !== undefined && (threads > 1 || batch > 32)) continue;
        times.push(await measure(workload, batch, threads));
      }
    }
  }
} finally {
  for (const one of processes.values()) one.end();
}
console.table(meanRows({ programs: about, times }));
if (values.record && !values.imported) {
  const machine = machineOf();
  const date = new Date().toISOString().slice(0, 10);
  const results = { date, commit, node: machine.node, rounds, roundMs, warmMs, programs: about, times };
  const names = [...new Set(all.map(({ name }) => name))];
  const inference = joined(readRecorded(machine).inference, results, names);
  console.log(
    `Recorded in ${writeRecorded(machine, { inference })}, which has ${inference.times.length} times of ours`,
  );
}

/** Times of one workload. Programs that give other answers, or fail, are left out, and said once. */
async function measure(workload: InferenceWorkload, batch: number, threads: number): Promise<AnswerTime> {
  const samples = new Map<string, { steps: number; us: number[] }>();
  const unitsOfStep = batch * (workload.writes ?? 1);
  let expected: number | null = null;
  const leaveOut = (name: string, error: unknown): void => {
    samples.delete(name);
    const complaint = `${name}: left out of ${workload.name}, ${workload.type}, ${messageOf(error)}`;
    if (!complaints.has(complaint)) console.log(complaint);
    complaints.add(complaint);
  };
  for (const { name, answers } of programs) {
    const one = processes.get(name);
    if (one === undefined || !answers(workload, threads)) continue;
    try {
      await one.open(workload, { threads, batch });
      const size = await one.lossAfter(0);
      expected ??= size;
      const error = Math.abs(Number(size) / Number(expected) - 1);
      if (!(error < 1e-4)) throw new Error(`the mean size of its answers is ${size}, expected ${expected}`);
      let [spentMs, steps] = [0, 1];
      while (spentMs < warmMs) {
        const { ms, steps: done } = await one.run(steps);
        spentMs += ms;
        steps = Math.max(1, Math.round((roundMs * done) / ms));
      }
      samples.set(name, { steps, us: [] });
    } catch (error) {
      leaveOut(name, error);
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const [name, { steps, us }] of [...samples]) {
      try {
        const done = await processes.get(name)?.run(steps);
        if (done !== undefined) us.push((1000 * done.ms) / done.steps / unitsOfStep);
      } catch (error) {
        leaveOut(name, error);
      }
    }
  }
  const time: AnswerTime = {
    network: workload.name,
    type: workload.type,
    batch,
    threads,
    unit: workload.writes === undefined ? 'row' : 'token',
    us: Object.fromEntries([...samples].map(([name, { us }]) => [name, median(us)])),
  };
  const texts = Object.entries(time.us).map(([name, us]) => `${name} ${us.toPrecision(3)}`);
  console.log(
    `${time.network}, ${time.type}, batch ${batch}, threads ${threads}: us a ${time.unit}: ${texts.join(', ')}`,
  );
  return time;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
