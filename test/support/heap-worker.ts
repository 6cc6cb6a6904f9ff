import { PerformanceObserver } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { resetControl } from '../../packages/runtime/src/barrier.ts';
import type { SpanTask } from '../../packages/runtime/src/protocol.ts';
import work from '../../packages/runtime/src/worker.ts';

/** What a span leaves on a thread's heap, garbage included, and how often the collector had to come, once code is compiled. */
export interface HeapUse {
  bytes: number;
  collections: number;
}

const { task, warmSpans } = workerData as { task: SpanTask; warmSpans: number };
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const steps = task.limit - task.first;

function span(index: number): void {
  resetControl(task.setup.control);
  work({ ...task, first: index * steps, limit: (index + 1) * steps });
}

for (let index = 0; index < warmSpans; index++) span(index);
let collections = 0;
const observer = new PerformanceObserver((list) => {
  collections += list.getEntries().length;
});
collect();
observer.observe({ entryTypes: ['gc'] });
const before = process.memoryUsage().heapUsed;
span(warmSpans);
const bytes = process.memoryUsage().heapUsed - before;
setImmediate(() => {
  collections += observer.takeRecords().length;
  parentPort?.postMessage({ bytes, collections } satisfies HeapUse);
});
