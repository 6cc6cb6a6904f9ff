import {
  buildNetwork,
  conv2d,
  dense,
  embedding,
  flatten,
  gru,
  initializeParameters,
  type NetworkSpec,
  relu,
  residual,
  sequential,
  tanh,
} from '@gradloom/core';
import { createModel, datasetFromRows, type Model, type TablePreprocessing, train } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';

function modelOf(spec: NetworkSpec, preprocessing?: TablePreprocessing): Model {
  const network = buildNetwork(spec);
  const parameters = new Float32Array(network.parameterCount);
  initializeParameters(network, parameters, 1);
  return createModel({ spec, parameters, ...(preprocessing && { preprocessing }) });
}

const images = modelOf(
  sequential(
    [5, 4, 1],
    conv2d(3, 3, { name: 'seen' }),
    residual(conv2d(3, 3, { padding: 'same' }), tanh()),
    relu(),
    flatten(),
    dense(2),
  ),
);
const rows = Float64Array.from({ length: 3 * 20 }, (_, i) => Math.sin(i));

describe('outputs of a layer', () => {
  test('are those of a network that ends there, in each form of rows, and of any threads', async () => {
    const [W, b] = [images.weights['seen.W'].values, images.weights['seen.b'].values];
    const alone = createModel({
      spec: { input: [5, 4, 1], layers: [conv2d(3, 3)] },
      parameters: Float32Array.from([...W, ...b]),
    });
    const expected = alone.outputs(rows);
    expect(images.outputs(rows, { layer: 'seen' })).toEqual(expected);
    expect(images.outputs(rows, { layer: '0' })).toEqual(expected);
    const lists = [0, 1, 2].map((n) => [...rows.slice(20 * n, 20 * n + 20)]);
    expect(images.outputs(lists, { layer: 'seen' })).toEqual(alone.outputs(lists));
    expect(images.outputs([], { layer: 'seen' })).toEqual([]);
    const out = new Float32Array(expected.length);
    expect(images.outputs(rows, { layer: 'seen', out })).toBe(out);
    expect(out).toEqual(Float32Array.from(expected));
    for (const threads of [1, 2]) {
      expect(await images.outputsAll(rows, { layer: 'seen', threads })).toEqual(expected);
      expect(await images.outputsAll(lists, { layer: 'seen', threads })).toEqual(alone.outputs(lists));
      out.fill(0);
      expect(await images.outputsAll(rows, { layer: 'seen', threads, out })).toBe(out);
      expect(out).toEqual(Float32Array.from(expected));
    }
  });

  test('are those of the inner layers of a block, and at the end those of the network', () => {
    expect(images.outputs(rows, { layer: '1.0' }).length).toBe(3 * 18);
    expect(images.outputs(rows, { layer: '4' })).toEqual(images.outputs(rows));
  });

  test('read cells of a table, and texts up to their ends', () => {
    const tokenizer = { kind: 'characters', vocabulary: ['a', 'b'] } as const;
    const text = { name: 'word', type: 'text', tokenizer, context: 4 } as const;
    const target = { name: 'y', type: 'values', center: 5, scale: 2 } as const;
    const network = sequential(4, embedding(3, 2), gru(3, { returns: 'last' }), dense(1));
    const texts = modelOf(network, { version: 1, columns: [text], target: [target] });
    const [short, padded] = texts.outputs([{ word: 'ab' }, { word: 'ab' }], { layer: '1' });
    expect(short).toEqual(padded);
    const x = texts.encode([{ word: 'ab' }]);
    expect(texts.outputs(x, { layer: '1', lengths: [2] })).toEqual(Float64Array.from(short));
    expect(texts.outputs(x, { layer: '1' })).not.toEqual(Float64Array.from(short));
  });

  test('are inputs of other networks', async () => {
    const inputs = images.outputs(
      [0, 1, 2].map((n) => [...rows.slice(20 * n, 20 * n + 20)]),
      { layer: '3' },
    );
    const { stopped } = await train(
      sequential(18, dense(2)),
      { train: datasetFromRows({ inputs, targets: [0, 1, 0], classes: 2 }) },
      { steps: 1, threads: 1, backend: 'wasm' },
    );
    expect(stopped).toBe('completed');
  });
});

test.each([
  [
    { layer: 'pool' },
    'outputs: layer has "pool", expected the name or path of a layer: "0", "seen", "1.0", "1.1", "1"',
  ],
  [{ layer: 3 }, 'outputs: layer has 3, expected the name or path of a layer'],
])('%j is refused', (options, message) => {
  expect(() => images.outputs(rows, options as object)).toThrow(message);
});
