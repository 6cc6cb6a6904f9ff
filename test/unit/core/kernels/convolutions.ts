import fc from 'fast-check';
import type { ProductShape } from '../../../../packages/core/src/math/scratch.ts';
import { MAX_NODE_ROWS } from '../../../../packages/core/src/math/tree/leaves.ts';
import type { ConvolutionGeometry } from '../../../../packages/core/src/math/windows.ts';
import { ops } from '../../../../packages/core/src/program/ops/index.ts';
import { counted } from '../../../support/count.ts';
import { choice, type KernelCase } from './kernel-case.ts';

/**
 * Dimensions of a case: B, H, V, C, OH, OV, O, KY, KX, strideY, strideX, top, left, dilationY, dilationX, groups.
 */
type Dims = readonly number[];

/** One axis, from its outputs on: an input size follows. Windows may lie outside of the image altogether. */
const axis = (outputs: fc.Arbitrary<number>) =>
  fc
    .record({
      outputs,
      kernel: fc.constantFrom(1, 1, 2, 3, 3, 3, 4, 5),
      stride: fc.constantFrom(1, 1, 1, 2, 3),
      dilation: fc.constantFrom(1, 1, 1, 2, 3),
      before: fc.constantFrom(0, 1, 1, 2, 5),
      after: fc.constantFrom(0, 1, 1, 2, 5),
      unread: fc.nat(2), // inputs after the last window
    })
    .map(({ outputs, kernel, stride, dilation, before, after, unread }) => {
      const padded = (outputs - 1) * stride + (kernel - 1) * dilation + 1 + (unread % stride);
      return { outputs, kernel, stride, dilation, before, inputs: Math.max(1, padded - before - after) };
    });

// A piece of dW is 64 pixels, in whole rows of up to 64: on both sides of each.
const few = fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 9 }) }, fc.constantFrom(10, 16, 21, 31, 32, 33));
const long = fc.oneof({ weight: 20, arbitrary: few }, fc.constantFrom(63, 64, 65, 127, 128, 129, 200));

/** Channels of a group: near the sizes of tiles, now and then past a block. */
const channels = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom<number>(1, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33) },
  fc.constantFrom<number>(63, 64, 65, 96, 128, 129, 257),
);

/** Groups, and the channels of each. */
const groupings = fc.oneof(
  { weight: 6, arbitrary: fc.record({ groups: fc.constant(1), ins: channels, outs: channels }) },
  { weight: 2, arbitrary: fc.record({ groups: channels, ins: fc.constant(1), outs: fc.constant(1) }) }, // depthwise
  { weight: 1, arbitrary: fc.record({ groups: channels, ins: fc.constant(1), outs: fc.constantFrom(2, 3) }) },
  { weight: 2, arbitrary: fc.record({ groups: fc.constantFrom(2, 3, 4), ins: channels, outs: channels }) },
);

/** Most products of a drawn convolution: what is drawn larger loses images, then channels, then outputs. */
const MOST = fc.oneof(
  { weight: 30, arbitrary: fc.constant(counted(8000, 20_000)) },
  fc.constant(counted(200_000, 500_000)),
);

const anyConvolutions: fc.Arbitrary<Dims> = fc
  .record({
    B: fc.constantFrom<number>(0, 1, 1, 2, 3, 4, 5, 9, 21, 300),
    y: axis(few),
    x: axis(long),
    grouping: groupings,
    most: MOST,
  })
  .map(({ B, y, x, grouping: { groups, ins, outs }, most }) => {
    const work = () => B * y.outputs * x.outputs * y.kernel * x.kernel * groups * ins * outs;
    const half = (n: number) => Math.max(1, Math.floor(n / 2));
    while (work() > most && B > 1) B = half(B);
    while (work() > most && ins * outs * groups > 1) [groups, ins, outs] = [half(groups), half(ins), half(outs)];
    return [
      ...[B, y.inputs, x.inputs, groups * ins, y.outputs, x.outputs, groups * outs, y.kernel, x.kernel],
      ...[y.stride, x.stride, y.before, x.before, y.dilation, x.dilation, groups],
    ];
  });

/** An axis of windows of three neighbours, one pixel apart. */
const tiledAxis = fc
  .record({ outputs: fc.integer({ min: 4, max: 9 }), before: fc.constantFrom(0, 1, 1, 2, 3), after: fc.nat(2) })
  .map(({ outputs, before, after }) => ({ outputs, before, inputs: Math.max(1, outputs + 2 - before - after) }));
const tiledChannels = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(16, 17, 24, 31, 32, 33) },
  fc.constantFrom(48, 63, 64, 65, 100),
);

/** Convolutions that floats compute by Winograd's tiles. */
const tiledConvolutions: fc.Arbitrary<Dims> = fc
  .record({ B: fc.integer({ min: 1, max: 4 }), y: tiledAxis, x: tiledAxis, C: tiledChannels, O: tiledChannels })
  .map(({ B, y, x, C, O }) => [
    ...[B, y.inputs, x.inputs, C, y.outputs, x.outputs, O, 3, 3],
    ...[1, 1, y.before, x.before, 1, 1, 1],
  ]);

const convolutions = fc.oneof({ weight: 9, arbitrary: anyConvolutions }, tiledConvolutions);

const geometryOf = (dims: Dims): ConvolutionGeometry => {
  const [, H, V, C, OH, OV, O, KY, KX, strideY, strideX, top, left, dilationY, dilationX, groups] = dims;
  return {
    height: { inputs: H, outputs: OH, kernel: KY, stride: strideY, before: top, dilation: dilationY },
    width: { inputs: V, outputs: OV, kernel: KX, stride: strideX, before: left, dilation: dilationX },
    C,
    O,
    groups,
  };
};

/** Lengths of the arrays of a convolution. */
function lengths(dims: Dims) {
  const { height, width, C, O, groups } = geometryOf(dims);
  return {
    images: dims[0] * height.inputs * width.inputs * C,
    outputs: dims[0] * height.outputs * width.outputs * O,
    weights: (height.kernel * width.kernel * C * O) / groups,
    O,
  };
}

/** Its products, for scratch. */
function products(dims: Dims): ProductShape[] {
  const { weights, O } = lengths(dims);
  return [[weights / O, O, geometryOf(dims)]];
}

/** Not finite in a weight or a dy, a number shows whether terms of 0 were added: 0 · Infinity is NaN. */
function makeFinite(...arrays: readonly Float64Array[]): void {
  for (const array of arrays) for (const [i, x] of array.entries()) if (!Number.isFinite(x)) array[i] = 0.5;
}

export const convolutionCases = {
  convForward: {
    ops: [ops.convForward],
    dims: convolutions,
    arrays(dims) {
      const { images, outputs, weights, O } = lengths(dims);
      return { y: outputs, x: images, W: weights, b: O };
    },
    products,
    writes: ['y'],
    prepare: ({ W }) => makeFinite(W),
    emit: (emit, { y, x, W, b }, dims) => emit(ops.convForward, y, x, W, b, dims[0], geometryOf(dims)),
  },
  convBackwardInput: {
    ops: [ops.convBackwardInput],
    dims: convolutions,
    arrays(dims) {
      const { images, outputs, weights } = lengths(dims);
      return { dx: images, dy: outputs, W: weights };
    },
    products,
    writes: ['dx'],
    prepare: ({ W }) => makeFinite(W),
    emit: (emit, { dx, dy, W }, dims) => emit(ops.convBackwardInput, dx, dy, W, dims[0], geometryOf(dims)),
  },
  convBackwardWeights: {
    ops: [ops.convBackwardWeights],
    dims: fc
      .tuple(convolutions, choice)
      .map(([[B, ...others], accumulate]) => [Math.min(B, MAX_NODE_ROWS), ...others, accumulate]),
    arrays(dims) {
      const { images, outputs, weights, O } = lengths(dims);
      return { dW: weights, db: O, x: images, dy: outputs };
    },
    products,
    writes: ['dW', 'db'],
    prepare: ({ dy }) => makeFinite(dy),
    emit(emit, { dW, db, x, dy }, dims) {
      emit(ops.convBackwardWeights, dW, db, x, dy, dims[0], dims[16] === 1, geometryOf(dims));
    },
  },
} satisfies Record<string, KernelCase>;
