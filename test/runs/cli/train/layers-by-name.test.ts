import { join } from 'node:path';
import { buildNetwork, initializeParameters } from '@gradloom/core';
import { loadModel } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { gradloom, jsonLines, temporaryDirectory } from '../../../support/command-line.ts';

const RATE = 0.25;
const NAMES = '"0", "1", "2", "3", "4"';
const base = ['--dataset', 'moons:rows=80', '--hidden', '8,8', '--steps', '1', '--optimizer', `sgd:lr=${RATE}`];

/** The change of each tensor in one step of such a run, and its starting values. */
async function changes(...flags: string[]) {
  const out = join(temporaryDirectory(), 'run');
  const { code, stdout, stderr } = await gradloom(['train', ...base, '--json', '--out', out, ...flags]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { spec, parameters } = loadModel(join(out, 'model.gradloom'));
  const network = buildNetwork(spec);
  const start = new Float64Array(network.parameterCount);
  initializeParameters(network, start, 0);
  const named = network.tensors.map(({ layer, name, offset, length }) => {
    const [values, startValues] = [parameters, start].map((vector) => [...vector.slice(offset, offset + length)]);
    return [`${layer}.${name}`, { start: startValues, change: values.map((value, i) => value - startValues[i]) }];
  });
  const tensors: Record<string, { start: number[]; change: number[] }> = Object.fromEntries(named);
  return { out, spec, tensors, fingerprint: jsonLines(stdout).at(-1)?.fingerprint };
}

test('--freeze leaves layers as they start, moves the others as before, and stands in the files of the run', async () => {
  const [plain, frozen] = [await changes(), await changes('--freeze', '0,2')];
  for (const [name, { change }] of Object.entries(frozen.tensors)) {
    if (name.startsWith('4')) expect(change).toEqual(plain.tensors[name].change);
    else expect(change.every((moved) => moved === 0)).toBe(true);
  }
  expect(frozen.spec.layers.map(({ freeze }) => freeze === true)).toEqual([true, false, true, false, false]);
  const again = await gradloom(['train', '--config', join(frozen.out, 'config.json'), '--json', '--no-out']);
  expect(jsonLines(again.stdout).at(-1)?.fingerprint).toBe(frozen.fingerprint);
});

test('--lr-of gives layers a learning rate, and --decay-of a weight decay, of their own', async () => {
  const [plain, rates, decays] = [
    await changes(),
    await changes('--lr-of', '2=0,4=1'),
    await changes('--decay-of', '2=0.5'),
  ];
  for (const [name, { start, change }] of Object.entries(plain.tensors)) {
    const rate = name.startsWith('2') ? 0 : name.startsWith('4') ? 1 : RATE;
    const decay = name.startsWith('2') ? 0.5 : 0;
    for (const [i, moved] of change.entries()) {
      expect(rates.tensors[name].change[i]).toBeCloseTo((moved * rate) / RATE, 14);
      expect(decays.tensors[name].change[i]).toBeCloseTo(moved - RATE * decay * start[i], 14);
    }
    expect(change.some((moved) => moved !== 0)).toBe(true);
  }
});

test.each([
  [['--freeze', 'encoder'], `--freeze has "encoder", expected names or paths of layers: ${NAMES}`],
  [['--freeze', '*'], '--freeze leaves no layer that learns, expected at least 1'],
  [['--lr-of', '9=0.1'], `--lr-of has "9", expected names or paths of layers: ${NAMES}`],
  [['--decay-of', 'encoder=0.1'], `--decay-of has "encoder", expected names or paths of layers: ${NAMES}`],
  [['--lr-of', '0=-1'], '--lr-of has "0=-1", expected numbers of at least 0 by layer, such as 0=0.1,encoder=0'],
  [['--decay-of', '0'], '--decay-of has "0", expected numbers of at least 0 by layer, such as 0=0.1,encoder=0'],
])('%j is refused in one sentence', async (flags, sentence) => {
  const { code, stdout, stderr } = await gradloom(['train', ...base, '--no-out', ...flags]);
  expect({ stdout, stderr: stderr.trimEnd() }).toEqual({ stdout: '', stderr: `gradloom train: ${sentence}` });
  expect(code).toBeGreaterThan(0);
});
