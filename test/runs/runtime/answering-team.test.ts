import { setImmediate } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { buildNetwork, createRandom, type Predictor } from '@gradloom/core';
import { convnet, createModel, dense, gelu, type Model, sequential } from '@gradloom/runtime';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { areDone, offerChunks, takeChunks } from '../../../packages/runtime/src/engine/evaluation/answer-chunks.ts';
import { allocateControl, CONTROL } from '../../../packages/runtime/src/engine/threads/barrier.ts';
import { firstDifference } from '../../support/bits.ts';
import { counted } from '../../support/count.ts';
import { weightsFor } from '../../support/every-layer.ts';

const ROWS = 1200; // of `wide` take some 30 ms, and of `small` 2

const wide = modelOf(sequential(64, dense(900), gelu(), dense(900), dense(3)), 64);
const small = modelOf(convnet([12, 12, 1], 4), 144);

/** A model with rows and their outputs. */
function modelOf(spec: Model['spec'], inputs: number) {
  const model = createModel({ spec, parameters: weightsFor(spec) });
  const random = createRandom(inputs, 'rows');
  const x = Float64Array.from({ length: ROWS * inputs }, () => random.uniform());
  const y = model.outputs(x);
  /** The first difference between the outputs of the first rows by threads and those that this thread has computed. */
  const differs = async (rows: number, threads?: number): Promise<unknown> => {
    const outputs = await model.outputsAll(x.subarray(0, rows * inputs), threads === undefined ? {} : { threads });
    return firstDifference(outputs, y.subarray(0, outputs.length));
  };
  return { differs };
}

test('threads that end while they wait for a call, or in one, cost no answer', async () => {
  const workers: Worker[] = [];
  const note = (worker: Worker) => void workers.push(worker);
  const endAll = () => Promise.all(workers.map((worker) => worker.terminate()));
  process.on('worker', note);
  try {
    expect(await wide.differs(60, 3)).toBeNull();
    await endAll();
    expect(await wide.differs(60, 3)).toBeNull();
    expect(await wide.differs(ROWS, 3)).toBeNull(); // by new threads
    const answer = wide.differs(ROWS, 3);
    while (workers.every(({ threadId }) => threadId === -1)) await setImmediate();
    await endAll();
    expect(await answer).toBeNull();
    expect(await wide.differs(60, 3)).toBeNull();
  } finally {
    process.off('worker', note);
  }
});

const call = fc.record({
  isWide: fc.boolean(),
  rows: fc.oneof(fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: ROWS })),
  threads: fc.constantFrom(1, 2, 3, 7),
});

test('small and large calls of two models, one after another or at once, have the bits of this thread', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(call, { minLength: 1, maxLength: 3 }), { maxLength: 12 }), async (turns) => {
      for (const calls of turns) {
        const differences = calls.map(({ isWide, rows, threads }) => (isWide ? wide : small).differs(rows, threads));
        expect(await Promise.all(differences)).toEqual(calls.map(() => null));
      }
    }),
    { numRuns: counted(8, 100) },
  );
});

test('a call that needs more threads than there are does not end those that another model waits for', async () => {
  await small.differs(ROWS, 2);
  const [one, other] = [5, 6].map((inputs) => modelOf(sequential(inputs, dense(2000), gelu(), dense(3)), inputs));
  expect(await Promise.all([one.differs(ROWS, 2), other.differs(ROWS, 8)])).toEqual([null, null]);
});

test('calls after each other leave the event loop its turns', async () => {
  const middle = modelOf(sequential(64, dense(256), gelu(), dense(64), dense(4)), 64);
  for (let calls = 0; calls < 20; calls++) await middle.differs(300); // threads wait for the next
  let calls = 0;
  for (let turns = 0; turns < 40; turns++) {
    let turned = false;
    void setImmediate().then(() => {
      turned = true;
    });
    for (let callsOfTurn = 0; !turned && callsOfTurn < 1000; callsOfTurn++, calls++) await middle.differs(300);
  }
  // About 25 a turn; without turns of its own, a loop of calls has hundreds until a thread happens to be late.
  expect(calls).toBeLessThan(2500);
});

test('a thread that wakes late gets no chunk of a call that is done, nor holds up the next', () => {
  const control = allocateControl();
  const [x, y] = [4, 4].map((length) => new Float64Array(new SharedArrayBuffer(8 * length)));
  const network = buildNetwork({ input: 1, layers: [{ kind: 'dense', out: 1 }] });
  const taken: number[] = [];
  const count: Predictor = (rows, _, out) => {
    taken.push(rows.length);
    return out as never;
  };
  const take = () => takeChunks(control, network, count, { x, y, lengths: null });
  offerChunks(control, { rows: 3, chunkRows: 2 });
  expect(areDone(control)).toBe(false);
  take();
  expect(taken).toEqual([2, 1]);
  Atomics.add(control, CONTROL.count, 1); // a thread has woken, and has not yet asked for a chunk
  expect(areDone(control)).toBe(false);
  Atomics.store(control, CONTROL.rows, 4000); // not even as the next call is written down
  take();
  Atomics.sub(control, CONTROL.count, 1);
  expect(areDone(control)).toBe(true);
  expect(taken).toEqual([2, 1]);
  offerChunks(control, { rows: 4, chunkRows: 3 });
  take();
  expect(taken).toEqual([2, 1, 3, 1]);
});
