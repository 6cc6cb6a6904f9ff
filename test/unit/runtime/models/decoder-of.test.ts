import { buildNetwork, initializeParameters } from '@gradloom/core';
import {
  createModel,
  decoderOf,
  dense,
  gaussian,
  gelu,
  input,
  network,
  relu,
  residual,
  shared,
  type Value,
} from '@gradloom/runtime';
import { expect, test } from 'vitest';

const heads = { image: 'binary-cross-entropy', mean: 'mse', kl: 'output' } as const;

/** An autoencoder of 6 numbers and a latent value of 3, whose mean is an output, too. */
function autoencoder(decode: (z: Value) => Value) {
  const seen = input(6).through(dense(5), relu());
  const [mean, logVariance] = [seen.through(dense(3)), seen.through(dense(3))];
  const z = mean.plus(logVariance.exp().times(mean.through(gaussian())));
  const spec = network({ kl: logVariance.sum({ keepdims: true }), image: decode(z), mean });
  const built = buildNetwork(spec);
  const parameters = new Float64Array(built.parameterCount);
  initializeParameters(built, parameters, 1);
  return createModel({ spec, parameters, loss: heads });
}

const decoders: Readonly<Record<string, () => (z: Value) => Value>> = {
  'dense layers': () => (z) => z.through(dense(4, { name: 'up' }), relu(), dense(6)),
  'a residual block': () => (z) => z.through(dense(4), residual([dense(4), gelu()]), dense(6)),
  'a layer that is used twice': () => {
    const twice = shared(dense(3), gelu());
    return (z) => twice(twice(z)).through(dense(6));
  },
};

test.each(Object.entries(decoders))(
  'a decoder of %s makes of the mean what the network makes of a row',
  (_, layers) => {
    const model = autoencoder(layers());
    const decoder = decoderOf(model);
    const rows = Float64Array.from({ length: 12 }, (_, i) => Math.sin(3 * i));
    const outputs = model.outputs(rows); // [2, 1 + 6 + 3] with the draws at their mean
    for (const n of [0, 1]) {
      const [image, mean] = [outputs.slice(10 * n + 1, 10 * n + 7), outputs.slice(10 * n + 7, 10 * n + 10)];
      expect(decoder.outputs(mean)).toEqual(image);
    }
    expect(decoder.loss).toEqual({ kind: 'binary-cross-entropy' });
  },
);

test('a network whose outputs depend on its inputs by another way has no decoder', () => {
  const x = input(6);
  const around = network(x.through(dense(3), gaussian()).concat(x).through(dense(6)));
  const plain = network(x.through(dense(3), dense(6)));
  for (const spec of [around, plain]) {
    const model = createModel({ spec, parameters: new Float64Array(buildNetwork(spec).parameterCount) });
    expect(() => decoderOf(model)).toThrow(
      'decoderOf: the network draws no latent value, expected a layer gaussian, and outputs that depend on inputs by it alone',
    );
  }
});

test('a decoder with the weights of the encoder is refused', () => {
  const both = shared(dense(6));
  const seen = both(input(6));
  const spec = network(both(seen.plus(seen.through(gaussian()))));
  const model = createModel({ spec, parameters: new Float64Array(buildNetwork(spec).parameterCount) });
  expect(() => decoderOf(model)).toThrow(
    'decoderOf: the decoder reads layer 0, expected layers after the latent value alone',
  );
});
