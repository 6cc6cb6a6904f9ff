import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Checkpoint, loadCheckpoint } from '@gradloom/runtime';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { trainOptions } from '../../../../packages/cli/src/commands/train/options.ts';
import { readValues } from '../../../../packages/cli/src/commands/train/read-values.ts';
import { seal } from '../../../../packages/cli/src/files/run-files/seal.ts';
import { readConfig } from '../../../../packages/cli/src/options/config-file.ts';
import { effects } from '../../../../packages/cli/src/options/effects.ts';
import { readValue } from '../../../../packages/cli/src/options/option.ts';
import { saveCheckpoint } from '../../../../packages/runtime/src/training/checkpoints/checkpoint-file.ts';
import { endOf, gradloom, startProgram, temporaryDirectory } from '../../../support/command-line.ts';
import { counted, onlyInAll } from '../../../support/count.ts';
import { propertySeed } from '../../../support/seed.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

/** Where nobody has a library, and where no run is to go. */
const FORGED = '/tmp/gradloom-forged.so';
const ELSEWHERE = 'elsewhere';

type Option = keyof typeof trainOptions;
const optionsWith = (test: (effect: keyof typeof effects) => boolean): Option[] =>
  (Object.keys(trainOptions) as Option[]).filter((option) => test(trainOptions[option].effect));

/** What a file of a run has no say in: values that would be taken, were they typed. */
const notInRuns: Record<string, unknown> = {
  'memory-limit': 1,
  blas: FORGED,
  out: ELSEWHERE,
  config: 'other.json',
  resume: 'other',
  'no-linear': true,
  'no-out': true,
  quiet: true,
  json: true,
  verbose: true,
};

const folder = temporaryFolder().path;
const run = join(folder, 'run');
let honest: Checkpoint;

beforeAll(async () => {
  const shape = ['--dataset', 'moons:rows=60', '--hidden', '4', '--batch', '16', '--schedule', 'constant'];
  await gradloom(['train', ...shape, '--steps', '4', '--backend', 'wasm', '--threads', '1', '--quiet', '--out', run]);
  honest = loadCheckpoint(join(run, 'last.gradloom'));
});

/** A copy of the run whose files say more than a run's files do: of its options, and of the library that computed. */
function forgedRun(options: Record<string, unknown>): string {
  const copy = join(temporaryDirectory(), 'run');
  cpSync(run, copy, { recursive: true });
  const library = { name: 'OpenBLAS', version: '1.2.3', core: 'Haswell', path: FORGED };
  const { metadata, record, ...rest } = honest;
  const forged = {
    ...rest,
    metadata: { ...metadata, options: { ...(metadata.options as object), ...options } },
    record: { ...record, backend: { name: 'blas', library, fused: true } },
  } as Checkpoint;
  saveCheckpoint(join(copy, 'last.gradloom'), forged);
  const { sum: _, ...config } = JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'));
  Object.assign(config.options, { backend: 'blas', ...options });
  // A checksum is no signature: who forges a file makes it right again.
  writeFileSync(
    join(copy, 'config.json'),
    seal(JSON.stringify({ ...config, backend: { name: 'blas', library, fused: true } })),
  );
  return copy;
}

test('each option states its effect, and these may not be set by a file', () => {
  expect(optionsWith((effect) => effects[effect].setBy === 'flag')).toEqual([
    'module',
    'blas',
    'cluster',
    'no-overlap',
    'exchange-timeout',
    'resume',
    'out',
    'live',
    'config',
  ]);
  expect(optionsWith((effect) => effects[effect].setBy === 'config')).toEqual([
    'memory-limit',
    'no-linear',
    'no-out',
    'quiet',
    'json',
    'verbose',
  ]);
  expect(optionsWith((effect) => effect === 'reading')).toEqual(['dataset', 'spec', 'from']);
  const execution = [
    'stream',
    'no-gradient-check',
    'evaluate-test',
    'probe',
    'profile',
    'threads',
    'backend',
    'retries',
    'checkpoint-every',
    'keep',
  ];
  expect(optionsWith((effect) => effect === 'execution')).toEqual(execution);
  for (const { why } of Object.values(effects)) expect(why).not.toBe('');
});

test('all others are numbers or known words, and refuse any other text', () => {
  for (const option of optionsWith((effect) => effect === 'result' || effect === 'execution')) {
    // Names, which are compared with those of the layers.
    if (['freeze', 'lora-layers', 'until'].includes(option)) continue;
    expect(() => readValue(trainOptions[option], option, '/dev/null'), option).toThrow(/expected/);
  }
});

describe('a file of --config', () => {
  test.each(['blas', 'out', 'config', 'resume'])('that has %s is refused in one sentence', async (option) => {
    const file = join(temporaryDirectory(), 'a.json');
    writeFileSync(file, JSON.stringify({ seed: 5, [option]: notInRuns[option] }));
    const { code, stdout, stderr } = await gradloom(['train', '--dataset', 'xor', '--config', file, '--no-out']);
    expect(stderr).toBe(
      `gradloom train: --config ${file}: ${option} has "${notInRuns[option]}", expected the file not to set it (${
        effects[trainOptions[option as Option].effect].why
      })\n`,
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test('may be the config.json of a run that a named library computed', async () => {
    const out = join(temporaryDirectory(), 'run');
    const args = ['--dataset', 'xor', '--steps', '2', '--out', 'run', '--quiet', '--blas', FORGED, '--threads', '1'];
    const made = await endOf(startProgram(['train', ...args], join(out, '..'), { preload: 'watch-libraries' }));
    expect(made).toMatchObject({ code: 0, stdout: 'run\n', stderr: expect.stringContaining(`LOADED ${FORGED}`) });
    const { options, backend, command } = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
    expect(options).toMatchObject({ backend: 'blas' });
    expect(options).not.toHaveProperty('blas');
    expect(backend).toEqual({
      name: 'blas',
      library: { name: 'OpenBLAS', version: '1.2.3', core: 'Haswell' },
      fused: true,
    });
    expect(command).toContain(`--blas ${FORGED}`);
    const { record, metadata } = loadCheckpoint(join(out, 'last.gradloom'));
    expect(record.backend).toEqual(backend);
    expect(metadata.options).not.toHaveProperty('blas');
    // The library that the loader finds by its name calls itself otherwise than this file does.
    Object.assign(backend.library, { version: '1.2.2' });
    writeFileSync(join(out, 'config.json'), JSON.stringify({ options, backend, command }));
    const again = ['train', '--config', 'run/config.json', '--no-out', '--quiet'];
    const { code, stderr } = await endOf(startProgram(again, join(out, '..'), { preload: 'watch-libraries' }));
    expect(stderr).toMatch(/^LOADED [\w.]*openblas/m);
    expect(stderr).toMatch(/^gradloom train: warning: [^\n]* on blas \(OpenBLAS 1\.2\.2 Haswell\), this one takes /m);
    expect(stderr).not.toContain(FORGED);
    expect(code).toBe(0);
  });
});

describe('a forged run', () => {
  const commands: Record<string, string[]> = {
    'train --resume': ['train', '--resume', 'run', '--steps', '5', '--threads', '2'],
    'train --resume of a checkpoint': ['train', '--resume', 'run/last.gradloom', '--out', 'other', '--steps', '5'],
    'train --resume without a checkpoint': ['train', '--resume', 'run', '--steps', '5'],
    'train --config': ['train', '--config', 'run/config.json', '--no-out'],
    evaluate: ['evaluate', 'run/last.gradloom'],
    predict: ['predict', 'run/last.gradloom', '--rows', '0..1'],
  };

  // The others read the same files: the drawn ones below go through all of it in this process.
  const quick = ['train --resume', 'train --config', 'evaluate'];
  const chosen = [...quick, ...onlyInAll(...Object.keys(commands).filter((name) => !quick.includes(name)))];
  test.each(chosen.map((name) => [name, commands[name]] as const))(
    '%s loads no library that it names and writes nowhere else',
    async (name, args) => {
      const copy = forgedRun(notInRuns);
      if (name.endsWith('without a checkpoint')) rmSync(join(copy, 'last.gradloom'));
      const cwd = join(copy, '..');
      const child = startProgram(args, cwd, { preload: 'watch-libraries' });
      const { code, stdout, stderr } = await endOf(child);
      expect(stderr).not.toContain(`LOADED ${FORGED}`);
      expect(readdirSync(cwd).sort()).toEqual(args.includes('other') ? ['other', 'run'] : ['run']);
      if (name === 'train --config') {
        expect({ code, lines: stderr.split('\n').length }).toEqual({ code: 2, lines: 2 });
        return;
      }
      expect(code).toBe(0);
      expect(stdout).not.toBe('');
      if (!name.startsWith('train')) return;
      // The summary is for people: neither quiet nor JSON; and it has gone on, where its files lie.
      expect(stdout).toContain(`written to     ${args.includes('other') ? 'other' : 'run'}`);
      for (const option of Object.keys(notInRuns)) {
        expect(stderr).toMatch(
          new RegExp(`^gradloom train: warning: --resume run\\S*: ${option} has .*, which is ignored \\(`, 'm'),
        );
      }
    },
  );

  test('the trap for opened libraries works', async () => {
    const { stderr } = await endOf(startProgram(['--version'], folder, { preload: 'use-library' }));
    expect(stderr).toContain('LOADED /tmp/forged.so');
  });
});

describe('whatever stands in the fields of a file', () => {
  const paths = fc.constantFrom(FORGED, ELSEWHERE, '/etc/passwd', '../..', 'moons', 'blas', '2', '1e3');
  const values = fc.oneof(paths, fc.boolean(), fc.integer(), fc.jsonValue());
  const spelled = (option: string) =>
    fc.constantFrom(
      option,
      option.replace(/-(\w)/g, (_, c) => c.toUpperCase()),
      option.toUpperCase(),
    );
  const entry = fc
    .constantFrom(...Object.keys(trainOptions), ...Object.keys(notInRuns), 'shuffle', 'nothing')
    .chain((option) => fc.tuple(spelled(option), values));
  const fields = fc.array(entry, { maxLength: 6 }).map((entries) => Object.fromEntries(entries));
  const settings = { seed: propertySeed, numRuns: counted(50, 150) };
  const request = (...words: string[]) => ({ flags: { [words[0]]: words[1] }, positionals: [], args: words });

  /** Options, none of which only a flag may say, or one sentence. */
  async function check(read: () => Promise<object>, allowed: readonly string[]): Promise<void> {
    try {
      const values = await read();
      expect(Object.keys(values).filter((option) => option in notInRuns && !allowed.includes(option))).toEqual([]);
    } catch (error) {
      if (!(error instanceof Error) || error.name === 'AssertionError') throw error;
      expect(error.message).toMatch(/^[^\n]*expected [^\n]*$/);
    }
  }

  test('a checkpoint sets none but options of the result, of reading and of execution', async () => {
    const copy = forgedRun({});
    const path = join(copy, 'last.gradloom');
    await fc.assert(
      fc.asyncProperty(fields, async (options) => {
        saveCheckpoint(path, {
          ...honest,
          metadata: { options: { ...(honest.metadata.options as object), ...options } },
        } as Checkpoint);
        await check(async () => (await readValues(request('resume', copy))).values, ['resume']);
      }),
      settings,
    );
  });

  test('nor does the config.json of a run that has no checkpoint yet', async () => {
    const copy = forgedRun({});
    rmSync(join(copy, 'last.gradloom'));
    await fc.assert(
      fc.asyncProperty(fields, async (options) => {
        writeFileSync(join(copy, 'config.json'), JSON.stringify({ options }));
        await check(async () => (await readValues(request('resume', copy))).values, ['resume']);
      }),
      settings,
    );
  });

  test('a file of --config sets neither a library, nor a directory, nor another file', async () => {
    const file = join(temporaryDirectory(), 'a.json');
    await fc.assert(
      fc.asyncProperty(fields, async (options) => {
        writeFileSync(file, JSON.stringify(options));
        await check(
          async () => (await readConfig(trainOptions, file)).raw,
          optionsWith((effect) => effects[effect].setBy === 'config'),
        );
      }),
      settings,
    );
    expect(existsSync(ELSEWHERE)).toBe(false);
  });
});
