import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { experiments } from '../../../../packages/cli/src/lab/experiments/index.ts';
import { gradloom, temporaryDirectory } from '../../../support/command-line.ts';
import { experimentJson } from '../../../support/experiment.ts';

const names = Object.keys(experiments);

test('without a name, experiments are listed with a line each, and the chapter is named', async () => {
  const { code, stdout } = await gradloom(['experiment']);
  expect(code).toBe(0);
  const [list, chapter] = stdout.split('\n\n');
  expect(list.split('\n').map((line) => line.split(' ')[0])).toEqual([...names, 'all']);
  expect(chapter).toBe('The chapter is "Neural Networks Without the Mysticism".\n');
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test('every experiment has a test of its own', () => {
  expect(readdirSync(import.meta.dirname)).toEqual(expect.arrayContaining(names.map((name) => `${name}.test.ts`)));
});

test('an unknown name is refused with the nearest one, as a mistake of the command line', async () => {
  const { code, stdout, stderr } = await gradloom(['experiment', 'neuran']);
  expect(stderr).toContain('(did you mean neuron?)');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});

test('a second name is refused', async () => {
  expect(await gradloom(['experiment', 'neuron', 'layer'])).toMatchObject({ code: 2, stdout: '' });
});

test('--json prints one document and nothing else, and --out writes the same', async () => {
  const out = join(temporaryDirectory(), 'new', 'numbers');
  const { code, stdout, stderr } = await gradloom(['experiment', 'neuron', '--json', '--out', out]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toEqual(JSON.parse(readFileSync(join(out, 'neuron.json'), 'utf8')));
});

describe('all, of some experiments', () => {
  const only = ['--only', 'backprop,neuron'];

  test('--json prints one document and nothing else, in the order of the list, and --out writes a file each', async () => {
    const out = join(temporaryDirectory(), 'numbers');
    const { code, stdout, stderr } = await gradloom(['experiment', 'all', ...only, '--json', '--out', out]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    const documents: Record<string, unknown> = JSON.parse(stdout);
    expect(Object.keys(documents)).toEqual(['neuron', 'backprop']);
    for (const [name, document] of Object.entries(documents)) {
      expect(JSON.parse(readFileSync(join(out, `${name}.json`), 'utf8'))).toEqual(document);
      expect(document).toEqual(await experimentJson(name));
    }
  });

  test('ends in a table of how many numbers agree, in 80 columns', async () => {
    const { code, stdout } = await gradloom(['experiment', 'all', ...only]);
    const numbers = await Promise.all(
      ['neuron', 'backprop'].map(async (name) => (await experimentJson(name)).findings),
    );
    const [neuron, backprop] = numbers.map(({ length }) => length);
    const end = stdout.trimEnd().split('\n').slice(-5);
    expect(end[0]).toMatch(/^experiment +agree +differ$/);
    expect(end[2]).toMatch(new RegExp(`^neuron +${neuron} of ${neuron}$`));
    expect(end[3]).toMatch(new RegExp(`^backprop +${backprop} of ${backprop}$`));
    expect(end[4]).toBe(`${neuron + backprop} of ${neuron + backprop} numbers agree.`);
    expect(code).toBe(0);
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  test.each([
    ['neuran', '--only has "neuran", expected one of'],
    ['neuron,', '--only has "", expected one of'],
    ['neuron,neuron', '--only has "neuron" twice, expected each once'],
  ])('--only %s is refused', async (names, sentence) => {
    const { code, stdout, stderr } = await gradloom(['experiment', 'all', `--only=${names}`]);
    expect(stderr).toContain(sentence);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

test('a number that does not agree is named, and makes the exit code 1', async () => {
  const few = ['experiment', 'next-token', '--steps', '2', '--hidden', '4', '--samples', '0'];
  const text = await gradloom(few);
  expect(text.stdout).toMatch(/at least 0\.1 nat below a .* NO/);
  expect(text.stdout).toContain('2 of 4 numbers agree; 1 is a slip of the chapter.');
  const json = await gradloom([...few, '--json']);
  expect(JSON.parse(json.stdout).findings.map(({ agrees }: { agrees: boolean }) => agrees)).toContain(false);
  expect([text.code, json.code]).toEqual([1, 1]);
});

describe.each(names)('help of %s', (name) => {
  test('lists the flags of that experiment and examples that it knows, in 80 columns', async () => {
    const { options, examples, describe: line } = await experiments[name as keyof typeof experiments]();
    const { code, stdout } = await gradloom(['experiment', name, '--help'], { terminal: 80 });
    expect(code).toBe(0);
    expect(stdout).toContain(line);
    for (const key of Object.keys(options)) expect(stdout).toMatch(new RegExp(`--${key}[\\s,]`));
    for (const [example] of examples) expect(stdout).toContain(`gradloom experiment ${example}\n`);
    const used = examples.flatMap(([example]) => [...example.matchAll(/--([\w-]+)/g)].map(([, flag]) => flag));
    expect(Object.keys(options)).toEqual(expect.arrayContaining(used));
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
  });
});

test('completion offers experiments, then the flags of one', async () => {
  const complete = async (...words: string[]) =>
    (await gradloom(['--get-yargs-completions', 'gradloom', 'experiment', ...words])).stdout.trimEnd().split('\n');
  expect(await complete('')).toEqual([...names, 'all']);
  expect(await complete('neuron', '--back')).toEqual(['--backend']);
});
