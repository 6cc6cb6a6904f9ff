/// <reference lib="dom" />
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildNetwork, createRandom, type NetworkSpec } from '@gradloom/core';
import { saveModel } from '@gradloom/runtime';
import { beforeAll, expect, test } from 'vitest';
import { createDigits } from '../../../packages/cli/page/playground/digits.ts';
import type { FromWorker, ToWorker } from '../../../packages/cli/page/playground/messages.ts';
import { noPoints } from '../../../packages/cli/page/playground/points.ts';
import { openSession } from '../../../packages/cli/page/playground/session.ts';
import { type Choices, defaults, POINTS, type Settings } from '../../../packages/cli/page/playground/settings.ts';
import { type DigitFile, digitKinds } from '../../../packages/cli/src/commands/playground/digit-file.ts';
import { productOps } from '../../../packages/core/src/program/ops/products.ts';
import { recurrentOps } from '../../../packages/core/src/program/ops/recurrent.ts';
import { gradloom, temporaryDirectory } from '../../support/command-line.ts';
import { anyDigits } from '../../support/playground.ts';

let code = '';
beforeAll(() => {
  code = readFileSync(join(String(process.env.GRADLOOM_TEST_PROGRAMS), 'playground/worker.js'), 'utf8');
});

type Answer<Kind extends FromWorker['kind']> = Extract<FromWorker, { kind: Kind }>;

/** Starts the page's bundled worker in this thread. `digits` is the file that its server sends. */
function startWorker(digits: DigitFile | null = null) {
  let choices: Choices | null = null;
  let listen = (answer: FromWorker): void => {
    if (answer.kind === 'ready') choices = answer.choices;
  };
  const scope = {
    name: '',
    location: { search: '' },
    onmessage: (_event: { readonly data: ToWorker }): void => {},
    postMessage: (answer: FromWorker): void => listen(answer),
  };
  new Function('self', 'fetch', code)(scope, async () => Response.json(digits));
  return {
    choices: choices as unknown as Choices,
    send: (message: ToWorker): void => scope.onmessage({ data: message }),
    /** Sends a message, and resolves to the next answer of a kind. */
    ask<Kind extends FromWorker['kind']>(message: ToWorker, kind: Kind): Promise<Answer<Kind>> {
      return new Promise((resolve, reject) => {
        listen = (answer) => {
          if (answer.kind === kind) resolve(answer as Answer<Kind>);
          else if (answer.kind === 'failed') reject(new Error(answer.sentence));
        };
        scope.onmessage({ data: message });
      });
    },
  };
}

/** Settings that together have every value of every control. */
function everySetting({ data, activation, init, optimizer, precision }: Choices): Settings[] {
  const base: Settings = { ...defaults, rows: 40 };
  return [
    ...precision.flatMap((name) => activation.map((it) => ({ ...base, activation: it, precision: name }))),
    ...precision.flatMap((name) => optimizer.map((it) => ({ ...base, optimizer: it, precision: name }))),
    ...[...data, POINTS].map((it) => ({ ...base, data: it })),
    ...init.map((it) => ({ ...base, init: it })),
    ...(['full', 1, 7] as const).map((batch) => ({ ...base, batch })),
    { ...base, layers: 0 },
    { ...base, layers: 30, units: 3 },
    { ...base, units: 32, batch: 'full' },
  ];
}

test('the worker trains all that its controls can make to the bits of the sources', async () => {
  const { choices, ask, send } = startWorker();
  const labels = ['blue', 'orange', 'green', 'blue', 'green'] as const;
  const points = { ...noPoints, list: labels.map((label, k) => ({ x: k / 5, y: k % 2, label })) };
  for (const [run, settings] of everySetting(choices).entries()) {
    await ask({ kind: 'open', run, settings, points }, 'opened');
    send({ kind: 'shown' }); // the frame before the first step
    const { steps, losses, fingerprint } = await ask({ kind: 'go', stepsPerSecond: 100 }, 'frame');
    send({ kind: 'pause' });
    const session = await openSession(settings, points, []);
    session.advance(5); // the steps of a frame, of which the last is probed
    const expected = session.frame();
    session.close();
    expect({ settings, steps, losses, fingerprint }).toEqual({
      settings,
      steps: 5,
      losses: expected.losses,
      fingerprint: expected.fingerprint,
    });
  }
});

/** Networks that together have every kind of layer of `digitKinds`. */
const networks: readonly NetworkSpec[] = [
  {
    input: [28, 28, 1],
    layers: [
      { kind: 'conv2d', out: 4, kernel: 3, stride: 2 },
      { kind: 'batch-norm' },
      { kind: 'relu' },
      { kind: 'max-pool', size: 2 },
      { kind: 'channel-dropout', rate: 0.1 },
      {
        kind: 'residual',
        layers: [
          { kind: 'conv2d', out: 4, kernel: 3, padding: 'same' },
          { kind: 'group-norm', groups: 2 },
        ],
      },
      { kind: 'instance-norm' },
      { kind: 'avg-pool', size: 2 },
      { kind: 'global-avg-pool' },
      { kind: 'layer-norm' },
      { kind: 'dense', out: 10 },
    ],
  },
  {
    input: 784,
    layers: [
      { kind: 'reshape', shape: [28, 28] },
      { kind: 'conv1d', out: 3, kernel: 3 },
      { kind: 'flatten' },
      { kind: 'dense', out: 10 },
      { kind: 'dropout', rate: 0.5 },
      { kind: 'dense', out: 10, name: 'twice' },
      { kind: 'tanh' },
      { kind: 'like', layer: 'twice' },
    ],
  },
];

function digitsOf(spec: NetworkSpec): DigitFile {
  const random = createRandom(1, 'weights');
  const parameters = Array.from({ length: buildNetwork(spec).parameterCount }, () => 0.5 + 0.1 * random.normal());
  return { ...anyDigits(), spec, parameters };
}

const pixels = Float64Array.from({ length: 784 }, (_, i) => (i % 7) / 7);

test('the worker reads digits by every kind of layer that it has, to the bits of the sources', async () => {
  for (const spec of networks) {
    const file = digitsOf(spec);
    const sources = createDigits(
      async () => Response.json(file),
      () => {},
    );
    const { ask } = startWorker(file);
    expect(await ask({ kind: 'digit', pixels }, 'digit')).toEqual(await sources.answer(pixels));
  }
  const kinds = networks.flatMap((spec) => buildNetwork(spec).allLayers.map((layer) => layer.spec.kind));
  expect([...new Set([...kinds, 'like'])].toSorted()).toEqual([...digitKinds].toSorted());
});

test('the worker has no code of other layers: the command refuses a model that has some, and so does the page', async () => {
  expect(Object.keys(recurrentOps).filter((name) => code.includes(name))).toEqual([]);
  expect(Object.keys(productOps).filter((name) => !code.includes(name))).toEqual([]);

  const spec: NetworkSpec = {
    input: [28, 28],
    layers: [{ kind: 'residual', layers: [{ kind: 'gru', out: 28 }] }, { kind: 'flatten' }, { kind: 'dense', out: 10 }],
  };
  const file = digitsOf(spec);
  await expect(startWorker(file).ask({ kind: 'digit', pixels }, 'digit')).rejects.toThrow('This page leaves out gru.');
  const model = join(temporaryDirectory(), 'recurrent.gradloom');
  saveModel(model, { spec, loss: file.loss, parameters: Float64Array.from(file.parameters) });
  const { code: exitCode, stderr } = await gradloom(['playground', '--model', model]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('--model has a layer gru, expected kinds that the page has: activation, avg-pool,');
});
