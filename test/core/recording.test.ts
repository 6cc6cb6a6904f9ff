import { describe, expect, test } from 'vitest';
import {
  createWorkspace,
  recordedCalls,
  recordShardGradient,
  shardGradient,
} from '../../packages/core/src/backprop.ts';
import {
  bindTensors,
  buildNetwork,
  createLoss,
  initializeParameters,
  type LayerSpec,
  type Pass,
  referenceKernels,
  tapeLength,
} from '../../packages/core/src/index.ts';
import { createRandom } from '../../packages/core/src/random/index.ts';
import { createGuardedMemory } from '../support/guarded-memory.ts';

const memory = createGuardedMemory();
const { kernels } = memory;
const B = 5;

/** A shard of random rows, its gradient by plain calls and, where it can be recorded, by a tape. */
function setUp(layers: LayerSpec[], lossName: 'mse' | 'softmax-cross-entropy' | 'huber') {
  memory.reset(1000);
  const network = buildNetwork({ input: 6, layers });
  const loss = createLoss(lossName);
  const random = createRandom(3, lossName);
  const P = network.parameterCount;
  const theta = memory.allocate(P);
  initializeParameters(network, theta, 1);
  const workspace = createWorkspace(network, loss, B, memory.allocate);
  const parameters = bindTensors(network, theta);
  const pass: Pass = { kernels, training: true, seed: 1, step: 0, firstRow: 0 };
  const [gradient, lossSum] = [memory.allocate(P), memory.allocate(1)];
  const gradients = bindTensors(network, gradient);
  const tape = memory.allocate(tapeLength(recordedCalls(network)));
  const fill = () => {
    for (let i = 0; i < workspace.x.length; i++) workspace.x[i] = random.normal();
    for (let i = 0; i < workspace.t.length; i++) workspace.t[i] = random.integer(3);
  };
  return {
    play: recordShardGradient(tape, lossSum, network, loss, workspace, parameters, gradients, B, pass),
    fill,
    workspace,
    outcome: () => [...lossSum, ...gradient],
    direct: () => shardGradient(lossSum, network, workspace, parameters, gradients, B, pass),
    clear: () => gradient.fill(Number.NaN),
  };
}

const names = Object.keys(kernels.fast.activations) as (keyof typeof kernels.fast.activations)[];

describe.each(names)('%s', (fn) => {
  test.each(['mse', 'softmax-cross-entropy'] as const)(
    'a recorded shard has the bits of the plain calls: %s',
    (loss) => {
      const { play, fill, workspace, outcome, direct, clear } = setUp(
        [
          { kind: 'dense', out: 7 },
          { kind: 'activation', fn },
          { kind: 'dense', out: 9 },
          { kind: 'activation', fn },
          { kind: 'dense', out: 3 },
        ],
        loss,
      );
      for (let round = 0; round < 3; round++) {
        fill();
        const [x, t] = [workspace.x.slice(), workspace.t.slice()];
        direct();
        const expected = outcome();
        clear();
        workspace.x.set(x); // the first layer may have overwritten it
        workspace.t.set(t);
        play?.();
        expect(outcome()).toEqual(expected);
      }
      expect(play).not.toBeNull();
    },
  );
});

test.each<[string, LayerSpec[], 'mse' | 'huber']>([
  [
    'a layer that draws numbers',
    [
      { kind: 'dropout', rate: 0.5 },
      { kind: 'dense', out: 3 },
    ],
    'mse',
  ],
  [
    'an activation in plain code',
    [
      { kind: 'dense', out: 3 },
      { kind: 'activation', fn: 'silu' },
    ],
    'mse',
  ],
  ['a loss in plain code', [{ kind: 'dense', out: 3 }], 'huber'],
])('%s cannot be recorded', (_name, layers, loss) => {
  expect(setUp(layers, loss).play).toBeNull();
});

test('the reference kernels record nothing', () => {
  expect(referenceKernels.record).toBeUndefined();
});
