import { PerformanceObserver } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { importParts } from '../../packages/runtime/src/engine/modules/imported-parts.ts';
import { resetControl } from '../../packages/runtime/src/engine/threads/barrier.ts';
import { toMessage } from '../../packages/runtime/src/engine/threads/messages.ts';
import type { SpanTask } from '../../packages/runtime/src/engine/threads/protocol.ts';
import work from '../../packages/runtime/src/worker.ts';

/** Heap that a span leaves in a thread, including garbage, and the number of collections, after code is compiled. */
export interface HeapUse {
  bytes: number;
  collections: number;
}

const { task, spans, enoughBytes } = workerData as { task: SpanTask; spans: number; enoughBytes: number };
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const steps = task.limit - task.first;

async function measure(index: number): Promise<HeapUse> {
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length;
  });
  // Only once, not before each span: a collection also discards code, and compiling it again is no garbage of steps.
  if (index === 0) collect();
  observer.observe({ entryTypes: ['gc'] });
  const before = process.memoryUsage().heapUsed;
  resetControl(task.setup.control);
  const next: SpanTask = { ...task, first: index * steps, limit: (index + 1) * steps };
  void work(toMessage(next));
  const bytes = process.memoryUsage().heapUsed - before;
  await new Promise((resolve) => setImmediate(resolve));
  collections += observer.takeRecords().length;
  observer.disconnect();
  return { bytes, collections };
}

await importParts(task.setup.modules); // else the first task imports them, and ends later
const uses: HeapUse[] = [];
for (let index = 0; index < spans; index++) {
  const use = await measure(index);
  uses.push(use);
  // One span is enough: every step would leave the same amount.
  if (use.collections === 0 && use.bytes < enoughBytes) break;
}
parentPort?.postMessage(uses);
