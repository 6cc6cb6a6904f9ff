import { expect, test } from 'vitest';
import { layerNames } from '../../../../packages/cli/src/terminal/text/layer-names.ts';
import { gradloom, jsonLines } from '../../../support/command-line.ts';

const spirals = 'train --dataset spirals --hidden 8,6 --backend wasm --threads 1 --seed 2'.split(' ');
const run = [...spirals, '--steps', '31', '--no-out'];

interface Look {
  event: string;
  step: number;
  layers: {
    name: string;
    path: string;
    label: string;
    rmsDy: number;
    tensors: { name: string; rms: number; rmsMoved: number }[];
  }[];
}

test('--probe ends with the layers of its first look and its last, as --json has them', async () => {
  const { stdout, code } = await gradloom([...run, '--probe', '10']);
  const json = await gradloom([...run, '--probe', '10', '--json']);
  const looks = jsonLines(json.stdout).filter(({ event }) => event === 'probe') as unknown as Look[];
  expect(looks.map(({ step }) => step)).toEqual([0, 10, 20, 30]);
  const lines = stdout.split('\n');
  for (const line of lines.filter((line) => !line.startsWith('fingerprint')))
    expect(line.length, line).toBeLessThanOrEqual(80);
  expect(lines.find((line) => line.includes('layer  before'))).toMatch(/before step 1 +before step 31$/);
  const [first, , , last] = looks;
  const names = layerNames(last.layers);
  expect(names).toContain('layer 3 tanh');
  expect(last.layers.map(({ name }) => name)).toEqual(names);
  for (const [k, name] of names.entries()) {
    const [bars, figures] = lines.filter((line) => line.trimStart().startsWith(`${name}  `));
    expect(bars.match(/\d\.\de[-+]\d+/g)).toEqual([first, last].map(({ layers }) => layers[k].rmsDy.toExponential(1)));
    const W = last.layers[k].tensors.find(({ name }) => name === 'W');
    if (W !== undefined) expect(figures.trim().split(/ +/).at(-1)).toBe(short(W.rmsMoved));
  }
  // The next commands stay the last that is read.
  expect(stdout.indexOf('before step 31')).toBeLessThan(stdout.indexOf('fingerprint'));
  expect(code).toBe(0);
});

test('one look is shown once, none not at all, and --quiet shows none', async () => {
  const one = await gradloom([...run, '--probe', '99']);
  expect(one.stdout).toMatch(/layer {2}before step 1$/m);
  expect((await gradloom(run)).stdout).not.toContain('before step');
  expect((await gradloom([...run, '--probe', '10', '--quiet'])).stdout).toBe('');
});

test('of many layers some are shown, the first and the last among them', async () => {
  const { stdout } = await gradloom(run.with(4, new Array(30).fill(4).join()).concat('--probe', '31'));
  expect(stdout).toContain('40 of 61 layers');
  expect(stdout).toMatch(/ layer 0 dense {2,}[█▏▎▍▌▋▊▉]/);
  expect(stdout).toMatch(/ layer 60 dense {2,}[█▏▎▍▌▋▊▉]/);
});

/** Four digits, as tables have them. */
const short = (value: number): string => (value < 1e-4 ? value.toExponential(3) : value.toPrecision(4));
