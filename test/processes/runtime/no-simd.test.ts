import { buildNetwork, createRandom } from '@gradloom/core';
import { WasmApi, wasmProblem } from '@gradloom/core/internal';
import { createModel, dense, gelu, sequential } from '@gradloom/runtime';
import { expect, test, vi } from 'vitest';
import { firstDifference } from '../../support/bits.ts';

const spec = sequential(5, dense(9), gelu(), dense(3));

function noise(length: number, stream: string): Float64Array {
  const random = createRandom(1, stream);
  return Float64Array.from({ length }, () => random.normal());
}

test('where WebAssembly has no SIMD, a model predicts the same bits', () => {
  const contents = { spec, parameters: noise(buildNetwork(spec).parameterCount, 'parameters') };
  const x = noise(300 * 5, 'rows');
  // As an engine answers that does not know the probe's type.
  const validate = vi.spyOn(WasmApi, 'validate').mockReturnValue(false);
  const without = createModel(contents).outputs(x);
  expect(wasmProblem()).toContain('WebAssembly has no SIMD on this machine');
  validate.mockRestore();
  const withSimd = createModel(contents).outputs(x);
  expect(wasmProblem()).toBeNull();
  expect(firstDifference(without, withSimd)).toBeNull();
});
