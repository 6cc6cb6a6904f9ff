import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { elementTypes } from '@gradloom/core/internal';

import { median } from '../../packages/cli/src/lab/figures/range.ts';
import { count, matching, orRefuse, positive } from '../options.ts';
import { type PeerProcess, startPeer } from '../peers/peer-process.ts';
import { createInferenceWorkloads, type InferenceWorkload } from './workloads.ts';

// How long does a row take to answer, beside onnxruntime and PyTorch? The programs answer in turns, so that a slower
// machine slows all. Run alone on the machine.
// Usage: npm run bench:inference [-- --only ResNet] [--batches 1,32,256] [--threads 1,2] [--precision float32]
// [--rounds 7]

const { values } = orRefuse(() =>
  parseArgs({
    options: {
      only: { type: 'string', default: '' }, // part of a network's name
      batches: { type: 'string', default: '1,32,256' },
      threads: { type: 'string', default: '1' },
      precision: { type: 'string', default: elementTypes.join() },
      rounds: { type: 'string', default: '7' },
      'round-ms': { type: 'string', default: '150' },
      'warm-ms': { type: 'string', default: '600' },
    },
  }),
);
const rounds = count('rounds', values.rounds);
const roundMs = positive('round-ms', values['round-ms']);
const warmMs = positive('warm-ms', values['warm-ms']);
const types = elementTypes.filter((type) => values.precision.split(',').includes(type));

const here = (file: string): string => join(import.meta.dirname, file);
const python = process.platform === 'linux' ? '/usr/bin/python3' : 'python3';
const commands: Readonly<Record<string, readonly string[]>> = {
  Gradloom: [process.execPath, ...process.execArgv, here('gradloom.ts')],
  onnxruntime: [python, here('onnxruntime_peer.py')],
  PyTorch: [python, here('torch_peer.py')],
};

const workloads = matching('only', values.only, await createInferenceWorkloads(types));
const processes = new Map<string, PeerProcess<InferenceWorkload>>();
for (const [name, command] of Object.entries(commands)) {
  try {
    const started = await startPeer<InferenceWorkload>(command, {});
    console.log(started.about.split('\n')[0]);
    processes.set(name, started);
  } catch (error) {
    console.log(`${name} is skipped: ${error instanceof Error ? error.message : String(error)}`);
  }
}
const ratios = new Map<string, number[]>(); // time of a rival over ours, by type, rival and threads
for (const threads of values.threads.split(',').map((text) => count('threads', text))) {
  for (const batch of values.batches.split(',').map((text) => count('batches', text))) {
    for (const workload of workloads) {
      const us = await measure(workload, batch, threads);
      const ours = us.get('Gradloom') ?? Number.NaN;
      const texts = [...us].map(([name, value]) => `${name} ${value.toPrecision(3)}`);
      for (const [name, value] of us) {
        const key = `${workload.type}, ${name}, ${threads} threads`;
        ratios.set(key, [...(ratios.get(key) ?? []), value / ours]);
      }
      console.log(
        `${workload.name}, ${workload.type}, batch ${batch}, threads ${threads}: us a row: ${texts.join(', ')}`,
      );
    }
  }
}
for (const [key, all] of ratios) {
  if (key.includes('Gradloom')) continue;
  const mean = Math.exp(all.reduce((sum, ratio) => sum + Math.log(ratio), 0) / all.length);
  console.log(
    `${key}: its time is ${mean.toFixed(2)} of ours in the geometric mean, from ${Math.min(...all).toFixed(2)}`,
  );
}
for (const one of processes.values()) one.end();

/** Microseconds of a row, by program. Programs that give other answers are left out, and said. */
async function measure(workload: InferenceWorkload, batch: number, threads: number): Promise<Map<string, number>> {
  const samples = new Map<string, { steps: number; us: number[] }>();
  let expected: number | null = null;
  for (const [name, one] of processes) {
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
      console.log(`${name} on ${workload.name}, ${workload.type}: ${error instanceof Error ? error.message : error}`);
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const [name, { steps, us }] of samples) {
      const done = await processes.get(name)?.run(steps);
      if (done !== undefined) us.push((1000 * done.ms) / done.steps / batch);
    }
  }
  return new Map([...samples].map(([name, { us }]) => [name, median(us)]));
}
