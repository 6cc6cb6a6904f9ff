import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ElementType } from '@gradloom/core';
import { allocateEach, FLOAT64 } from '@gradloom/core/internal';
import { compileFor } from '../packages/runtime/src/engine/backends/backend.ts';
import { backendsHere } from './backends-here.ts';
import { type KernelRow, kernelRows } from './kernel-rows.ts';
import type { CallMs, KernelTask } from './kernel-thread.ts';
import { matching, readOptions } from './options.ts';
import { type PeerProcess, startPeer } from './peers/peer-process.ts';
import { systemPython, TORCH } from './peers/peers.ts';
import type { Row } from './peers/results.ts';
import { endSuite } from './suites.ts';

// How long does a call of each kernel take on one core, and the same operation in PyTorch? The fastest of many calls,
// measured in turns, arrays in cache; run alone on the machine.
// Usage: pnpm bench kernels [--backends reference,wasm] [--precision float32] [--only 256x] [--time 300]

const options = readOptions();
// native and blas only if they run here
const { only, backends: names = 'reference,wasm,native,blas', precisions, timeMs = 100 } = options;
const TURNS = 5;
const PYTORCH = 'pytorch';

/** A row in one type of numbers. */
interface Figure {
  readonly row: KernelRow;
  readonly precision: ElementType;
  readonly callMs: CallMs; // also of PyTorch
}

/** What torch_kernels.py measures. */
type TorchKernel = Pick<KernelRow, 'op' | 'dims'> & { readonly precision: ElementType };

const rows = matching('only', only, kernelRows(allocateEach(FLOAT64)));
const backends = backendsHere(names);
const torch = await startTorch();
try {
  const figures: Figure[] = [];
  for (const precision of precisions) {
    // A thread for each sum of the summary, and one for all other rows: V8 compiles plain code for these rows alone. In
    // one thread for all, a loss in plain code took eight times as long.
    for (const sum of new Set(rows.map((row) => row.sum))) {
      figures.push(
        ...(await measure(
          precision,
          rows.filter((row) => row.sum === sum),
        )),
      );
    }
  }
  endSuite('kernels', figures.map(tableRow), options);
  if (torch !== null) {
    console.log('\nForward and backward passes, losses and updates: time of the fastest backend / PyTorch');
    console.table(summaryOf(figures));
  }
} finally {
  torch?.end();
}

/** PyTorch in a process of its own; null if it is not installed. */
async function startTorch(): Promise<PeerProcess<TorchKernel> | null> {
  try {
    return await startPeer<TorchKernel>(systemPython('torch_kernels.py'), {});
  } catch (error) {
    console.log(`Without PyTorch: ${error instanceof Error ? error.message : error} (${TORCH})`);
    return null;
  }
}

async function measure(precision: ElementType, rows: readonly KernelRow[]): Promise<Figure[]> {
  const task: KernelTask = {
    precision,
    backends: backends.map((backend) => ({ backend, compiled: compileFor(backend, precision) })),
    turnMs: timeMs / TURNS,
  };
  const thread = new Worker(new URL('./kernel-thread.ts', import.meta.url), { workerData: task });
  const figures: Figure[] = [];
  try {
    for (const row of rows) {
      const torchTurn = torch === null ? () => ({}) : await openTorch(torch, { op: row.op, dims: row.dims, precision });
      const turns: CallMs[] = [];
      for (let k = 0; k < TURNS; k++) {
        thread.postMessage(row.name);
        const [callMs]: CallMs[] = await once(thread, 'message');
        turns.push({ ...callMs, ...(await torchTurn()) });
      }
      const columns = Object.keys(turns[0]);
      const callMs = Object.fromEntries(columns.map((name) => [name, Math.min(...turns.map((turn) => turn[name]))]));
      figures.push({ row, precision, callMs });
    }
  } finally {
    await thread.terminate();
  }
  return figures;
}

async function openTorch(torch: PeerProcess<TorchKernel>, kernel: TorchKernel): Promise<() => Promise<CallMs>> {
  await torch.open(kernel, {});
  const first = await torch.run(1);
  const calls = Math.ceil((timeMs / TURNS) * (first.steps / first.ms));
  return async () => {
    const { steps, ms } = await torch.run(calls);
    return { [PYTORCH]: ms / steps };
  };
}

function tableRow({ row: { name, unit, work }, precision, callMs }: Figure): Row {
  const shown = Object.entries(callMs).map(([column, ms]) => [
    column,
    unit === 'GFLOP/s' ? (work / ms / 1e6).toFixed(1) : ((ms * 1e6) / work).toFixed(3),
  ]);
  const ratio = torch === null ? {} : { 'ours / pytorch': ratioOf([callMs]) };
  return { kernel: name, precision, unit, ...Object.fromEntries(shown), ...ratio };
}

/** Time of the fastest backend for all these calls, divided by PyTorch's. */
function ratioOf(calls: readonly CallMs[]): string {
  const total = (column: string): number => calls.reduce((sum, callMs) => sum + callMs[column], 0);
  return (Math.min(...backends.map(({ name }) => total(name))) / total(PYTORCH)).toFixed(2);
}

function summaryOf(figures: readonly Figure[]): Row[] {
  const sums = new Set(figures.flatMap(({ row }) => row.sum ?? []));
  return [...sums].map((sum) => {
    const summed = figures.filter(({ row }) => row.sum === sum);
    const names = new Set(summed.map(({ row }) => row.name));
    const ratios = precisions.map((type) => [
      type,
      ratioOf(summed.filter(({ precision }) => precision === type).map(({ callMs }) => callMs)),
    ]);
    return { kernels: [...names].join(' + '), ...Object.fromEntries(ratios) };
  });
}
