import { createModel, dense, loadModel, relu, saveModel, sequential } from '@gradloom/runtime';
import { collectGarbage } from '../../packages/runtime/src/engine/threads/contexts.ts';
import { weightsFor } from './every-layer.ts';

// Loads a model many times, each of which answers in this thread and in others; then one answers many times. Prints the
// bytes of memory of the process on the way and the processor time that it takes while it idles, and ends by itself.

const path = process.argv[2];
const spec = sequential(784, dense(512), relu(), dense(10));
saveModel(path, createModel({ spec, parameters: weightsFor(spec), loss: 'softmax-cross-entropy' }));
const rows = new Float64Array(64 * 784).fill(0.5);
const row = rows.subarray(0, 784);

async function residentBytes(): Promise<number> {
  for (let time = 0; time < 3; time++) {
    await new Promise((resolve) => setTimeout(resolve, 20)); // lets the models that are gone be forgotten
    collectGarbage();
  }
  return process.memoryUsage.rss();
}

async function load(times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    const model = loadModel(path);
    const [alone] = model.predict(row);
    const together = await model.predictAll(rows, { threads: 2 });
    if (JSON.stringify(together[63]) !== JSON.stringify(alone)) throw new Error('other answers by threads');
  }
}

await load(60);
const first = await residentBytes();
await load(240);
const loaded = await residentBytes();
const model = loadModel(path);
model.outputs(row);
const before = await residentBytes();
for (let call = 0; call < 10_000; call++) model.outputs(row);
const after = await residentBytes();
for (let call = 0; call < 100; call++) await model.predictAll(rows, { threads: 2 });
const spent = process.cpuUsage();
await new Promise((resolve) => setTimeout(resolve, 500)); // the threads have nothing to do
const { user, system } = process.cpuUsage(spent);
console.log(JSON.stringify({ first, loaded, before, after, idleMs: (user + system) / 1000 }));
