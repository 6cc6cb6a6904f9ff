import { buildNetwork, createLoss, createPredictor, initializeParameters, type NetworkSpec } from '@gradloom/core';
import { allocateEach, bindTensors, createWorkspace, spreadWeights } from '@gradloom/core/internal';
import { createModel, datasetFromRows, evaluateModel } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { NO_TEAM_MEMORY } from '../../../../packages/core/src/network/layers/memory.ts';
import { rowPredictor } from '../../../../packages/core/src/network/predict.ts';
import { referenceKernels } from '../../../../packages/core/src/program/reference/reference-kernels.ts';
import { poolOfFile } from '../../../support/pool-of-file.ts';

// Rows of 128 numbers take 512 bytes as floats, so all types spread them.
const specs: Record<string, NetworkSpec> = {
  dense: {
    input: 70,
    layers: [{ kind: 'dense', out: 256 }, { kind: 'tanh' }, { kind: 'dense', out: 128, bias: false }],
  },
  'dense at positions': { input: [2, 3], layers: [{ kind: 'dense', out: 128 }] },
  'self-attention': { input: [2, 128], layers: [{ kind: 'self-attention', heads: 4, causal: true }] },
  'cross-attention': {
    input: [2, 128],
    layers: [{ kind: 'tanh' }, { kind: 'cross-attention', heads: 2, of: ['input', '0'] }],
  },
  swiglu: { input: 9, layers: [{ kind: 'swiglu', out: 128 }] },
  gru: { input: [2, 128], layers: [{ kind: 'gru', out: 128 }] },
  lstm: {
    input: [2, 3],
    layers: [
      { kind: 'lstm', out: 32 },
      { kind: 'dense', out: 1 },
    ],
  },
  'low-rank additions': { input: 9, layers: [{ kind: 'dense', out: 128, lora: { rank: 2 } }] },
  'shared weights': {
    input: 128,
    layers: [{ kind: 'dense', out: 128 }, { kind: 'tanh' }, { kind: 'like', layer: '0' }],
  },
};

const ROWS = 2;
const pool = await poolOfFile(1);

describe.for(Object.entries(specs))('%s', ([, spec]) => {
  const network = buildNetwork(spec);
  const x = Float64Array.from({ length: ROWS * network.inputs }, (_, i) => Math.sin(i));

  test.for(['float64', 'float32'] as const)(
    'weights in rows that are spread give the same bits, in %s',
    async (type) => {
      const parameters = allocateEach(type)(network.parameterCount);
      initializeParameters(network, parameters, 3);
      const { length, store, load } = spreadWeights(network, type);
      expect(length).toBeGreaterThan(parameters.length);
      const memory = allocateEach(type)(length);
      store(memory, parameters);
      expect(load(memory)).toEqual(parameters);

      const workspace = createWorkspace(network, createLoss('mse'), ROWS, allocateEach(type), NO_TEAM_MEMORY);
      const together = rowPredictor(network, workspace, bindTensors(network, parameters), referenceKernels)(x);
      expect(createPredictor(network, parameters)(x)).toEqual(together);
      expect(createModel({ spec, parameters }).outputs(x)).toEqual(together);
      // In the memory of other threads.
      const rows = (values: Float64Array) =>
        Array.from({ length: ROWS }, (_, n) => [
          ...values.slice((n * values.length) / ROWS, ((n + 1) * values.length) / ROWS),
        ]);
      const data = datasetFromRows({ inputs: rows(x), targets: rows(together) });
      expect((await evaluateModel(spec, parameters, data, { loss: 'mse', pool })).loss).toBe(0);
    },
  );
});
