import { type BackendName, buildNetwork, createLoss, type NetworkSpec } from '@gradloom/core';
import { expect, test } from 'vitest';
import { planInference } from '../../../../../packages/runtime/src/engine/evaluation/inference-layout.ts';
import { allocateSharedMemory } from '../../../../../packages/runtime/src/system/memory/shared-memory.ts';

const plan = (spec: NetworkSpec, threads = 3, backend: BackendName = 'wasm') =>
  planInference({
    network: buildNetwork(spec),
    loss: createLoss('softmax-cross-entropy'),
    elementType: 'float64',
    backend,
    threads,
  });
const small: NetworkSpec = { input: 6, layers: [{ kind: 'dense', out: 5 }] };

test('every array starts on a 64-byte boundary, no two overlap, and the parts are all of the memory', () => {
  const { bytes, parts, bind } = plan(small);
  const { theta, scratch } = bind(allocateSharedMemory(bytes, 'wasm'));
  expect(theta).toHaveLength(35);
  expect(scratch).toHaveLength(3);
  let end = 0;
  for (const array of [theta, ...scratch]) {
    expect(array.byteOffset % 64).toBe(0);
    expect(array.byteOffset).toBeGreaterThanOrEqual(end);
    end = array.byteOffset + array.byteLength;
  }
  expect(bytes).toBeGreaterThanOrEqual(end);
  expect(parts.reduce((sum, part) => sum + part.bytes, 0)).toBe(bytes);
});

test('a memory of another size than the plan has is refused, before an array is bound', () => {
  const layout = plan(small);
  for (const bytes of [layout.bytes - 65_536, layout.bytes + 65_536]) {
    expect(() => layout.bind(allocateSharedMemory(bytes, 'wasm'))).toThrow(
      `planInference: memory has ${bytes} bytes, expected ${layout.bytes} (the plan's)`,
    );
  }
});

test('a model is evaluated in the memory of its weights and activations alone', () => {
  const [one, four] = [1, 4].map((threads) => plan(small, threads));
  expect(four.parts.map(({ name }) => name)).toEqual([
    'parameters',
    'activations of 4 threads',
    'tables of the kernels',
  ]);
  expect(Math.abs(four.parts[1].bytes - 4 * one.parts[1].bytes)).toBeLessThan(512);
});

test('a plan past 4 GiB is refused with the size of each part, but for the reference', () => {
  const huge: NetworkSpec = { input: 30_000, layers: [{ kind: 'dense', out: 20_000 }] };
  expect(() => plan(huge)).toThrow(/has \d+ MiB, expected at most 4096 MiB .*parameters 4580 MiB, activations of 3/);
  expect(plan(huge, 3, 'reference').bytes).toBeGreaterThan(4 * 1024 ** 3);
});
