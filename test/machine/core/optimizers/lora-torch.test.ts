import {
  adaptModel,
  buildNetwork,
  createRandom,
  dense,
  globalAvgPool,
  initializeParameters,
  selfAttention,
  sequential,
  tanh,
} from '@gradloom/core';
import { namedWeights } from '@gradloom/core/internal';
import { datasetFromRows, train } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { maxError } from '../../../support/errors.ts';
import { needs } from '../../../support/needs.ts';
import { python } from '../../../support/python.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const [rows, T, C] = [12, 5, 6];

test('ten steps of Adam on additions are those of PyTorch by hand', needs('torch'), async () => {
  const spec = sequential([T, C], selfAttention(2, { causal: true }), dense(8), tanh(), globalAvgPool(), dense(3));
  const network = buildNetwork(spec);
  const parameters = new Float64Array(network.parameterCount);
  initializeParameters(network, parameters, 3);
  const lora = { rank: 2, alpha: 5 };
  const from = adaptModel({ spec, parameters }, { lora });
  const random = createRandom(1, 'rows');
  const x = Array.from({ length: rows }, () => Array.from({ length: T * C }, () => random.normal()));
  const t = Array.from({ length: rows }, (_, n) => n % 3);
  const [lr, steps] = [0.05, 10];
  const data = { train: datasetFromRows({ inputs: x, targets: t, classes: 3 }) };
  const options = { from, batch: 'full', steps, optimizer: { kind: 'adam', lr } } as const;
  const tuned = await train(from.spec, data, options);
  const weightsOf = (vector: Float64Array) => Object.entries(namedWeights(buildNetwork(from.spec), vector));
  const weights = weightsOf(from.parameters as Float64Array).map(([name, { shape, values }]) => {
    return [name, { shape, values: [...values] }] as const;
  });
  const positions = x.map((row) => Array.from({ length: T }, (_, k) => row.slice(k * C, (k + 1) * C)));
  const scale = lora.alpha / lora.rank;
  const document = { weights: Object.fromEntries(weights), x: positions, t, heads: 2, scale, lr, steps };
  const expected = python('lora_steps.py', folder.write('case.json', JSON.stringify(document)));
  for (const [name, { values }] of weightsOf(tuned.parameters as Float64Array)) {
    const torch = Float64Array.from((expected as Record<string, number[]>)[name]);
    expect(maxError(Float64Array.from(values), torch), name).toBeLessThan(1e-11);
  }
});
