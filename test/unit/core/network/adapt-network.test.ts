import {
  adaptModel,
  buildNetwork,
  conv2d,
  createLoss,
  createRandom,
  dense,
  embedding,
  flatten,
  gptNetwork,
  initializeParameters,
  type LayerSpec,
  logSoftmax,
  type Network,
  type NetworkSpec,
  referenceKernels,
  relu,
  residual,
  type StartingModel,
  sequential,
  sigmoid,
  softmax,
  tanh,
} from '@gradloom/core';
import { bindTensors, createWorkspace, forward, namedWeights, viewOf, weightsFrom } from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';
import { firstDifference } from '../../../support/bits.ts';
import { everyLayer } from '../../../support/every-layer.ts';

const B = 3;

/** Outputs of each layer for the same rows, by path. */
function valuesOf(network: Network, parameters: Float64Array, takesIndices: boolean): Map<string, Float64Array> {
  const random = createRandom(4, 'rows');
  const workspace = createWorkspace(network, createLoss('mse'), B, (length) => new Float64Array(length));
  for (let i = 0; i < B * network.inputs; i++) workspace.x[i] = takesIndices ? i % 5 : random.normal();
  const values = new Map<string, Float64Array>();
  const evaluation = { training: false, seed: 0, leafRows: 1, accumulate: false, step: 0, firstRow: 0 };
  const settings = { ...evaluation, kernels: referenceKernels };
  forward(network, workspace, bindTensors(network, parameters), B, settings, (phase, layer, rows, n) => {
    const { path } = network.allLayers[network.layers.indexOf(layer)];
    if (phase === 'forward') values.set(path, Float64Array.from(viewOf(rows, 0, n)));
  });
  return values;
}

const draw = (P: number): Float64Array => {
  const random = createRandom(1, 'weights');
  return Float64Array.from({ length: P }, () => random.normal() / 2);
};

describe.each(Object.entries(everyLayer))('%s', (_name, spec) => {
  test('the part up to a layer has the bits of this layer', () => {
    const network = buildNetwork(spec);
    const { parameterCount, allLayers } = network;
    const takesIndices = allLayers.some(({ spec: { kind } }) => kind === 'embedding');
    const parameters = draw(parameterCount);
    const whole = valuesOf(network, parameters, takesIndices);
    for (const [k, { path, spec: layerSpec }] of allLayers.entries()) {
      if (k % 4 !== 0 && k < allLayers.length - 1 && !path.includes('.')) continue; // the rest is alike
      const { name } = layerSpec;
      const part = () => adaptModel({ spec, parameters }, { until: name ?? path });
      const partNetwork = buildNetwork(part().spec);
      const [{ path: last }] = partNetwork.allLayers.slice(-1);
      const values = valuesOf(partNetwork, part().parameters as Float64Array, takesIndices);
      const difference = firstDifference(values.get(last) as Float64Array, whole.get(path) as Float64Array);
      expect([path, difference]).toEqual([path, null]);
    }
  });
});

const spec: NetworkSpec = sequential(
  [6, 6, 1],
  conv2d(3, 3, { padding: 'same', name: 'stem' }),
  residual(conv2d(3, 3, { padding: 'same' }), relu()),
  relu({ name: 'features' }),
  flatten(),
  { ...dense(7, { init: 'he-normal' }), freeze: true, name: 'answers' },
  relu(),
);
const model = { spec, parameters: draw(buildNetwork(spec).parameterCount) };
const weightsIn = ({ spec, parameters }: StartingModel) => namedWeights(buildNetwork(spec), parameters);

test('a new last layer keeps its options, learns, and has the weights that a run with its seed begins with', () => {
  const start = adaptModel(model, { outputs: 5, seed: 9 });
  expect(start.spec.layers[4]).toEqual(dense(5, { init: 'he-normal', name: 'answers' }));
  const fresh = new Float64Array(start.parameters.length);
  initializeParameters(buildNetwork(start.spec), fresh, 9);
  const [is, was, drawn] = [weightsIn(start), weightsIn(model), namedWeights(buildNetwork(start.spec), fresh)];
  for (const [name, { values }] of Object.entries(is)) {
    expect(values).toEqual((name.startsWith('answers') ? drawn : was)[name].values);
  }
  // The same size again is new, too.
  expect(weightsIn(adaptModel(model, { outputs: 7 }))['answers.W'].values).not.toEqual(was['answers.W'].values);
  expect(adaptModel(model).parameters).toEqual(model.parameters);
});

test.each([softmax(), logSoftmax(), sigmoid()])('a new last layer puts out logits, without %j after it', (last) => {
  const probabilities = sequential(3, dense(4), relu(), dense(2), last);
  const parameters = draw(buildNetwork(probabilities).parameterCount);
  const { layers } = adaptModel({ spec: probabilities, parameters }, { outputs: 5 }).spec;
  expect(layers).toEqual(sequential(3, dense(4), relu(), dense(5)).layers);
  expect(adaptModel({ spec: probabilities, parameters }).spec.layers).toHaveLength(4);
});

test('a layer after a part takes the means of its channels', () => {
  const { layers } = adaptModel(model, { until: 'features', outputs: 2 }).spec;
  expect(layers.slice(-2)).toEqual([{ kind: 'global-avg-pool' }, { kind: 'dense', out: 2 }]);
  expect(adaptModel(model, { until: '3', outputs: 2 }).spec.layers.slice(-2)).toEqual([flatten(), dense(2)]);
});

test('a layer that is like one outside of the part is this one there, and others are like it', () => {
  const layers: LayerSpec[] = [
    dense(3, { name: 'tower' }),
    relu({ of: 'input' }),
    { kind: 'like', layer: 'tower', name: 'second' },
    residual({ kind: 'like', layer: '0' }, tanh()),
    { kind: 'like', layer: 'second' },
    { kind: 'plus', of: ['4', 'tower'] },
  ];
  const siamese = { spec: { input: 3, layers }, parameters: draw(12) };
  const part = adaptModel(siamese, { until: '4' });
  expect(part.spec.layers).toEqual([
    relu({ of: 'input' }),
    dense(3, { name: 'second' }),
    residual({ kind: 'like', layer: '1' }, tanh()),
    { kind: 'like', layer: 'second' },
  ]);
  expect(part.parameters).toEqual(siamese.parameters);
  const inner = adaptModel(siamese, { until: '3' }).spec.layers;
  expect(inner[2]).toEqual(residual({ kind: 'like', layer: '1' }, tanh()));
});

test('a part without the embedding whose table it needs is refused', () => {
  const layers: LayerSpec[] = [
    embedding(5, 3),
    dense(3, { of: 'input' }),
    dense(5, { tiedTo: '0', bias: false }),
    flatten({ of: '0' }),
    { kind: 'concat', of: ['2', '3'] },
  ];
  const spec = { input: 3, layers };
  const parameters = draw(buildNetwork(spec).parameterCount);
  expect(() => adaptModel({ spec, parameters }, { until: '2' })).toThrow(
    'adaptModel: until has "2", which needs the table of layer 0 for layer 2 but not its outputs, expected another layer',
  );
  expect(adaptModel({ spec, parameters }, { until: '4' }).spec.layers).toEqual(buildNetwork(spec).spec.layers);
});

test('a part that stands within a block reads what the block reads', () => {
  const { layers } = adaptModel(model, { until: '1.0' }).spec;
  expect(layers).toEqual([spec.layers[0], conv2d(3, 3, { padding: 'same' })]);
});

test('weights come by name or path, and what only one of two networks has is named', () => {
  const renamed = { ...spec, layers: spec.layers.toSpliced(2, 0, relu()) };
  expect(() => weightsFrom('train', buildNetwork(renamed), model)).not.toThrow();
  const [first, ...others] = spec.layers;
  const { name: _, ...unnamed } = first;
  expect(weightsFrom('train', buildNetwork({ ...spec, layers: [unnamed as LayerSpec, ...others] }), model)).toEqual(
    model.parameters,
  );
  const advice = '(adaptModel makes a network of a part, or with a new last layer)';
  const problemOf = (layers: readonly LayerSpec[]) => () =>
    weightsFrom('train', buildNetwork({ ...spec, layers: [...layers] }), model);
  expect(problemOf(spec.layers.with(4, dense(5)))).toThrow(
    `train: from has W of [108, 7] in dense(108->7) at layer 4 (answers), expected [108, 5] as in the network ${advice}`,
  );
  expect(problemOf([...spec.layers, dense(2)])).toThrow(
    `train: from has no dense(7->2) at layer 6, expected all layers of the network ${advice}`,
  );
  expect(problemOf(spec.layers.slice(0, 4))).toThrow(
    `train: from has dense(108->7) at layer 4 (answers), which the network lacks, expected the same layers ${advice}`,
  );
});

test.each([
  [{ until: 'pool' }, 'adaptModel: until has "pool", expected the name or path of a layer: "0", "stem", "1.0", "1.1"'],
  [{ outputs: 0 }, 'adaptModel: outputs has 0, expected a whole number of at least 1'],
])('%j is refused', (options, message) => {
  expect(() => adaptModel(model, options)).toThrow(message);
});

const twoLayers = (out: number, kind: 'concat' | 'plus'): NetworkSpec => ({
  input: [4],
  layers: [
    { kind: 'dense', out, name: 'a' },
    { kind: 'dense', out, name: 'b', of: 'input' },
    { kind, of: ['a', 'b'] },
  ],
});

test('a last layer with the weights of another is refused', () => {
  const text = gptNetwork(1, 1, 4)([5], 7);
  const parameters = new Float64Array(buildNetwork(text).parameterCount);
  expect(() => adaptModel({ spec: text, parameters }, { outputs: 3 })).toThrow(
    'adaptModel: the network has dense(4->7, tied to 0) at layer 5 as the last one with weights, expected one with',
  );
});

test.each([
  [
    twoLayers(2, 'concat'),
    'adaptModel: the network has 5 outputs if its last layer with weights has 3, expected one whose',
  ],
  [
    twoLayers(2, 'plus'),
    'adaptModel: the network has layers that do not fit a last one with weights of 3 outputs (buildNetwork: layer 2: plus: ',
  ],
])('outputs that are not those of the last layer alone are refused: %j', (spec, message) => {
  const parameters = new Float64Array(buildNetwork(spec).parameterCount);
  expect(() => adaptModel({ spec, parameters }, { outputs: 3 })).toThrow(message);
});
