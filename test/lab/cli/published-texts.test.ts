import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readWords } from '../../../packages/cli/src/lab/experiments/next-token/language-model.ts';
import { gradloom, jsonLines } from '../../support/command-line.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

// The commands of docs/writing.md with fewer steps, on texts that are here.

const folder = temporaryFolder();
const page = readFileSync('docs/writing.md', 'utf8');
const texts: Readonly<Record<string, string>> = {
  'kjv.txt': folder.write('kjv.txt', page.repeat(4)),
  'names.txt': folder.write('names.txt', readWords().train.slice(0, 2000).join('\n')),
};
const vocabularies: Readonly<Record<string, number>> = { 'kjv.txt': new Set(page).size, 'names.txt': 27 };

const [, section] = page.split(/^## Published configurations$|^## Speed$/m);
const commands = [...section.matchAll(/^\$ gradloom (train(?:[^\n]*\\\n)*[^\n]*)$/gm)].map(([, line]) =>
  line.split(/[\s\\]+/),
);

/** Parameters of `layers` blocks without norms: four matrices of D x D for attention, and two dense layers of 4 D. */
const blocks = (layers: number, D: number): number => 12 * layers * D * D;

const networks = [
  { name: 'nanoGPT', parametersOf: (V: number) => V * 128 + 64 * 128 + blocks(4, 128) + 9 * 128, steps: 40 },
  { name: 'makemore', parametersOf: (V: number) => V * 64 + 16 * 64 + blocks(4, 64) + 9 * 64, steps: 100 },
  { name: 'microgpt', parametersOf: (V: number) => 2 * V * 16 + 16 * 16 + blocks(1, 16) + 3 * 16, steps: 1000 },
];

test.each(networks)(
  '$name: its command trains the network that is published, which learns',
  async ({ name, parametersOf, steps }) => {
    expect(commands).toHaveLength(networks.length);
    const words = commands[networks.findIndex((network) => network.name === name)];
    const [at, dataset] = [words.indexOf('--steps'), words[words.indexOf('--dataset') + 1]];
    const args = words.with(at + 1, String(steps)).map((word) => texts[word] ?? word);
    const { code, stdout, stderr } = await gradloom([...args, '--no-out', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [start, done] = [jsonLines(stdout)[0], jsonLines(stdout).at(-1)];
    const V = vocabularies[dataset];
    expect(start).toMatchObject({ event: 'start', parameters: parametersOf(V) });
    expect(done).toMatchObject({ event: 'done', steps });
    expect(done?.trainLoss).toBeLessThan(Math.log(V) - 0.5);
  },
);
