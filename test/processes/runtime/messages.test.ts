import { MessagePort } from 'node:worker_threads';
import { buildNetwork, type NetworkSpec } from '@gradloom/core';
import { createPool, evaluateModel, train } from '@gradloom/runtime';
import { measureBandwidth } from '@gradloom/runtime/internal';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { pack, unpack } from '../../../packages/runtime/src/engine/threads/packed.ts';
import { temporaryDirectory } from '../../support/command-line.ts';
import { randomDataset } from '../../support/random-dataset.ts';

afterEach(() => vi.restoreAllMocks());

/** Everything in a value that is no list or record. */
function leavesOf(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [value];
  if (Array.isArray(value)) return value.flatMap(leavesOf);
  return Object.getPrototypeOf(value) === Object.prototype ? Object.values(value).flatMap(leavesOf) : [value];
}

/** Their types: a message of millions of numbers would take minutes. */
const viewsIn = (value: unknown): string[] =>
  leavesOf(value).flatMap((leaf) => (ArrayBuffer.isView(leaf) ? [leaf.constructor.name] : []));

/** The tasks that are posted while the body runs. */
async function postedBy(body: () => Promise<unknown>): Promise<Record<string, unknown>[]> {
  const post = vi.spyOn(MessagePort.prototype, 'postMessage');
  await body();
  const messages = post.mock.calls.map(([message]) => message as { task?: Record<string, unknown> });
  post.mockRestore();
  return messages.flatMap(({ task }) => (task === undefined ? [] : [task]));
}

const spec: NetworkSpec = { input: 3, layers: [{ kind: 'dense', out: 2 }] };
const data = {
  train: { ...randomDataset({ rows: 40, inputs: 3, classes: 2 }), labels: ['a', 'b'] },
  validation: randomDataset({ rows: 20, inputs: 3, classes: 2 }),
};

describe('what a run posts to its threads', () => {
  test('has no views, which Deno copies element by element, and one setup of buffers', async () => {
    const pool = await createPool({ threads: 2 });
    const checkpoint = { folder: temporaryDirectory(), every: 50 };
    const posted = await postedBy(() =>
      train(spec, data, { pool, threads: 2, batch: 8, epochs: 40, probe: 50, checkpoint, classWeight: 'balanced' }),
    );
    await pool.close();
    const kinds = new Set(posted.map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(['opening', 'span', 'evaluation', 'checkpoint']));
    expect(viewsIn(posted)).toEqual([]);
    expect(new Set(posted.map(({ setup }) => setup)).size).toBe(1);
    const { setup, ...task } = posted.find(({ kind }) => kind === 'span') ?? {};
    expect(JSON.stringify(task).length).toBeLessThan(200);
    expect(leavesOf(setup).filter((leaf) => typeof leaf === 'object')).not.toHaveLength(0);
    expect(JSON.stringify(setup).length).toBeLessThan(200);
  });

  test('has no views where a model is evaluated, and where memory is measured', async () => {
    const pool = await createPool({ threads: 1 });
    const network = buildNetwork(spec);
    const parameters = new Float64Array(network.parameterCount);
    const posted = await postedBy(async () => {
      await evaluateModel(spec, parameters, data.validation, { threads: 1, loss: 'softmax-cross-entropy' });
      await measureBandwidth(pool, 1);
    });
    await pool.close();
    expect(new Set(posted.map(({ kind }) => kind))).toEqual(new Set(['ping', 'evaluation', 'triad']));
    expect(viewsIn(posted)).toEqual([]);
  });
});

describe('a packed value', () => {
  const memory = new SharedArrayBuffer(64);
  const value = {
    doubles: new Float64Array(memory, 16, 3),
    list: [new Uint8Array(memory, 3), new BigInt64Array(memory, 8, 1), { floats: new Float32Array(0) }],
    words: new Uint32Array(new SharedArrayBuffer(8)),
    others: [null, undefined, Number.NaN, -0, 7n, 'text', true],
    file: Object.assign(Object.create(null), { path: 'x' }),
  };

  test('has buffers for its views, and is as it was when unpacked, over the same memory', () => {
    const packed = pack(value);
    expect(viewsIn(packed)).toEqual([]);
    const again = unpack(structuredClone(packed));
    expect(again).toEqual({ ...value, file: { path: 'x' } });
    expect([again.doubles.byteOffset, again.doubles.length]).toEqual([16, 3]);
    again.doubles[0] = 5;
    expect(value.doubles[0]).toBe(5);
  });

  test('has what replaces its objects, until they are restored', () => {
    const other = new Map();
    const objects: object[] = [];
    const packed = pack({ ...value, other }, (object) => ({ at: objects.push(object) - 1 }));
    expect(objects).toEqual([memory, memory, memory, expect.any(ArrayBuffer), value.words.buffer, other]);
    const again = unpack(packed, (part) =>
      typeof part === 'object' && part !== null && 'at' in part ? objects[part.at as number] : part,
    );
    expect(again.doubles.buffer).toBe(memory);
    expect(again.other).toBe(other);
    expect(again.list).toEqual(value.list);
  });

  test('is never made of a view that no table names', () => {
    expect(() => pack({ view: new DataView(new ArrayBuffer(8)) })).not.toThrow();
    class Halves extends Uint16Array {
      override get [Symbol.toStringTag](): 'Uint16Array' {
        return 'Float16Array' as 'Uint16Array';
      }
    }
    expect(() => pack([new Halves(4)])).toThrow('pack: view has type Float16Array, expected one of Int8Array, ');
  });
});
