import { readFileSync } from 'node:fs';
import {
  buildNetwork,
  createInitializer,
  createLoss,
  createOptimizer,
  createRandom,
  createSchedule,
  initializeParameters,
  type LayerSpec,
} from '@gradloom/core';
import { describe, expect, test } from 'vitest';
import { formulaSpecs } from '../../support/formula-layers.ts';
import { runLayer } from '../../support/one-layer.ts';

const page = readFileSync(new URL('../../../docs/specs.md', import.meta.url), 'utf8');

interface Documented {
  readonly family: string;
  readonly kind: string;
  readonly option: string;
  readonly value: unknown;
}

/** Every option of the page whose default is a value rather than words. */
function* documentedDefaults(): Generator<Documented> {
  let family = '';
  let kind = '';
  for (const line of page.split('\n')) {
    const title = /^(##|###) `?([\w -]+)`?$/.exec(line);
    if (title?.[1] === '##') family = title[2];
    if (title?.[1] === '###') kind = title[2];
    const [, option, , text] = /^\| `(\w+)` \| (.*?) \| (.*?) \| .* \|$/.exec(line) ?? [];
    if (option === undefined || family === 'Activations') continue;
    const value = defaultOf(text, kind);
    if (value !== undefined) yield { family, kind, option, value };
  }
}

/** `0; 0.01 for adamw` is 0.01 where the kind is adamw; what follows a comma is a remark. */
function defaultOf(text: string, kind: string): unknown {
  const kindDefault = text.split(/[;,] /).find((part) => part.endsWith(` for ${kind}`));
  const literal = kindDefault?.split(' for ')[0] ?? /^(\{.*?\}|'.*?'|[\d.e-]+|true|false)(?=$|[;,])/.exec(text)?.[1];
  return literal === undefined ? undefined : JSON.parse(literal.replaceAll("'", '"').replace(/(\w+):/g, '"$1":'));
}

/** What a member of a family does, in numbers. */
const behaviours: Record<string, (kind: string, options: object) => unknown> = {
  Layers(kind, options) {
    const required = {
      activation: { fn: 'elu' },
      dense: { out: 3 },
      swiglu: { out: 3 },
      gru: { out: 3 },
      lstm: { out: 3 },
      embedding: { vocabulary: 3, width: 2 },
      'self-attention': { heads: 2, causal: true },
      conv1d: { out: 4, kernel: 2 },
      conv2d: { out: 4, kernel: 2 },
      'conv2d-transpose': { out: 4, kernel: 2 },
      'avg-pool': { size: 2 },
      'max-pool': { size: 2 },
      'group-norm': { groups: 2 },
      'cross-attention': { of: ['input', 'input'], heads: 2 },
      matmul: { of: ['input', 'input'] },
      ...formulaSpecs,
      concat: { of: ['input', 'input'] },
      slice: { start: 0 },
      expand: { shape: [2, -1] },
      pad: { padding: [[1, 1]] },
      reshape: { shape: [-1] },
      parameter: { shape: [2] },
      resize: { size: 3 },
      take: { indices: [0, 1] },
      upsample: { factor: 2 },
    };
    const axes = kind.startsWith('conv2d')
      ? 3
      : /attention|concat|conv|gru|instance|lstm|max|mean|mul|pool|position|resize|slice|sum|take|upsample/.test(kind)
        ? 2
        : 1;
    const input = Array.from({ length: axes }, () => 4);
    const requiredOptions = (required as Record<string, object>)[kind] ?? {};
    const network = buildNetwork({ input, layers: [{ kind, ...requiredOptions, ...options } as unknown as LayerSpec] });
    const theta = new Float64Array(network.parameterCount);
    initializeParameters(network, theta, 3);
    const { layer } = network.allLayers[0];
    const runs = /-norm|argmax|attention|gru|lstm|matmul|pad|softmax/.test(kind);
    return [[...theta], layer.label, layer.out, runs ? outputsOf(network.spec.layers[0], input) : null];
  },
  Losses(kind, options) {
    const lossSum = new Float64Array(1);
    const loss = createLoss({ kind, ...options } as never);
    loss.evaluate(lossSum, new Float64Array(4), Float64Array.of(0.2, 3, -5, 1), new Float64Array(4), 1, 1, 4);
    return lossSum[0];
  },
  Optimizers(kind, options) {
    const optimizer = createOptimizer({ kind, ...options } as never);
    const hyper = new Float64Array(optimizer.hyperLength);
    optimizer.hyper(hyper, Float64Array.of(optimizer.lr), Float64Array.from(optimizer.initialScalars));
    return [optimizer.lr, optimizer.slots, [...hyper]];
  },
  Schedules(kind, options) {
    const name = kind === 'Warm-up' ? 'constant' : kind;
    const schedule = createSchedule({ kind: name, ...options } as never, { totalSteps: 300, stepsPerEpoch: 10 });
    const state = Float64Array.from(schedule.initialState);
    return Array.from({ length: 300 }, (_, step) => {
      // By 7e-5 better once, then never again: patience, threshold and the lowest factor come into play.
      if (step % 10 === 9) schedule.observe?.(state, step < 20 ? 1 - step * 7e-6 : 1, 1);
      return schedule.factor(step, state);
    });
  },
  Initializers(kind, options) {
    const out = new Float64Array(12);
    createInitializer({ kind, ...options } as never)(out, 4, 3, createRandom(1, 'test'));
    return [...out];
  },
};

/** Outputs of a layer for two rows in training, and its parameters and state afterwards. */
function outputsOf(spec: LayerSpec, input: readonly number[]): number[][] {
  const size = input.reduce((product, extent) => product * extent);
  const rows = [5, 7].map((seed) => Array.from({ length: size }, (_, i) => (((i + 1) * seed) % 9) * 1e-3 - 4e-3));
  const { y, parameters } = runLayer(spec, rows, () => 0, { input });
  return [y, ...parameters].map((numbers) => [...numbers]);
}

/** Whole numbers of windows. */
const ofWindows: Readonly<Record<string, number>> = { stride: 2, dilation: 2, groups: 2, padding: 1, outputPadding: 1 };

/** Another value that the option may have. */
function another(option: string, value: unknown): unknown {
  if (typeof value === 'boolean') return !value;
  if (option === 'decayed') return 'weights';
  if (option === 'returns') return 'last';
  if (Object.hasOwn(ofWindows, option)) return ofWindows[option];
  if (option === 'axis') return 0;
  if (option === 'step') return 2;
  if (typeof value !== 'number') return 'normal';
  return value === 0 ? (option === 'warmupSteps' ? 5 : 0.5) : value / 2;
}

const documented = [...documentedDefaults()];

test('the page has defaults of every family', () => {
  expect(new Set(documented.map(({ family }) => family))).toEqual(new Set(Object.keys(behaviours)));
  expect(documented.length).toBeGreaterThan(40);
});

describe.each(documented)('$family: $kind', ({ family, kind, option, value }) => {
  // An option that another one switches on shows beside it.
  const switches: Readonly<Record<string, object>> = {
    nesterov: { momentum: 0.5 },
    decayed: { weightDecay: 0.1 },
    outputPadding: { stride: 2 },
    theta: { rotary: true, heads: 1 },
  };
  const beside = switches[option] ?? {};
  test(`${option} is ${JSON.stringify(value)} by default`, () => {
    const behaviour = behaviours[family];
    const standard = behaviour(kind, beside);
    expect(behaviour(kind, { ...beside, [option]: value })).toEqual(standard);
    // There is one mode. Without projections values have other shapes.
    if (option === 'mode' || option === 'projections') return;
    // Else the line above would hold for any value.
    expect(behaviour(kind, { ...beside, [option]: another(option, value) })).not.toEqual(standard);
  });
});
