import {
  adaptModel,
  buildNetwork,
  conv1d,
  conv2d,
  createLoss,
  createRandom,
  dense,
  embedding,
  flatten,
  globalAvgPool,
  input,
  layerNorm,
  like,
  type Network,
  type NetworkSpec,
  network,
  referenceKernels,
  relu,
  residual,
  selfAttention,
  sequential,
  swiglu,
  tanh,
} from '@gradloom/core';
import {
  bindGradients,
  bindTensors,
  createWorkspace,
  forward,
  gradientLength,
  namedWeights,
  nodeGradient,
  viewOf,
  writeLengths,
} from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';
import { maxError } from '../../../support/errors.ts';

const B = 3;
const lora = { rank: 2, alpha: 3 };
const pass = {
  kernels: referenceKernels,
  training: true,
  seed: 1,
  step: 0,
  firstRow: 0,
  leafRows: 2,
  accumulate: false,
};

/** Networks with every kind of layer that takes additions, in blocks and at positions, too. */
const networks: Record<string, { spec: NetworkSpec; lengths?: number[] }> = {
  dense: { spec: sequential(4, dense(5), tanh(), dense(6, { bias: false }), relu(), dense(3)) },
  'dense and swiglu at positions': {
    spec: sequential(
      [3, 4],
      swiglu(5),
      residual(layerNorm(), swiglu(6, { bias: false }), dense(5)),
      flatten(),
      dense(3),
    ),
  },
  convolutions: {
    spec: sequential(
      [5, 4, 2],
      conv2d(3, 2),
      tanh(),
      conv2d(4, 1, { bias: false }),
      conv2d(2, 3, { stride: 2, padding: 1 }),
      flatten(),
      dense(3),
    ),
  },
  'a convolution of sequences': {
    spec: sequential([6, 2], conv1d(3, 3), tanh(), conv1d(2, 1), globalAvgPool(), dense(3)),
  },
  'self-attention': {
    spec: sequential(
      4,
      embedding(5, 4),
      selfAttention(2, { causal: true, rotary: true, biasInit: 'normal' }),
      selfAttention(2, { keyHeads: 1, headSize: 2, causal: false, bias: false }),
      flatten(),
      dense(3),
    ),
    lengths: [4, 2, 3],
  },
  'cross-attention': { spec: crossing(true) },
  'cross-attention without biases': { spec: crossing(false), lengths: [3, 2, 1, 2, 2, 1] },
  'a layer that is used twice': { spec: sequential(4, dense(4), tanh(), like('0'), tanh(), dense(3)) },
};

function crossing(bias: boolean): NetworkSpec {
  const [x, memory] = [3, 2].map((T, k) => input([T], `part ${k}`).through(embedding(5, 4 + k), layerNorm()));
  return network(x.plus(x.crossAttention(memory, 2, { bias })).through(flatten(), dense(3)));
}

/** The outputs, and the gradient of the loss by name. */
function passes(net: Network, parameters: Float64Array, lengths: number[] | undefined) {
  const random = createRandom(4, 'rows');
  const loss = createLoss('softmax-cross-entropy');
  const workspace = createWorkspace(net, loss, B, (length) => new Float64Array(length));
  writeLengths(workspace.lengths, net, lengths, 0, B);
  const hasIndices = net.allLayers.some(({ spec: { kind } }) => kind === 'embedding');
  const x = Float64Array.from({ length: B * net.inputs }, (_, i) => (hasIndices ? i % 5 : random.normal()));
  workspace.x.set(x);
  const outputs = Float64Array.from(viewOf(forward(net, workspace, bindTensors(net, parameters), B, pass), 0, B * 3));
  workspace.x.set(x);
  workspace.t.set([0, 2, 1]);
  const gradient = new Float64Array(gradientLength(net));
  const sums = new Float64Array(2);
  nodeGradient(sums, net, workspace, bindTensors(net, parameters), bindGradients(net, gradient), B, pass);
  const byName = new Map(
    net.tensors.flatMap(({ layer, name, offset, gradientOffset, length }) => {
      if (gradientOffset === null) return [];
      const sum = gradient.slice(gradientOffset, gradientOffset + length);
      for (const tie of net.ties.filter((tie) => tie.offset === offset)) {
        for (let i = 0; i < length; i++) sum[i] += gradient[tie.gradientOffset + i];
      }
      return [[`${net.allLayers[layer].path}.${name}`, sum] as const];
    }),
  );
  return { outputs, byName };
}

/** [I, J] · [J, O], either of them transposed. */
function matmul(a: (i: number, j: number) => number, b: (j: number, o: number) => number, [I, J, O]: number[]) {
  return Float64Array.from({ length: I * O }, (_, k) => {
    let sum = 0;
    for (let j = 0; j < J; j++) sum += a(Math.floor(k / O), j) * b(j, k % O);
    return sum;
  });
}

describe.each(Object.entries(networks))('low-rank additions to %s', (_title, { spec, lengths }) => {
  const net = buildNetwork(spec);
  const random = createRandom(1, 'weights');
  const parameters = Float64Array.from({ length: net.parameterCount }, () => random.normal() / 2);
  const start = adaptModel({ spec, parameters }, { lora });
  const adapted = buildNetwork(start.spec);

  test('are 0 at first: the model has the answers of before, and nothing else learns', () => {
    expect(passes(adapted, start.parameters as Float64Array, lengths).outputs).toEqual(
      passes(net, parameters, lengths).outputs,
    );
    const learning = adapted.tensors.filter(({ isTrained }) => isTrained);
    expect(learning.length).toBeGreaterThan(1);
    expect(learning.every(({ name }) => /[.]lora[AB]$/.test(name))).toBe(true);
    expect(adapted.tensors.filter(({ isFrozen }) => !isFrozen)).toEqual(learning);
    for (const { name, shape, offset, length } of learning) {
      const limit = name.endsWith('A') ? 1 / Math.sqrt(length / shape[shape.length - 1]) : 0;
      const largest = Float64Array.from(viewOf(start.parameters, offset, length)).reduce(
        (max, w) => Math.max(max, Math.abs(w)),
        0,
      );
      expect(largest).toBeLessThanOrEqual(limit);
      expect(largest).toBeGreaterThanOrEqual(0.3 * limit);
    }
  });

  test('add A · B · alpha / rank to the weights, also to their gradient', () => {
    const moved = start.parameters.slice() as Float64Array;
    for (const { name, offset, length } of adapted.tensors) {
      if (name.endsWith('.loraB')) for (let i = 0; i < length; i++) moved[offset + i] = random.normal();
    }
    // Everything learns, so that the gradients of the layers between can be compared.
    const all: NetworkSpec = JSON.parse(
      JSON.stringify(start.spec, (key, value) => (key === 'freeze' ? undefined : value)),
    );
    const merged = adaptModel({ spec: start.spec, parameters: moved }, { mergeLora: true });
    expect(merged.spec).toEqual(net.spec);
    const [apart, whole] = [
      passes(buildNetwork(all), moved, lengths),
      passes(net, merged.parameters as Float64Array, lengths),
    ];
    expect(maxError(apart.outputs, whole.outputs)).toBeLessThan(1e-13);
    expect(maxError(apart.outputs, passes(net, parameters, lengths).outputs)).toBeGreaterThan(1e-3);
    const scale = lora.alpha / lora.rank;
    const weights: Readonly<Record<string, { values: ArrayLike<number> }>> = namedWeights(adapted, moved);
    for (const [name, g] of apart.byName) {
      const [, weight, factor] = /^(.*)[.]lora([AB])$/.exec(name) ?? [];
      const dW = whole.byName.get((weight ?? name) as typeof name) as Float64Array;
      if (weight === undefined) {
        expect(maxError(g, dW)).toBeLessThan(1e-12);
        continue;
      }
      const [A, Bm] = ['A', 'B'].map((name) => weights[`${weight}.lora${name}` as const].values);
      const [r, O] = [lora.rank, Bm.length / lora.rank];
      const I = A.length / r;
      const expected =
        factor === 'A'
          ? matmul(
              (i, o) => dW[i * O + o],
              (o, j) => scale * Bm[j * O + o],
              [I, O, r],
            )
          : matmul(
              (j, i) => scale * A[i * r + j],
              (i, o) => dW[i * O + o],
              [r, I, O],
            );
      expect(maxError(g, expected)).toBeLessThan(1e-12);
    }
    const learning = passes(adapted, moved, lengths).byName;
    for (const [name, g] of learning) expect(g).toEqual(apart.byName.get(name));
  });
});
