import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel, type TablePreprocessing } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { gradloom, jsonLines } from '../../../support/command-line.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const { path: folder } = temporaryFolder();
const at = (name: string) => join(folder, name);
const own = ['--backend', 'wasm', '--json', '--quiet', '--batch', '20', '--schedule', 'constant'];

/** A table whose targets depend on its inputs. */
const rowsOf = (count: number, kinds: readonly string[], shift = 0) =>
  Array.from({ length: count }, (_, n) => {
    const [a, b] = [Math.sin(3 * n + shift), Math.cos(5 * n) + shift];
    return [a, b, n % 3 === 0 ? 'red' : 'blue', kinds[(a > 0 ? 1 : 0) + (b > shift ? 1 : 0)]].join();
  });
const write = (name: string, rows: readonly string[]) =>
  writeFileSync(at(name), ['a,b,colour,kind', ...rows, ''].join('\n'));
write('first.csv', rowsOf(80, ['x', 'y', 'z']));
write('same.csv', rowsOf(60, ['x', 'y', 'z'], 2));
write('other.csv', rowsOf(60, ['kiwi', 'plum', 'kiwi']));

async function run(...flags: string[]) {
  const { code, stdout, stderr } = await gradloom(['train', ...own, ...flags]);
  expect([code, stderr]).toEqual([0, '']);
  return jsonLines(stdout)[0];
}
const refusal = async (...flags: string[]) => (await gradloom(['train', ...own, '--no-out', ...flags])).stderr;

const first = at('first');
await run('--dataset', at('first.csv'), '--steps', '40', '--hidden', '12', '--out', first);
const model = loadModel(join(first, 'model.gradloom'));
const other = ['--dataset', at('other.csv'), '--from', first, '--replace-head', '--freeze', '0'];
const tuned = await run(...other, '--steps', '12', '--threads', '1', '--out', at('tuned'));

describe('--from', () => {
  test('takes what says of the targets what the model has', async () => {
    const flags = ['--dataset', at('same.csv'), '--from', first, '--steps', '5', '--no-out'];
    const said = ['--target', '4', '--targets', 'classes', '--target-transform', 'none', '--class-names', 'x,y,z'];
    expect((await run(...flags, ...said)).fingerprint).toBe((await run(...flags)).fingerprint);
  });

  test('begins with the weights of a model, and encodes rows as it does', async () => {
    const same = ['--dataset', at('same.csv'), '--from', join(first, 'model.gradloom'), '--steps', '5'];
    await run(...same, '--freeze', '0', '--out', at('same'));
    const further = loadModel(join(at('same'), 'model.gradloom'));
    expect(further.preprocessing).toEqual(model.preprocessing);
    expect(further.weights['0.W'].values).toEqual(model.weights['0.W'].values);
    expect(further.weights['2.W'].values).not.toEqual(model.weights['2.W'].values);
    // A checkpoint is a model, too, and what was frozen learns again.
    await run(
      '--dataset',
      at('same.csv'),
      '--from',
      join(at('same'), 'last.gradloom'),
      '--steps',
      '5',
      '--out',
      at('again'),
    );
    expect(loadModel(join(at('again'), 'model.gradloom')).weights['0.W'].values).not.toEqual(
      model.weights['0.W'].values,
    );
  });

  test('with a new head learns the classes of another dataset', () => {
    const { preprocessing, weights, metadata } = loadModel(join(at('tuned'), 'model.gradloom'));
    const { columns, target } = preprocessing as TablePreprocessing;
    expect(columns).toEqual((model.preprocessing as TablePreprocessing).columns);
    expect([target, metadata.labels]).toEqual([
      [{ name: 'kind', type: 'classes', labels: ['kiwi', 'plum'] }],
      ['kiwi', 'plum'],
    ]);
    expect(weights['0.W'].values).toEqual(model.weights['0.W'].values);
    expect(weights['2.W'].shape).toEqual([12, 2]);
  });

  test('is repeated by its configuration, and in folds', async () => {
    const config = join(at('tuned'), 'config.json');
    expect((await run('--config', config, '--no-out')).fingerprint).toBe(tuned.fingerprint);
    const { options } = JSON.parse(readFileSync(config, 'utf8'));
    expect(options).toMatchObject({ from: first, 'replace-head': true, freeze: ['0'] });
    expect(await run(...other, '--steps', '12', '--folds', '2', '--no-out')).toMatchObject({
      event: 'folds',
      folds: 2,
    });
  });

  test('takes a part, after which stands a new layer', async () => {
    await run(
      '--dataset',
      at('other.csv'),
      '--from',
      first,
      '--until',
      '0',
      '--replace-head',
      '--steps',
      '3',
      '--out',
      at('part'),
    );
    const { spec, weights } = loadModel(join(at('part'), 'model.gradloom'));
    expect(spec.layers.map(({ kind }) => kind)).toEqual(['dense', 'dense']);
    expect(weights['1.W'].shape).toEqual([12, 2]);
  });

  test('learns low-rank additions, which an export merges', async () => {
    const flags = ['--lora', '3', '--lora-alpha', '6', '--lora-layers', '0', '--steps', '12'];
    const tunedBy = ['--dataset', at('same.csv'), '--from', first, ...flags];
    const { fingerprint } = await run(...tunedBy, '--out', at('lora'));
    const { spec, weights } = loadModel(join(at('lora'), 'model.gradloom'));
    expect(spec.layers.map(({ lora, freeze }) => [lora, freeze])).toEqual([
      [{ rank: 3, alpha: 6 }, undefined],
      [undefined, undefined],
      [undefined, true],
    ]);
    expect(weights['0.W'].values).toEqual(model.weights['0.W'].values);
    expect((await run('--config', join(at('lora'), 'config.json'), '--no-out')).fingerprint).toBe(fingerprint);
    const exported = async (...options: string[]) => {
      const file = at('exported.gradloom');
      const { code, stderr } = await gradloom(['export', at('lora'), file, ...options]);
      expect([code, stderr]).toEqual([0, '']);
      return loadModel(file);
    };
    expect((await exported('--no-merge-lora')).fingerprint).toBe(fingerprint);
    expect((await exported()).spec).toEqual(model.spec);
    const { code, stderr } = await gradloom(['export', at('lora'), at('x.onnx'), '--no-merge-lora']);
    expect([code, stderr]).toEqual([
      2,
      'gradloom export: --no-merge-lora does not fit onnx, which has no low-rank additions, expected one of safetensors, npz, gradloom, json\n',
    ]);
    const whole = ['--dataset', at('same.csv'), '--from', at('lora'), '--merge-lora', '--steps', '2'];
    await run(...whole, '--out', at('whole'));
    expect(loadModel(join(at('whole'), 'model.gradloom')).spec).toEqual(model.spec);
  });

  test('needs no model where it resumes', async () => {
    const away = at('away');
    renameSync(first, away);
    try {
      const halfway = [...other, '--steps', '6', '--out', at('half')];
      expect(await refusal(...halfway.slice(0, -2))).toContain('does not exist, expected a run or a model file');
      renameSync(away, first);
      await run(...halfway);
      renameSync(first, away);
      const flags = ['train', '--resume', at('half'), '--steps', '12', '--json', '--quiet', '--threads', '2'];
      const { code, stdout, stderr } = await gradloom(flags);
      expect([code, stderr]).toEqual([0, '']);
      expect(jsonLines(stdout)[0].fingerprint).toBe(tuned.fingerprint);
    } finally {
      if (existsSync(away)) renameSync(away, first);
    }
  });
});

test.each([
  [['--until', '0'], '--until is given without --from, expected both'],
  [['--replace-head'], '--replace-head is given without --from, expected both'],
  [['--lora', '8'], '--lora is given without --from, expected both'],
  [['--from', first, '--lora-alpha', '8'], '--lora-alpha is given without --lora, expected both'],
  [['--from', first, '--hidden', '9'], '--from is given with --hidden, expected one of the two'],
  [['--from', first, '--scale', 'none'], '--from is given with --scale, expected one of the two'],
  [['--from', first, '--target', 'nope'], '--target has "nope", expected one of "a", "b", "colour", "kind"'],
  [
    ['--from', first, '--target', '3'],
    '--target has "colour", expected "kind" as in the model, or one with new outputs',
  ],
  [['--from', first, '--target', 'kind,a'], '--target has "kind", "a", expected "kind" as in the model'],
  [['--from', first, '--targets', 'values'], '--targets has "values", expected "classes" as in the model'],
  [['--from', first, '--target-transform', 'log'], '--target-transform has "log", expected "none" as in the model'],
  [['--from', first, '--label-separator', 'bar'], '--label-separator has "bar", expected "none" as in the model'],
  [['--from', first, '--class-names', 'z,y,x'], '--class-names has "z", "y", "x", expected "x", "y", "z" as in'],
  [['--from', first, '--weight-column', 'a'], '--weight-column has "a", which is an input of the model'],
  [['--from', first, '--weight-column', 'kind'], '--weight-column has "kind", which is a target of the model'],
  [['--from', first], 'line 2, column 4 ("kind") has "plum", expected one of x, y, z'],
  [['--from', first, '--replace-head', '--target', 'a'], '--target has "a", which is an input of the model'],
  [['--from', first, '--replace-head', '--until', '7'], '--until has "7", expected the name or path of a layer: "0"'],
])('%j is refused', async (flags, message) => {
  expect(await refusal('--dataset', at('other.csv'), ...flags)).toContain(message);
});

test('a part with other outputs than the targets is refused', async () => {
  const message = "the network's output has 12, expected 3 (classes of";
  expect(await refusal('--dataset', at('same.csv'), '--from', first, '--until', '0')).toContain(message);
});
