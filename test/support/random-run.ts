import {
  type ActivationName,
  activations,
  buildNetwork,
  input,
  type LayerSpec,
  type NetworkSpec,
  network,
  OptionError,
} from '@gradloom/core';
import { allowedLengths, channelsOf, inputsOf, lengthsProblem, positionsOf, sizeOf } from '@gradloom/core/internal';
import type { DataMatrix, Dataset, TrainOptions } from '@gradloom/runtime';
import fc from 'fast-check';
import { sharedArrays } from '../../packages/runtime/src/data/number-types.ts';
import { counted } from './count.ts';

/** Most threads of a random run. */
export const MOST_THREADS = counted(8, 16);

export interface RandomRun {
  readonly spec: NetworkSpec;
  readonly dataset: Dataset;
  readonly options: Pick<
    TrainOptions,
    | 'optimizer'
    | 'loss'
    | 'clipNorm'
    | 'schedule'
    | 'classWeight'
    | 'ema'
    | 'maxNorm'
    | 'accumulate'
    | 'precision'
    | 'augment'
  > & { batch: number; steps: number; seed: number };
  readonly threads: number;
}

const trainable = Object.entries(activations)
  .filter(([, { maxSlope }]) => maxSlope > 0)
  .map(([name]) => name as ActivationName);

/** Widths around a kernel's tile, and 63 and 64: a layer between these two has exactly 4,096 parameters, one block. */
const width = fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 63, 64, 65);

/** Layers with as many outputs as inputs. */
const sameWidth: fc.Arbitrary<LayerSpec> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('activation' as const), fn: fc.constantFrom(...trainable) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('dropout' as const), rate: fc.constantFrom(0, 0.1, 0.5, 0.9) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('layer-norm' as const), bias: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rms-norm' as const) }) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'softmax' as const }, { kind: 'log-softmax' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('group-norm' as const), groups: fc.constant(1), affine: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('batch-norm' as const), momentum: fc.constantFrom(0, 0.1, 0.7) }),
  },
);

/** Noise beside the values. */
const noise: LayerSpec = { kind: 'residual', layers: [{ kind: 'gaussian' }] };

const anyWidth: fc.Arbitrary<LayerSpec> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('dense' as const), out: width, bias: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('swiglu' as const), out: width, bias: fc.boolean() }) },
);

/** Its width is set later, by `withWidths`. */
const residual: fc.Arbitrary<LayerSpec> = fc
  .tuple(fc.array(fc.oneof(sameWidth, anyWidth), { maxLength: 2 }), fc.boolean())
  .map(
    ([layers, bare]): LayerSpec => ({
      kind: 'residual',
      layers: bare ? [{ kind: 'layer-norm' }] : [...layers, { kind: 'dense', out: 1 }],
    }),
  );

const layer: fc.Arbitrary<LayerSpec> = fc.oneof(
  { weight: 7, arbitrary: sameWidth },
  { weight: 4, arbitrary: anyWidth },
  { weight: 1, arbitrary: residual },
  { weight: 1, arbitrary: fc.constant(noise) },
);

/** The inputs of a random dataset are integers below it. */
const VOCABULARY = 251;

const embedding: fc.Arbitrary<Extract<LayerSpec, { kind: 'embedding' }>> = fc.record({
  kind: fc.constant('embedding' as const),
  vocabulary: fc.constant(VOCABULARY),
  width: fc.integer({ min: 1, max: 3 }),
});

/** A layer that shares the table of the first one, after one that makes its inputs. */
const tiedTo = ({ width, vocabulary }: Extract<LayerSpec, { kind: 'embedding' }>, bias: boolean): LayerSpec[] => [
  { kind: 'dense', out: width },
  { kind: 'dense', out: vocabulary, tiedTo: '0', bias },
];

/** Layers that act at each position. */
const atPositions = fc.array(fc.oneof(sameWidth, anyWidth), { maxLength: 1 });

const few = fc.integer({ min: 1, max: 3 });

/** A window that fits into everything. */
const window = { out: fc.integer({ min: 1, max: 9 }), kernel: few, stride: few, bias: fc.boolean() };

/** A pool, of which a window fits into anything. */
const pool = fc.record({
  window: fc.constantFrom({ size: 1 }, { size: 2, padding: 1 }, { size: 3, padding: 1 }),
  stride: few,
});

/** Layers that keep the axes of an image or of a sequence. */
const overPositions: fc.Arbitrary<LayerSpec> = fc.oneof(
  pool.map(({ window, stride }): LayerSpec => ({ kind: 'max-pool', ...window, stride })),
  pool.map(({ window, stride }): LayerSpec => ({ kind: 'avg-pool', ...window, stride })),
  fc.record({ kind: fc.constant('upsample' as const), factor: fc.constantFrom(1, 2) }),
  fc.record({ kind: fc.constant('channel-dropout' as const), rate: fc.constantFrom(0, 0.5) }),
  fc.record({ kind: fc.constant('instance-norm' as const), affine: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('softmax' as const, 'log-softmax' as const), axis: fc.constant(0) }),
  fc.record({
    kind: fc.constantFrom('sum' as const, 'mean' as const, 'max' as const, 'log-sum-exp' as const),
    axis: fc.constantFrom(0, -2),
    keepdims: fc.constant(true),
  }),
  pool.map(
    ({ window, stride }): LayerSpec => ({
      kind: 'residual',
      layers: [{ kind: 'max-pool', ...window, stride }, { kind: 'batch-norm' }],
      shortcut: [
        { kind: 'dropout', rate: 0.5 },
        { kind: 'avg-pool', ...window, stride },
      ],
    }),
  ),
);

/** The means of all positions or the last position of a sequence, or nothing. */
const sequenceEnd = fc.constantFrom<LayerSpec[]>(
  [],
  [{ kind: 'global-avg-pool' }],
  [{ kind: 'last-position' }],
  [{ kind: 'lstm', out: 5, returns: 'last' }],
);

/** A recurrent layer, or nothing. */
const recurrent = fc.array(
  fc.record({
    kind: fc.constantFrom('gru' as const, 'lstm' as const),
    out: fc.integer({ min: 1, max: 9 }),
    reverse: fc.boolean(),
  }),
  { maxLength: 1 },
);

/** The means of all positions, or nothing. */
const globalPool = fc.constantFrom<LayerSpec[]>([], [{ kind: 'global-avg-pool' }]);

/** Attention to the vectors of an embedding, with two heads if they divide its width. */
function attentionOf(before: LayerSpec, options: { causal: boolean } | null): LayerSpec[] {
  const heads = 'width' in before && before.width % 2 === 0 ? 2 : 1;
  return options === null ? [] : [{ kind: 'self-attention', heads, ...options }];
}

const sequences = fc
  .record({
    input: width,
    first: embedding,
    places: fc.constantFrom<LayerSpec[]>([], [{ kind: 'position-embedding' }]),
    attention: fc.option(fc.record({ causal: fc.boolean(), bias: fc.boolean(), dropout: fc.constantFrom(0, 0.3) }), {
      nil: null,
    }),
    others: atPositions,
    pools: fc.array(overPositions, { maxLength: 2 }),
    tied: fc.option(fc.boolean(), { nil: null }),
    recurrent,
    end: sequenceEnd,
    conv: fc.option(fc.record({ kind: fc.constant('conv1d' as const), ...window, padding: fc.constant(2) }), {
      nil: null,
    }),
  })
  .map(({ input, first, places, attention, others, pools, conv, tied, recurrent, end }) => ({
    input,
    layers: [
      ...[first, ...places, ...attentionOf(first, attention), ...others, ...pools],
      ...(conv === null ? [] : [conv]),
      ...[...recurrent, ...end],
      // At one position: at many, 251 outputs would take seconds.
      ...(tied === null || end.length === 0 ? [] : tiedTo(first, tied)),
    ],
  }));

/** Two texts of a row, the positions of one of which read those of the other. */
const twoTexts: fc.Arbitrary<NetworkSpec> = fc
  .record({
    lengths: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })),
    embeddings: fc.tuple(embedding, embedding),
    options: fc.record({ causal: fc.boolean(), bias: fc.boolean(), dropout: fc.constantFrom(0, 0.4) }),
    end: sequenceEnd,
  })
  .map(({ lengths, embeddings, options, end }) => {
    const [x, memory] = ['x', 'memory'].map((name, k) => input([lengths[k]], name).through(embeddings[k]));
    return network(x.crossAttention(memory, 1, options).through(...end));
  });

const images = fc
  .record({
    input: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), few),
    conv: fc.record({ kind: fc.constant('conv2d' as const), ...window, padding: fc.constant(2), dilation: few }),
    transposed: fc.option(fc.record({ kind: fc.constant('conv2d-transpose' as const), ...window }), { nil: null }),
    pools: fc.array(overPositions, { maxLength: 2 }),
    others: atPositions,
    end: globalPool,
  })
  .map(({ input, conv, transposed, pools, others, end }) => ({
    input,
    layers: [
      { ...conv, dilation: conv.kernel > 2 ? 1 : conv.dilation },
      ...(transposed === null ? [] : [transposed]),
      ...pools,
      ...others,
      ...end,
    ],
  }));

/** Most outputs of the layers at positions: plain code has to take them through dense layers. */
const MOST_OUTPUTS = 2000;

/** Most positions that are kept, at which all layers act. */
const MOST_POSITIONS = 5;

const outputsOf = (input: NetworkSpec['input'], layers: LayerSpec[]): number => buildNetwork({ input, layers }).outputs;

/**
 * Layers of all kinds in any order: also two activations in a row, dropout first or last, no dense layer, or nothing to
 * train. Some begin with layers that act at the positions of an image or a sequence, which a flatten layer ends, or
 * which sequences keep.
 */
const randomChain: fc.Arbitrary<NetworkSpec> = fc
  .record({
    first: fc.oneof(
      { weight: 4, arbitrary: width.map((input) => ({ input, layers: [] })) },
      { weight: 1, arbitrary: sequences },
      { weight: 1, arbitrary: twoTexts },
      { weight: 1, arbitrary: images },
    ),
    rest: fc.array(layer, { minLength: 1, maxLength: 7 }),
    keepsPositions: fc.boolean(),
  })
  .filter(({ first: { input, layers } }) => layers.length === 0 || outputsOf(input, layers) <= MOST_OUTPUTS)
  .map(({ first: { input, layers }, rest, keepsPositions }) => {
    if (layers.length === 0) return { input, layers: withWidths(rest, inputsOf({ input })) };
    const { output } = buildNetwork({ input, layers });
    if (keepsPositions && output.length === 2 && output[0] <= MOST_POSITIONS) {
      return { input, layers: [...layers, ...withWidths(rest, channelsOf(output))] };
    }
    const front: LayerSpec[] = [...layers, { kind: 'flatten' }];
    return { input, layers: [...front, ...withWidths(rest, outputsOf(input, layers))] };
  });

/** A value of a graph that further layers may read. */
interface GraphValue {
  readonly name: string;
  readonly shape: readonly number[];
  readonly kind: string; // of the layer that makes it
}

/** Chooses the value for number k of a draw. */
type PickValue = (k: number) => GraphValue;

const scalarKinds = ['plus', 'minus', 'times', 'minimum', 'maximum', 'above', 'below', 'equal'] as const;

/** Layers of graphs, most of which read values that others read, too. What does not fit is left out. */
const graphLayer: fc.Arbitrary<(pick: PickValue) => LayerSpec> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom(...scalarKinds), fc.boolean()).map(([kind, isTwice]) => (pick: PickValue) => {
      return { kind, of: [pick(0).name, pick(isTwice ? 0 : 1).name] };
    }),
  },
  { weight: 1, arbitrary: fc.constant((pick: PickValue) => ({ kind: 'plus', of: pick(0).name, value: 0.5 })) },
  {
    weight: 1,
    arbitrary: fc.constant((pick: PickValue) => ({ kind: 'where', of: [0, 1, 2].map((k) => pick(k).name) })),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      (pick: PickValue): LayerSpec => ({ kind: 'abs', of: pick(0).name }),
      (pick: PickValue): LayerSpec => ({ kind: 'clip', min: -1, max: 1, of: pick(0).name }),
      (pick: PickValue): LayerSpec => ({ kind: 'concat', of: [pick(0).name, pick(1).name, pick(0).name] }),
      (pick: PickValue): LayerSpec => ({ kind: 'concat', axis: 0, of: [pick(0).name, pick(1).name] }),
      (pick: PickValue): LayerSpec => ({ kind: 'slice', start: 1, step: 2, of: pick(0).name }),
      (pick: PickValue): LayerSpec => ({ kind: 'slice', axis: 0, step: -1, of: pick(0).name }),
      (pick: PickValue): LayerSpec => ({ kind: 'take', indices: [0, -1, 0], of: pick(0).name }),
      (pick: PickValue): LayerSpec => ({ kind: 'transpose', of: pick(0).name }),
      (pick: PickValue): LayerSpec => ({ kind: 'pad', padding: pick(0).shape.map(() => 1), of: pick(0).name }),
      (pick: PickValue): LayerSpec => ({ kind: 'expand', shape: [2, ...pick(0).shape], of: pick(0).name }),
      (pick: PickValue): LayerSpec => ({ kind: 'matmul', transposeB: true, of: [pick(0).name, pick(1).name] }),
      (pick: PickValue): LayerSpec => ({ kind: 'cross-attention', heads: 1, of: [pick(0).name, pick(1).name] }),
      (pick: PickValue): LayerSpec => ({ kind: 'argmax', keepdims: true, of: pick(0).name }),
      (pick: PickValue): LayerSpec => ({ kind: 'mean', keepdims: true, of: pick(0).name }),
      (pick: PickValue): LayerSpec => ({ kind: 'max', axis: 0, of: pick(0).name }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      (pick: PickValue): LayerSpec => ({ kind: 'flatten', of: pick(0).name }),
      (pick: PickValue): LayerSpec => ({ kind: 'reshape', shape: [-1, 1], of: pick(0).name }),
      (pick: PickValue): LayerSpec => ({ kind: 'reshape', shape: [2, -1], of: pick(0).name }),
      (pick: PickValue): LayerSpec => ({ kind: 'like', layer: pick(1).name, of: pick(0).name }),
      (pick: PickValue): LayerSpec => ({ kind: 'embedding', vocabulary: VOCABULARY, width: 2, of: pick(0).name }),
      (pick: PickValue): LayerSpec => ({ kind: 'argmax', axis: 0, of: pick(0).name }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.oneof(sameWidth, anyWidth).map((spec) => (pick: PickValue) => ({ ...spec, of: pick(0).name })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(sameWidth, sameWidth, fc.option(sameWidth, { nil: null }))
      .map(([outer, inner, shortcut]) => (pick: PickValue): LayerSpec => {
        const block: LayerSpec = { kind: 'residual', layers: [inner, { kind: 'residual', layers: [inner] }] };
        return {
          kind: 'residual',
          layers: [outer, block],
          ...(shortcut && { shortcut: [shortcut] }),
          of: pick(0).name,
        };
      }),
  },
) as fc.Arbitrary<(pick: PickValue) => LayerSpec>;

/** Layers whose outputs an embedding can read as indices. */
const INDEX_KINDS: ReadonlySet<string> = new Set(['argmax', 'above', 'below', 'equal']);

/** Most numbers of a row of a value between layers of a graph. */
const MOST_GRAPH_NUMBERS = 150;

/** The chain with further layers that read any of its values, the input and each other; the last joins the unread. */
const withBranches = ({ input, layers: chain }: NetworkSpec): fc.Arbitrary<NetworkSpec> =>
  fc
    .tuple(
      fc.array(fc.tuple(graphLayer, fc.array(fc.nat(1000), { minLength: 3, maxLength: 3 })), {
        minLength: 1,
        maxLength: 8,
      }),
      fc.constantFrom<LayerSpec[]>([], [{ kind: 'dense', out: 3 }], [{ kind: 'dense', out: 1 }], [{ kind: 'relu' }]),
    )
    .map(([draws, end]) => {
      const { allLayers, input: inputShape } = buildNetwork({ input, layers: chain });
      const values: GraphValue[] = allLayers.flatMap(({ path, layer, spec }) =>
        path.includes('.') ? [] : [{ name: path, shape: layer.out, kind: spec.kind }],
      );
      const known = [{ name: 'input', shape: inputShape, kind: 'input' }, ...values].filter(
        ({ shape }) => sizeOf(shape) <= MOST_GRAPH_NUMBERS,
      );
      const last = values[values.length - 1];
      const layers = [...chain];
      const unread = new Set([last]);
      for (const [make, picks] of draws) {
        if (known.length === 0) break;
        const spec = {
          ...make((k) => {
            // The newest values are read most.
            const fromEnd = picks[k] % 2 === 0 ? 1 + (picks[k] % 3) : 1 + (picks[k] % known.length);
            return known[Math.max(0, known.length - fromEnd)];
          }),
          name: `v${layers.length}`,
        } as LayerSpec;
        const of = known.filter(({ name }) => [spec.of].flat().includes(name));
        const source = spec.kind === 'like' ? known.find(({ name }) => name === spec.layer) : spec;
        if (source?.kind === 'embedding' && !INDEX_KINDS.has(of[0].kind)) continue;
        const shape = shapeBehind(input, layers, spec);
        if (shape === null || sizeOf(shape) > MOST_GRAPH_NUMBERS) continue;
        layers.push(spec);
        for (const value of of) unread.delete(value);
        const value = { name: `v${layers.length - 1}`, shape, kind: source?.kind ?? spec.kind };
        known.push(value);
        unread.add(value);
      }
      const ends = [...unread];
      if (ends.length > 1) {
        for (const { name } of ends) layers.push({ kind: 'flatten', of: name, name: `end ${name}` });
        layers.push({ kind: 'concat', of: ends.map(({ name }) => `end ${name}`) });
      }
      return { input, layers: [...layers, ...end] };
    });

/** The shape of a layer's outputs after others, though nothing reads some of them; null if it does not fit. */
function shapeBehind(
  input: NetworkSpec['input'],
  layers: readonly LayerSpec[],
  spec: LayerSpec,
): readonly number[] | null {
  const names = [...layers.keys()].map((k) => layers[k].name ?? String(k));
  const joined = [...names, 'new'].map((of, k): LayerSpec => ({ kind: 'flatten', of, name: `join ${k}` }));
  const join: LayerSpec = { kind: 'concat', of: joined.map(({ name }) => name as string) };
  try {
    const network = buildNetwork({ input, layers: [...layers, { ...spec, name: 'new' }, ...joined, join] });
    return network.allLayers.find(({ path }) => path === String(layers.length))?.layer.out ?? null;
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    return null;
  }
}

/** Chains, and graphs: values that several layers read, or one layer twice, views of them, and layers used again. */
export const randomNetwork: fc.Arbitrary<NetworkSpec> = fc.oneof(
  { weight: 2, arbitrary: randomChain },
  { weight: 1, arbitrary: randomChain.chain(withBranches) },
);

/** The layers for an input of a given width: the last dense layer of each residual gets the width of its input. */
export function withWidths(layers: readonly LayerSpec[], input: number): LayerSpec[] {
  let width = input;
  return layers.map((spec) => {
    if (spec.kind === 'residual') {
      const inner = spec.layers.map((one, k) =>
        k === spec.layers.length - 1 && one.kind === 'dense' ? { ...one, out: width } : one,
      );
      return { ...spec, layers: inner };
    }
    width = widthBehind(spec, width);
    return spec;
  });
}

const widthBehind = (spec: LayerSpec, width: number): number => ('out' in spec ? spec.out : width);

/** Number of outputs of the network. */
export const outputOf = (spec: NetworkSpec): number => buildNetwork(spec).outputs;

export const optimizer: fc.Arbitrary<NonNullable<TrainOptions['optimizer']>> = fc.constantFrom(
  'adam' as const,
  'adamw' as const,
  'rmsprop' as const,
  'adagrad' as const,
  { kind: 'muon' as const, lr: 0.01, lrOf: { 0: 0.1 }, decayed: 'weights' as const },
  { kind: 'lion' as const, lr: 0.001, weightDecay: 0.1, decayed: 'weights' as const },
  'sgd' as const,
  { kind: 'sgd' as const, momentum: 0.9, nesterov: true, weightDecay: 1e-3 },
  { kind: 'rmsprop' as const, momentum: 0.5 },
  { kind: 'sgd' as const, weightDecay: 0.1, decayed: 'weights' as const },
  { kind: 'adamw' as const, weightDecay: 0.5, decayed: 'weights' as const },
  { kind: 'adamw' as const, lrOf: { 0: 0.1 }, decayOf: { '*': 0.5 }, decayed: 'weights' as const },
  { kind: 'sgd' as const, lrOf: { '*': 0.02 }, decayOf: { 1: 0.1 } },
);

const schedule: fc.Arbitrary<NonNullable<TrainOptions['schedule']>> = fc.constantFrom(
  'constant' as const,
  'one-cycle' as const,
  'range-test' as const,
  { kind: 'plateau' as const, patienceEpochs: 0, gamma: 0.5 },
  { kind: 'cosine' as const, warmupSteps: 3 },
);

/** How rows are augmented; not at all unless they are images. */
const augmentation = ({ input }: NetworkSpec): fc.Arbitrary<Pick<TrainOptions, 'augment'>> => {
  if (typeof input === 'number' || input.length !== 3) return fc.constant({});
  const shift = Math.min(2, input[0] - 1, input[1] - 1);
  const ways = [{}, { flip: true, shift, erase: 0.4 }, { shift, rotate: 40, zoom: 0.3 }];
  return fc.constantFrom(...ways.map((augment) => ({ augment })));
};

/** The network with some frozen layers, but not all that learn. */
const withFrozenLayers = ({ input, layers }: NetworkSpec): fc.Arbitrary<NetworkSpec> =>
  fc.array(fc.boolean(), { minLength: layers.length, maxLength: layers.length }).map((frozen) => {
    const isFrozen = (k: number): boolean => frozen[k] && !('tiedTo' in layers[k]) && layers[k].kind !== 'like';
    const spec = { input, layers: layers.map((layer, k) => (isFrozen(k) ? { ...layer, freeze: true } : layer)) };
    return buildNetwork(spec).tensors.some(({ isTrained }) => isTrained) ? spec : { input, layers };
  });

const partlyFrozenNetwork = fc.oneof(randomNetwork, randomNetwork.chain(withFrozenLayers));

/** A run of few steps with every part random: more threads than leaves, leaves of one row, a single row. */
export const randomRun: fc.Arbitrary<RandomRun> = fc.oneof(
  { weight: 5, arbitrary: partlyFrozenNetwork.chain(runOfOneOutput) },
  {
    weight: 1,
    arbitrary: partlyFrozenNetwork
      .filter((spec) => outputOf(spec) <= MOST_GRAPH_NUMBERS)
      .chain((spec) => fc.tuple(runOfOneOutput(spec), fc.boolean(), fc.boolean()))
      .map(([run, isOfClasses, isWeighed]) => withHeads(run, isOfClasses, isWeighed)),
  },
);

/** The run with its outputs twice, and their sum, as three outputs with losses of their own. */
function withHeads(run: RandomRun, isOfClasses: boolean, isWeighed: boolean): RandomRun {
  const { spec, dataset, options } = run;
  const { output } = buildNetwork(spec);
  const last = String(spec.layers.length - 1);
  const layers: LayerSpec[] = [
    ...spec.layers,
    { kind: 'sum', of: last, name: 'total' },
    { kind: 'heads', names: ['total', 'first', 'second'], of: ['total', last, last] },
  ];
  const R = isOfClasses ? positionsOf(output) : 1;
  const O = sizeOf(output) / R;
  const heads = [
    { name: 'second', columns: sizeOf(output), classes: null },
    { name: 'first', columns: isOfClasses ? R : O, classes: isOfClasses ? O : null },
  ];
  const columns = heads[0].columns + heads[1].columns;
  const array = sharedArrays.float64(dataset.rows * columns);
  for (let i = 0; i < array.length; i++) {
    const isLabel = isOfClasses && i % columns >= heads[0].columns;
    array[i] = isLabel ? (R > 1 && i % 3 === 1 ? -1 : (i * 5) % O) : ((i * 13) % 7) / 6;
  }
  const { classWeight: _, ...others } = options;
  const weighsClasses = isOfClasses && R === 1 && isWeighed;
  return {
    ...run,
    spec: { input: spec.input, layers },
    dataset: { ...dataset, targets: { array, columns, divisor: 1 }, classes: null, heads },
    options: {
      ...others,
      ...(weighsClasses ? { classWeight: { first: 'balanced' } } : {}),
      loss: {
        first: { kind: isOfClasses ? 'softmax-cross-entropy' : 'binary-cross-entropy', weight: isWeighed ? 0.3 : 1 },
        second: { kind: 'huber', weight: 2 },
        total: { kind: 'output', weight: 0.01 },
      },
    },
  };
}

function runOfOneOutput(spec: NetworkSpec): fc.Arbitrary<RandomRun> {
  return fc
    .record({
      rows: fc.oneof(
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 9, max: 70 }),
        fc.integer({ min: 71, max: 340 }),
      ),
      batch: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 71, max: 340 })),
      steps: fc.integer({ min: 1, max: 30 }),
      threads: fc.integer({ min: 1, max: MOST_THREADS }),
      seed: fc.integer({ min: 0, max: 1000 }),
      classes: fc.boolean(),
      type: fc.constantFrom(...(Object.keys(sharedArrays) as (keyof typeof sharedArrays)[])),
      divisor: fc.constantFrom(1, 3, 255),
      valueLoss: fc.constantFrom('mse' as const, 'quadratic' as const, 'mae' as const, 'huber' as const),
      entropy: fc.boolean(),
      smooths: fc.boolean(),
      accumulate: fc.constantFrom(undefined, undefined, 2, 5),
      maxNorm: fc.constantFrom(undefined, undefined, 0.3, 1.5),
      ema: fc.constantFrom(undefined, undefined, 0.5, 0.999),
      clipNorm: fc.constantFrom(undefined, 0.01, 1e6),
      pads: fc.boolean(),
      weighs: fc.option(fc.constantFrom('rows' as const, 'classes' as const, 'both' as const), { freq: 2, nil: null }),
      optimizer,
      schedule,
      precision: fc.constantFrom('float64' as const, 'float32' as const),
      augments: augmentation(spec),
    })
    .map(
      ({
        rows,
        threads,
        classes,
        type,
        divisor,
        valueLoss,
        entropy,
        smooths,
        clipNorm,
        pads,
        weighs,
        ema,
        maxNorm,
        accumulate,
        augments,
        ...rest
      }) => {
        const batch = Math.min(rest.batch, rows);
        const ofClasses = smooths
          ? ({ kind: 'softmax-cross-entropy', labelSmoothing: 0.2 } as const)
          : 'softmax-cross-entropy';
        const byPosition = classes && positionsOf(buildNetwork(spec).output) > 1;
        const loss = byPosition ? ofClasses : !entropy ? valueLoss : classes ? ofClasses : 'binary-cross-entropy';
        const { steps, seed, precision, optimizer: optimizerSpec, schedule: scheduleSpec } = rest;
        return {
          spec,
          dataset: {
            ...datasetOf(spec, rows, type, takesIndices(spec) ? 1 : divisor, classes),
            ...(weighs === 'rows' || weighs === 'both' ? { weights: weightsOf(rows) } : {}),
            ...(pads ? lengthsOf(spec, rows) : {}),
          },
          options: {
            batch,
            steps,
            seed,
            loss,
            precision,
            ...augments,
            optimizer: optimizerSpec,
            schedule: scheduleSpec,
            ...(clipNorm === undefined ? {} : { clipNorm }),
            ...(ema === undefined ? {} : { ema }),
            ...(accumulate === undefined ? {} : { accumulate }),
            ...(maxNorm === undefined ? {} : { maxNorm }),
            ...(classes && !byPosition && (weighs === 'classes' || weighs === 'both')
              ? { classWeight: 'balanced' as const }
              : {}),
          },
          threads,
        };
      },
    );
}

/** Every fourth row has weight 0, but not the first. */
const weightsOf = (rows: number): DataMatrix => {
  const array = sharedArrays.uint8(rows);
  for (let n = 0; n < rows; n++) array[n] = (n + 3) % 4;
  return { array, columns: 1, divisor: 3 };
};

/** Whether rows are indices of an embedding, also in parts. */
export const takesIndices = ({ layers }: NetworkSpec): boolean => ['embedding', 'slice'].includes(layers[0].kind);

/** Lengths of sequences, or of each of several, if the network can take them. */
function lengthsOf(spec: NetworkSpec, rows: number): Pick<Dataset, 'lengths'> {
  const network = buildNetwork(spec);
  if (!takesIndices(spec) || lengthsProblem(network, inputsOf(spec)) !== null) return {};
  const columns = network.lengths.parts.length;
  const ranges = network.lengths.parts.map((_, part) => allowedLengths(network, part));
  const array = sharedArrays.int32(rows * columns);
  for (let i = 0; i < array.length; i++) {
    const { min, max } = ranges[i % columns];
    const T = max - min + 1;
    array[i] = min + ((Math.floor(i / columns) * 7 + (i % columns) + T - 1) % T);
  }
  return { lengths: { array, columns, divisor: 1 } };
}

function datasetOf(
  spec: NetworkSpec,
  rows: number,
  type: keyof typeof sharedArrays,
  divisor: number,
  classes: boolean,
): Dataset {
  const { output } = buildNetwork(spec);
  const R = classes ? positionsOf(output) : 1;
  const O = sizeOf(output) / R;
  const inputs = sharedArrays[type](rows * inputsOf(spec));
  for (let i = 0; i < inputs.length; i++) inputs[i] = (i * 37) % VOCABULARY;
  const columns = classes ? R : O;
  const targets = sharedArrays.float64(rows * columns);
  for (let i = 0; i < targets.length; i++) targets[i] = classes ? (i * 5) % O : ((i * 13) % 7) / 6;
  // Every third position does not count, and none of every eighth row.
  for (let i = 0; R > 1 && i < targets.length; i++) if (i % 3 === 1 || Math.floor(i / R) % 8 === 2) targets[i] = -1;
  return {
    name: 'drawn',
    rows,
    inputs: { array: inputs, columns: inputsOf(spec), divisor },
    targets: { array: targets, columns, divisor: 1 },
    classes: classes ? O : null,
  };
}
