import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { isFailure } from '../../../../packages/cli/src/lab/experiments/finding.ts';
import type { NamedActivation } from '../../../../packages/cli/src/lab/experiments/vanishing/activation-list.ts';
import type { Setup } from '../../../../packages/cli/src/lab/experiments/vanishing/compare.ts';
import { whyUnclaimed } from '../../../../packages/cli/src/lab/experiments/vanishing/compare.ts';
import type { DeepData } from '../../../../packages/cli/src/lab/experiments/vanishing/deep-data.ts';
import type { ActivationSpec } from '../../../../packages/cli/src/options/activation.ts';
import { gradloom } from '../../../support/command-line.ts';
import { onlyInAll } from '../../../support/count.ts';
import { expectNarrow, experimentJson, printedAndJson, printOf } from '../../../support/experiment.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

interface Activation {
  layers: Record<string, number>[];
  factorPerLayer: number | null;
  theoryPerLayer: number | null;
  finalLoss: number;
  testAccuracy: number;
  moved: { layers: number[]; output: number };
  best: { rate: number; finalLoss: number; testAccuracy: number; bracketed: boolean };
  rates: { rate: number; validationLoss: number | null; validationAccuracy: number | null }[];
  seeds: { seed: number; factorPerLayer: number }[];
  training: { step: number; layers: Record<string, number>[] }[];
  long?: { steps: number; finalLoss: number; testAccuracy: number };
  withTinyEpsilon?: { epsilon: number; rate: number };
  fit: { layersUsed: number; layersTooSmall: number };
}

const { path: out } = temporaryFolder();
const narrow = ['--dataset', 'moons', '--depth', '6', '--width', '16'];
const small = [...narrow, '--steps', '30', '--batch', '32'];

const read = ({ activations, findings, setup }: Awaited<ReturnType<typeof experimentJson>>) => ({
  activations: activations as Record<string, Activation>,
  findings,
  setup: setup as Record<string, unknown>,
});
const compared = async (...flags: string[]) => read(await experimentJson('vanishing', ...flags));

async function comparedAndPrinted(...flags: string[]) {
  const { text, document } = await printedAndJson('vanishing', ...flags);
  return { text, ...read(document) };
}

test.each(onlyInAll(20))(
  'at depth %d relu and sigmoid after batch-norm learn MNIST, and sigmoid alone stays at chance at every rate',
  async () => {
    const { activations, findings } = await compared('--width', '32', '--steps', '200');
    expect(findings.filter(isFailure)).toEqual([]);
    expect(findings.slice(-8).map(({ what, agrees }) => [what.replace(/any of \d+/, 'any of n'), agrees])).toEqual([
      ['sigmoid stays at chance, same rate', true],
      ['sigmoid stays at chance, any of n rates', true],
      ["sigmoid: Adam's first step in hidden layer 1 is below 1 % of its rate", true],
      ['sigmoid, epsilon 1e-20, rate 0.003', null],
      ['relu learns, same rate', true],
      ['relu learns, best rate', true],
      ['batch-norm+sigmoid learns, same rate', true],
      ['batch-norm+sigmoid learns, best rate', true],
    ]);
    expect(activations.sigmoid.withTinyEpsilon).toMatchObject({ epsilon: 1e-20, rate: 0.003 });
    const { sigmoid, relu } = activations;
    expect(sigmoid.layers[0].rmsDz).toBeLessThan(1e-7 * sigmoid.layers[19].rmsDz);
    expect(relu.layers[0].rmsDz).toBeGreaterThan(0.1 * relu.layers[19].rmsDz);
    // At the common rate, the first layer of sigmoid hardly moves while its last does.
    expect(sigmoid.moved.layers[0]).toBeLessThan(0.1 * sigmoid.moved.layers[19]);
    expect(relu.moved.layers[0]).toBeGreaterThan(relu.moved.layers[19]);
    for (const { rates, best } of [sigmoid, relu]) {
      expect(rates.map(({ rate }) => rate)).toEqual(rates.map(({ rate }) => rate).toSorted((a, b) => a - b));
      const losses = rates.map(({ validationLoss }) => validationLoss ?? Number.POSITIVE_INFINITY);
      expect(rates[losses.indexOf(Math.min(...losses))].rate).toBe(best.rate);
    }
    // Some 14 runs of 20 layers: a quarter of this on a machine with nothing else to do.
  },
  180_000,
);

describe('the claims about 20 layers on MNIST', () => {
  const named = (...kinds: ActivationSpec['kind'][]): NamedActivation[] =>
    kinds.map((kind) => ({ label: kind, spec: { kind } }));
  const usual: Setup = {
    activations: named('sigmoid'),
    hidden: new Array<number>(20).fill(64),
    init: 'he-normal',
    runOptions: { optimizer: { kind: 'adam', lr: 0.001 }, batch: 64, steps: 300, seed: 1 },
    moreSeeds: [],
    hasLongRun: false,
  };
  const mnist = { train: { name: 'mnist' } } as DeepData;
  const runFor = (changes: object) => ({ ...usual, runOptions: { ...usual.runOptions, ...changes } });
  const adam = (changes: object) => runFor({ optimizer: { kind: 'adam', lr: 0.001, ...changes } });

  test('is claimed with the default settings, and for narrower and shorter runs', () => {
    expect(whyUnclaimed(usual, mnist)).toEqual([]);
    expect(
      whyUnclaimed({ ...runFor({ steps: 200, batch: 32 }), hidden: new Array<number>(20).fill(32) }, mnist),
    ).toEqual([]);
    expect(whyUnclaimed(adam({ epsilon: 1e-8 }), mnist)).toEqual([]);
  });

  test.each<[Setup, string]>([
    [adam({ epsilon: 1e-20 }), '--optimizer adam:epsilon has 1e-20, claimed only for 1e-8'],
    [adam({ beta1: 0.5 }), '--optimizer has beta1, claimed only for adam with its defaults'],
    [adam({ lr: 0.01 }), '--lr has 0.01, claimed only for 0.001'],
    [runFor({ optimizer: { kind: 'sgd', lr: 0.001 } }), '--optimizer has sgd, claimed only for adam'],
    [runFor({ steps: 1200 }), '--steps has 1200, claimed only from 200 to 1000'],
    [runFor({ batch: 'full' }), '--batch has full, claimed only from 32 up'],
    [{ ...usual, init: { kind: 'normal', std: 1 } }, '--init has normal, claimed only for he-normal'],
    [{ ...usual, hidden: [64] }, '--depth has 1, claimed only for 20'],
  ])('a run with other settings is not claimed, with the reason: %#', (setup, reason) => {
    expect(whyUnclaimed(setup, mnist)).toEqual([reason]);
  });
});

test('with other settings the same rows are marked as not claimed, with each reason', async () => {
  const flags = ['--dataset', 'moons', '--depth', '3', '--width', '8', '--steps', '4'];
  const { activations, findings, text } = await comparedAndPrinted(...flags);
  const claims = findings.filter(({ what }) => /chance|learns/.test(what));
  expect(claims.map(({ agrees }) => agrees)).toEqual([null, null, null, null, null, null]);
  expect(activations.sigmoid.withTinyEpsilon).toBeUndefined();
  expect(text).toContain('-: not claimed: --dataset has moons, claimed only for mnist\n');
  expect(text).toContain('-: not claimed: --steps has 4, claimed only from 200 to 1000\n');
  expect(text).toMatch(/^\d+ of \d+ numbers agree; 6 are not claimed\.$/m);
  expect(text).toContain('--long also trains for ten epochs');
});

test('--long also trains for ten epochs', async () => {
  const flags = ['--dataset', 'moons', '--depth', '2', '--width', '4', '--steps', '2', '--activation', 'relu'];
  const { activations, findings, setup, text } = await comparedAndPrinted(...flags, '--long');
  const { rows } = setup as { rows: { train: number } };
  expect(activations.relu.long).toEqual({
    steps: 10 * Math.ceil(rows.train / 64),
    finalLoss: expect.any(Number),
    testAccuracy: expect.any(Number),
  });
  expect(activations.relu.long?.finalLoss).toBeLessThan(activations.relu.finalLoss);
  expect(findings.at(-1)).toMatchObject({ what: 'relu learns, 10 epochs', agrees: null });
  expect(text).toContain('After 10 epochs');
});

test('the document holds every layer before the first step and along training, and --out writes the same', async () => {
  const document = await experimentJson('vanishing', ...small, '--out', out);
  expect(JSON.parse(readFileSync(join(out, 'vanishing.json'), 'utf8'))).toEqual(document);
  const { activations, findings, setup } = read(document);
  expect(findings.filter(isFailure)).toEqual([]);
  expect(findings.map(printOf).slice(0, 4)).toEqual(['0.25', '9.5e-7', '9.1e-13', '0.25^48 is 2^-96']);
  expect(setup).toMatchObject({ dataset: 'moons', depth: 6, width: 16, init: 'he-normal', steps: 30, seeds: [1] });
  expect(Object.keys(activations)).toEqual(['sigmoid', 'relu', 'batch-norm+sigmoid']);
  for (const activation of Object.values(activations)) {
    expect(activation).toMatchObject({
      factorPerLayer: expect.any(Number),
      theoryPerLayer: expect.any(Number),
      finalLoss: expect.any(Number),
      testAccuracy: expect.any(Number),
    });
    expect(activation.layers).toHaveLength(6);
    for (const layer of activation.layers) {
      for (const key of ['rmsDz', 'rmsDa', 'rmsDW', 'activationMean', 'activationStd', 'flat', 'dead']) {
        expect(layer[key], key).toEqual(expect.any(Number));
      }
    }
    expect(activation.training.map(({ step }) => step)).toEqual([0, 3, 6, 9, 12, 15, 17, 20, 23, 26, 29]);
    expect(activation.training[0].layers[2].rmsDz).toBe(activation.layers[2].rmsDz);
    expect(activation.training[10].layers[2].rmsDz).not.toBe(activation.layers[2].rmsDz);
  }
});

test('any number of threads gives the same document', async () => {
  const runs: unknown[] = [];
  for (const threads of ['1', ...onlyInAll('2'), '3']) {
    // 256 rows are 16 leaves: work for all three.
    runs.push(
      await experimentJson(
        'vanishing',
        ...narrow,
        '--steps',
        '3',
        '--batch',
        '256',
        '--activation',
        'tanh',
        '--threads',
        threads,
      ),
    );
  }
  for (const run of runs) expect(run).toEqual(runs[0]);
});

test('the first seed determines everything, the others only add their factors and accuracies', async () => {
  const flags = ['--dataset', 'moons', '--depth', '3', '--width', '4', '--steps', '2', '--activation', 'relu'];
  const from = (seeds: string) => compared(...flags, '--seeds', seeds);
  const [one, three, other] = [await from('4'), await from('4..6'), await from('6')];
  expect(three.activations.relu.layers).toEqual(one.activations.relu.layers);
  expect(three.activations.relu.seeds.map(({ seed }) => seed)).toEqual([4, 5, 6]);
  expect(three.activations.relu.seeds[2]).toEqual(other.activations.relu.seeds[0]);
});

test('a gradient too small for a double is left out of the fit, with a note', async () => {
  const deep = ['--dataset', 'moons', '--depth', '60', '--width', '8', '--steps', '1', '--init', 'normal:std=1e-6'];
  const { activations } = await compared(...deep, '--activation', 'sigmoid');
  const { layers, fit, factorPerLayer, theoryPerLayer } = activations.sigmoid;
  expect(layers).toHaveLength(60);
  expect(fit.layersTooSmall).toBeGreaterThan(10);
  expect(fit.layersUsed + fit.layersTooSmall).toBe(60);
  expect(layers[0].rmsDz).toBe(0);
  expect(Number(factorPerLayer) / Number(theoryPerLayer)).toBeCloseTo(1, 1);
  const text = await expectNarrow('vanishing', ...deep, '--activation', 'sigmoid');
  expect(text).toContain(`sigmoid: ${fit.layersTooSmall} layers have gradients below 1e-150`);
});

test('all layers of a network of 100 are recorded', async () => {
  // Gradients of sigmoid become the smallest.
  const activation = ['sigmoid', ...onlyInAll('relu', 'batch-norm+sigmoid')].join();
  const deep = ['--dataset', 'moons', '--depth', '100', '--width', '8', '--steps', '1'];
  const { activations } = await compared(...deep, '--activation', activation);
  for (const { layers, fit, factorPerLayer } of Object.values(activations)) {
    expect(fit).toMatchObject({ layersUsed: 100, layersTooSmall: 0 });
    expect(factorPerLayer).toEqual(expect.any(Number));
    expect(layers.every(({ rmsDz, rmsDW }) => rmsDz > 0 && rmsDW > 0)).toBe(true);
  }
});

test('one hidden layer has no factor, and a dataset of values no accuracy', async () => {
  const flags = ['--dataset', 'sine', '--depth', '1', '--width', '4', '--steps', '2', '--activation', 'relu'];
  const { activations } = await compared(...flags);
  expect(activations.relu).toMatchObject({ factorPerLayer: null, theoryPerLayer: null, testAccuracy: null });
  expect(activations.relu.finalLoss).toEqual(expect.any(Number));
  await expectNarrow('vanishing', ...flags);
});

test('a rate at which a network diverges is part of the result', async () => {
  const { activations } = await compared(...small, '--optimizer', 'sgd', '--lr', '100', '--activation', 'relu');
  const { rates, best } = activations.relu;
  expect(rates.find(({ rate }) => rate === 10_000)).toMatchObject({ validationLoss: null });
  expect(best.rate).toBeLessThan(100);
  const text = await expectNarrow('vanishing', ...small, '--optimizer', 'sgd', '--lr', '100', '--activation', 'relu');
  expect(text).toContain('diverged');
});

test('many activations keep to 80 columns, in colour only on a terminal that wants it', async () => {
  const tiny = ['--dataset', 'moons', '--depth', '2', '--width', '4', '--steps', '2', '--threads', '1'];
  const many = 'sigmoid,tanh,relu,leaky-relu:alpha=0.2,softplus';
  expect(await expectNarrow('vanishing', ...tiny, '--activation', many)).toMatch(/hidden +sigmoid +tanh +relu\n/);
  const command = ['experiment', 'vanishing', ...tiny, '--activation', 'sigmoid'];
  const plain = await gradloom(command, { terminal: 80, env: { NO_COLOR: '1' } });
  const coloured = await gradloom(command, { terminal: 80 });
  expect(plain.stdout).not.toContain('\u001b');
  expect(coloured.stdout).toContain('\u001b[33m█');
  expect(stripVTControlCharacters(coloured.stdout)).toBe(plain.stdout);
});

test('weights of 0 pass no gradient, and have no factor', async () => {
  const flags = [...narrow, '--steps', '3', '--init', 'zeros', '--activation', 'relu'];
  const { activations } = await compared(...flags);
  expect(activations.relu).toMatchObject({ factorPerLayer: null, theoryPerLayer: null });
  expect(activations.relu.layers.map(({ rmsDz }) => rmsDz)).toEqual([0, 0, 0, 0, 0, 0]);
  const text = await expectNarrow('vanishing', ...flags);
  expect(text).toContain('nothing to draw');
  expect(text).not.toMatch(/NaN|Infinity/);
});

describe('invalid options are refused with the flag, the value and what is expected', () => {
  test.each([
    [['--depth', '0'], '--depth has 0, expected a whole number from 1 to 1000'],
    [['--depth', '1001'], '--depth has 1001, expected a whole number from 1 to 1000'],
    [['--width', '1.5'], '--width has 1.5, expected a whole number of at least 1'],
    [['--steps', '-1'], '--steps has -1, expected a whole number of at least 1'],
    [['--lr', '0'], '--lr has 0, expected a number from 1e-12 to 1000'],
    [['--activation', 'sigmiod'], '--activation has "sigmiod", expected one of'],
    [['--activation', 'batch-norm+sigmiod'], '--activation has "sigmiod", expected one of'],
    [['--activation', 'batch-norm+relu,batch-norm+relu'], 'expected batch-norm+relu only once'],
    [['--activation', 'sigmoid,'], '--activation has "", expected one of'],
    [['--activation', 'step,relu'], '--activation has "step", which has no gradient'],
    [['--activation', 'relu,tanh,relu'], '--activation has "relu,tanh,relu", expected relu only once'],
    [['--init', 'xavier'], '--init has "xavier", expected one of'],
    [['--optimizer', 'sdg'], '--optimizer has "sdg", expected one of'],
    [['--optimizer', 'sgd:lr=0.1', '--lr', '0.2'], '--lr is given with --optimizer sgd:lr, expected one of the two'],
    [['--optimizer', 'sgd:lr=0'], '--optimizer sgd:lr has 0, expected a number from 1e-12 to 1000'],
    [['--seeds', '3..1'], '--seeds has "3..1", expected seeds such as 1..100'],
    [['--preset', 'lecun'], '--preset has "lecun", expected one of nielsen, glorot, he'],
    [['--preset', 'he', '--long'], '--long is given with --preset he, expected one of the two'],
    [['--preset', 'he', '--depth', '3'], '--depth is given with --preset, expected one of the two'],
    [['--dataset', 'moon'], '--dataset has "moon", expected one of'],
    [
      '--dataset moons --depth 3 --width 4 --steps 2 --init normal:std=1e200 --activation relu'.split(' '),
      '--init has normal, expected weights that relu can start',
    ],
    [['--threads', '0'], '--threads has 0, expected a whole number of at least 1'],
  ])('%j', async (flags, sentence) => {
    const { code, stdout, stderr } = await gradloom(['experiment', 'vanishing', ...flags]);
    expect(stderr).toContain(sentence);
    expect({ code, stdout, lines: stderr.trimEnd().split('\n').length }).toEqual({ code: 2, stdout: '', lines: 1 });
  });
});
