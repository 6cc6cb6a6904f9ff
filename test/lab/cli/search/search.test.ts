import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPool, splitDataset, syntheticDatasets } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { runTrial } from '../../../../packages/cli/src/commands/search/run-all.ts';
import { endOf, gradloom, jsonLines, startProgram, temporaryDirectory } from '../../../support/command-line.ts';
import { onlyInAll } from '../../../support/count.ts';

const config = {
  options: { dataset: 'moons', validation: 0.3, epochs: 6, backend: 'wasm' },
  search: {
    lr: { from: 1e-4, to: 0.3, scale: 'log' },
    hidden: [[4], [8, 8], 'none'],
    optimizer: ['adam', { kind: 'sgd', momentum: 0.9 }],
  },
  runs: 6,
};

function written(content: object): string {
  const path = join(temporaryDirectory(), 'search.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
}

const outOf = (): string => join(temporaryDirectory(), 'out');

type Document = {
  trials: { trial: number; score: number; loss: number; values: unknown[]; round: number; steps: number }[];
  best: { trial: number; command: string };
};

const documentIn = (out: string): Document => JSON.parse(readFileSync(join(out, 'search.json'), 'utf8'));

/** What must not depend on how the search went. */
const resultOf = (out: string) =>
  documentIn(out).trials.map(({ trial, score, loss, values, round }) => ({ trial, score, loss, values, round }));

async function searched(content: object, ...flags: string[]): Promise<string> {
  const out = outOf();
  const { code, stderr } = await gradloom(['search', written(content), '--out', out, ...flags]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return out;
}

describe('gradloom search', () => {
  test('has the same result for any number of threads and of runs at once', async () => {
    const one = await searched(config, '--threads', '1', '--at-once', '1');
    const three = await searched(config, '--threads', '3', '--at-once', '2');
    expect(resultOf(three)).toEqual(resultOf(one));
    expect(documentIn(three).best).toEqual(documentIn(one).best);
  });

  test('shows the best command as it can be typed', async () => {
    const env = { npm_config_user_agent: 'npm' };
    const out = outOf();
    const { stdout } = await gradloom(['search', written(config), '--threads', '1', '--out', out], { env });
    expect(stdout).toContain(`\nBest:\nnpx ${documentIn(out).best.command}\n`);
  });

  test('measures each trial as train does with the same options, by a command that can be run', async () => {
    const out = await searched(config, '--threads', '1', '--at-once', '1');
    const { best, trials } = documentIn(out);
    const { stdout } = await gradloom([...best.command.split(' ').slice(1), '--no-out', '--json']);
    const last = jsonLines(stdout).findLast(({ event }) => event === 'epoch');
    expect(last).toMatchObject({ validationLoss: trials[0].loss, validationAccuracy: trials[0].score });
  });

  test('goes on after SIGKILL to the result of a search that was never stopped, and does no run twice', async () => {
    const long = { ...config, options: { ...config.options, epochs: 30 }, runs: 6 };
    const path = written(long);
    const out = outOf();
    const child = startProgram(
      ['search', path, '--out', out, '--threads', '2', '--at-once', '2'],
      temporaryDirectory(),
    );
    // Killed once three runs are on the disk, in the middle of others.
    const lines = () =>
      existsSync(join(out, 'search.jsonl')) ? readFileSync(join(out, 'search.jsonl'), 'utf8').split('\n') : [];
    const ended = endOf(child);
    while (child.exitCode === null && lines().length < 5) await new Promise((resolve) => setImmediate(resolve));
    child.kill('SIGKILL');
    await ended;
    const before = jsonLines(readFileSync(join(out, 'search.jsonl'), 'utf8').replace(/\n[^\n]*$/, '\n'));
    expect(before.length).toBeLessThan(7);
    const { code } = await gradloom(['search', '--resume', out]);
    expect(code).toBe(0);
    const after = jsonLines(readFileSync(join(out, 'search.jsonl'), 'utf8'));
    expect(after).toHaveLength(7);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(resultOf(out)).toEqual(resultOf(await searched(long, '--threads', '1', '--at-once', '1')));
  }, 60_000);

  test('a halving goes on to the same result after a stop at each of its runs', async () => {
    const halving = { factor: 2, unit: 'steps', from: 2, to: 8 };
    const { epochs: _, ...options } = config.options;
    const out = await searched({ ...config, options, method: 'halving', runs: 4, halving }, '--threads', '1');
    const lines = readFileSync(join(out, 'search.jsonl'), 'utf8').split(/(?<=\n)/);
    expect(lines).toHaveLength(8);
    for (const kept of [1, 4, 7, ...onlyInAll(2, 3, 5, 6)]) {
      const stopped = temporaryDirectory();
      writeFileSync(join(stopped, 'search.jsonl'), lines.slice(0, kept).join(''));
      const { code } = await gradloom(['search', '--resume', stopped, '--threads', '1']);
      expect(code).toBe(0);
      expect(resultOf(stopped)).toEqual(resultOf(out));
    }
  }, 60_000);

  test('with folds takes the mean over them, and leaves the rows of the test share out', async () => {
    const out = await searched({ ...config, folds: 3, runs: 2 }, '--threads', '2', '--at-once', '2');
    const lines = jsonLines(readFileSync(join(out, 'search.jsonl'), 'utf8')).slice(1);
    expect(lines).toHaveLength(6);
    for (const { trial, score } of documentIn(out).trials) {
      const figures = lines
        .filter((line) => line.trial === trial)
        .map((line) => line.figures as { accuracy: number; rows: number });
      expect(score).toBeCloseTo(figures.reduce((sum, { accuracy }) => sum + accuracy, 0) / 3, 12);
      // 500 rows, of which a fifth is the test share of moons.
      expect(figures.reduce((sum, { rows }) => sum + rows, 0)).toBe(400);
    }
  });

  test('by halving trains fewer and fewer trials longer and longer', async () => {
    const halving = { factor: 2, unit: 'steps', from: 4, to: 16 };
    const { epochs: _, ...options } = config.options;
    const out = await searched({ ...config, options, method: 'halving', runs: 4, halving }, '--threads', '1');
    const lines = jsonLines(readFileSync(join(out, 'search.jsonl'), 'utf8')).slice(1);
    expect(lines.map(({ round, step }) => [round, step]).sort()).toEqual(
      [...Array.from({ length: 4 }, () => [1, 4]), ...Array.from({ length: 2 }, () => [2, 8]), [3, 16]].sort(),
    );
    const { trials, best } = documentIn(out);
    expect(trials[0]).toMatchObject({ trial: best.trial, round: 3, steps: 16 });
    expect(best.command).toContain(' --steps 16');
  });

  test('measures how runs share the threads with a run whose loss is no number, too', async () => {
    const search = { lr: [1e308, 0.1], optimizer: ['sgd'] };
    const out = await searched({ ...config, search, method: 'grid', runs: undefined }, '--threads', '2');
    expect(documentIn(out).best.trial).toBe(2);
  });

  test('leaves a run out for which there is no memory, goes on with the others, and says so', async () => {
    const search = { hidden: [[40_000, 40_000], [4]] };
    const out = outOf();
    const { code, stderr } = await gradloom([
      ...['search', written({ ...config, search, method: 'grid', runs: undefined })],
      ...['--out', out, '--threads', '2'],
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^gradloom search: warning: trial 1 is not measured: the plan has [^\n]*\n$/);
    expect(documentIn(out)).toMatchObject({ best: { trial: 2 }, left: 1, trials: [{ trial: 2 }] });
  });

  test('refuses a journal that was edited and holds runs of no trial', async () => {
    const out = await searched({ ...config, runs: 2 }, '--threads', '1');
    const path = join(out, 'search.jsonl');
    const edited = readFileSync(path, 'utf8').replaceAll(/,"sum":"[^"]*"/g, '');
    writeFileSync(path, edited.replace('"trial":2', '"trial":77'));
    const { code, stderr } = await gradloom(['search', '--resume', out]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /search\.jsonl has a run that does not belong to this search: .*"trial":77.* \(it is damaged\)\n$/,
    );
  });

  test.each([
    [{ metric: 'r2' }, 'metric has "r2", expected validation-loss, accuracy (the targets are classes)'],
    [{ folds: 3, options: { dataset: 'moons', patience: 2 } }, 'trial 1 (lr 0.1): patience has 2, expected none'],
    [{ options: { epochs: 2 } }, /search\.json: options has no dataset, expected one of mnist/],
    [
      { method: 'halving', halving: { from: 100_000 } },
      /halving: from has 100000, expected at most the \d+ that a run has by default, or to as well/,
    ],
  ])('%j is refused before anything is written', async (changes, message) => {
    const out = outOf();
    const content = {
      options: { dataset: 'moons', validation: 0.3, epochs: 2 },
      search: { lr: [0.1, 0.2] },
      ...changes,
    };
    const { code, stderr } = await gradloom(['search', written(content), '--out', out]);
    expect(code).toBe(2);
    expect(stderr).toEqual(
      typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
    );
    expect(existsSync(out)).toBe(false);
  });

  test('a halving counts a step of accumulated batches like one of a larger batch', async () => {
    const refusal = async (batch: object): Promise<string> => {
      const options = { dataset: 'moons', validation: 0.3, epochs: 2, ...batch };
      const halving = { from: 100_000, unit: 'steps' };
      const content = { options, search: { lr: [0.1, 0.2] }, method: 'halving', halving };
      return (await gradloom(['search', written(content), '--out', outOf()])).stderr.replace(/^.*: halving/, 'halving');
    };
    const large = await refusal({ batch: 40 });
    expect(large).toContain('halving: from has 100000, expected at most the ');
    expect(await refusal({ batch: 8, accumulate: 5 })).toBe(large);
  });

  test('ranks a run whose loss is no number last, and goes on', async () => {
    const search = { lr: [0.1, 1e308], optimizer: ['sgd'] };
    const out = await searched({ ...config, search, method: 'grid', runs: undefined }, '--threads', '1');
    const { trials, best } = documentIn(out);
    expect(trials.map(({ trial, score }) => [trial, score === null])).toEqual([
      [1, false],
      [2, true],
    ]);
    expect(best.trial).toBe(1);
  });

  test('writes what report and verify read', async () => {
    const out = await searched({ ...config, runs: 2 }, '--threads', '1');
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('parallel-coordinates');
    expect((await gradloom(['report', out])).code).toBe(0);
    expect((await gradloom(['verify', out])).code).toBe(0);
  });

  test('refuses other rows in a resume, and a folder without a search', async () => {
    const data = join(temporaryDirectory(), 'rows.csv');
    const rows = (power: number) =>
      Array.from({ length: 40 }, (_, k) => `${k ** power},${k % 3},${k % 2 === 0 ? 'a' : 'b'}`);
    writeFileSync(data, ['x,y,z', ...rows(1)].join('\n'));
    const out = await searched(
      { ...config, options: { dataset: data, validation: 0.3, epochs: 2 }, runs: 2 },
      '--threads',
      '1',
    );
    writeFileSync(data, ['x,y,z', ...rows(2)].join('\n'));
    const changed = await gradloom(['search', '--resume', out]);
    expect(changed.code).toBe(1);
    expect(changed.stderr).toContain('has runs on other data, expected the rows that the search began with');
    const none = await gradloom(['search', '--resume', temporaryDirectory()]);
    expect(none.stderr).toContain('expected the directory of a search, with its search.jsonl');
  });

  test.each([
    [[], 'the file is missing, expected a file such as search.yaml, or --resume with a search such as runs/search-1'],
    [['nowhere.yaml'], 'nowhere.yaml'],
  ])('%j is refused', async (words, message) => {
    const { code, stderr } = await gradloom(['search', ...words]);
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
  });

  test('names the trial whose options do not fit together, before anything is written', async () => {
    const search = { momentum: [0.5, 0.9], optimizer: ['sgd', 'adam'] };
    const out = outOf();
    const { code, stderr } = await gradloom([
      'search',
      written({ ...config, search, method: 'grid', runs: undefined }),
      '--out',
      out,
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('trial 2 (momentum 0.5, optimizer adam): ');
    expect(() => readFileSync(join(out, 'search.jsonl'))).toThrow('ENOENT');
  });
});

test('a run without folds never looks at the test rows, also after its last step', async () => {
  const rows = syntheticDatasets.moons({ rows: 60 });
  const { train, validation } = splitDataset(rows, { validation: 0.3 });
  const unread = new Proxy(rows, {
    get(target, key) {
      if (key === 'inputs' || key === 'targets') throw new Error('the test rows were read');
      return Reflect.get(target, key);
    },
  });
  const spec = { input: 2, layers: [{ kind: 'dense' as const, out: 2 }] };
  const sets = { train, ...(validation === undefined ? {} : { validation }), test: unread };
  const recipe = { spec, sets, options: { steps: 3, batch: 8 }, values: {} };
  const pool = await createPool({ threads: 1 });
  try {
    const key = { trial: 1, round: 1, fold: null };
    const outcome = await runTrial(key, recipe, pool, 1, new AbortController().signal);
    expect(outcome).toMatchObject({ ...key, state: 'done', step: 3, figures: { rows: 18 } });
    // With a fold they are the rows that it is measured on.
    await expect(runTrial({ ...key, fold: 1 }, recipe, pool, 1, new AbortController().signal)).rejects.toThrow('read');
  } finally {
    await pool.destroy();
  }
});
