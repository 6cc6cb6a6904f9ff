import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { endOf, startProgram, temporaryDirectory } from '../support/command-line.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Modules of Node that a package may use; each that is new here is a question of trust. */
const allowed: Record<string, readonly string[]> = {
  core: [],
  runtime: [
    'async_hooks',
    'crypto',
    'events',
    'fs',
    'fs/promises',
    'module',
    'os',
    'path',
    'perf_hooks',
    'stream',
    'url',
  ],
  cli: [
    'crypto',
    'events',
    'fs',
    'fs/promises',
    'module',
    'os',
    'path',
    'process',
    'readline',
    'stream',
    'timers/promises',
    'url',
    'util',
    'worker_threads',
  ],
};
allowed.runtime = [...allowed.runtime, 'timers/promises', 'util', 'v8', 'worker_threads', 'zlib'];

/** The files that may, and why. */
const exceptions: Record<string, readonly string[]> = {
  'packages/cli/src/commands/cluster/launchers.ts': ['child_process'], // asks Slurm how it starts ranks
  'packages/cli/src/commands/cluster/start-job.ts': ['child_process'], // `cluster run` is there to start processes
  'packages/cli/src/commands/cluster/hydra.ts': ['child_process'], // a shell says that its rank has died
  'packages/cli/src/commands/scale/scale-ranks.ts': ['child_process'], // `scale --ranks` measures ranks that it starts
  'packages/runtime/src/engine/threads/contexts.ts': ['vm'], // runs the constant text 'gc', which V8 has no other way to
};

/** Ways out of the process, or from text to code, that need no import. */
const OUT =
  /\b(fetch|WebSocket|EventSource|XMLHttpRequest|getBuiltinModule|eval)\s*\(|\bnew Function\b|\bprocess\.binding\b/;

/** Sends orders of `gradloom live` to the `train --live` of the same machine, at an address that nothing else fits. */
const ORDERS = 'packages/cli/src/commands/live/live-address.ts';

interface Source {
  readonly path: string;
  readonly text: string;
}

const sources = ['core', 'runtime', 'cli'].flatMap((name): [string, Source[]][] => {
  const folder = join(root, 'packages', name, 'src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const list = files.map((file) => {
    const path = `packages/${name}/src/${file.replaceAll('\\', '/')}`;
    return { path, text: readFileSync(join(root, path), 'utf8') };
  });
  return [[name, list]];
});

/** Every text that stands where a module may be named. */
function modulesOf(text: string): string[] {
  const named = text.matchAll(
    /(?:\bfrom|\bimport|\bimport\(|\brequire\(|\bcreateRequire\([^)]*\)\(|\b(?:require|load|resolve)Installed\()\s*'([\w@:./-]+)'/g,
  );
  return [...named].map(([, name]) => name);
}

describe.each(sources)('%s', (name, files) => {
  const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
  // Those for development are bundled.
  const { dependencies: installed, optionalDependencies: optional, devDependencies: bundled } = manifest;
  const dependencies = Object.keys({ ...installed, ...optional, ...bundled });

  test('names no module but its own, those it depends on, and those of Node that reach no network and start no process', () => {
    expect(files.length).toBeGreaterThan(50);
    for (const { path, text } of files) {
      for (const from of modulesOf(text)) {
        if (from.startsWith('.')) continue;
        const node = from.replace(/^node:/, '');
        if (from.startsWith('node:') || builtinModules.includes(from)) {
          expect([...allowed[name], ...(exceptions[path] ?? [])], path).toContain(node);
        } else {
          expect(dependencies, `${path}: ${from}`).toContain(
            from
              .split('/')
              .slice(0, from.startsWith('@') ? 2 : 1)
              .join('/'),
          );
        }
      }
    }
  });

  test('calls no function of the network or of processes that needs no import', () => {
    for (const { path, text } of files) expect(OUT.exec(text)?.[0], path).toBe(path === ORDERS ? 'fetch(' : undefined);
  });
});

test('each package that a user installs has its reason in docs/dependencies.md', () => {
  const reasons = readFileSync(join(root, 'docs/dependencies.md'), 'utf8');
  for (const name of ['core', 'runtime', 'cli']) {
    const { dependencies, optionalDependencies } = JSON.parse(
      readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'),
    );
    for (const [dependency, version] of Object.entries<string>({ ...dependencies, ...optionalDependencies })) {
      if (version.startsWith('workspace:')) continue;
      expect(version, `${dependency}: an exact version`).toMatch(/^\d+\.\d+\.\d+$/);
      expect(reasons).toContain(
        `| ${dependency} ${version.startsWith('0.') ? version.split('.', 2).join('.') : version.split('.')[0]}`,
      );
    }
  }
});

test('a package that is installed runs no script of ours', () => {
  for (const name of ['core', 'runtime', 'cli']) {
    const { scripts = {} } = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
    expect(Object.keys(scripts)).toEqual([]);
  }
});

test('no command opens a connection or starts a process, in any of its threads', async () => {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, 'rows.csv'), 'x,y,kind\n0,0,a\n0,1,b\n1,0,b\n1,1,a\n');
  writeFileSync(join(folder, 'rows.jsonl'), '[0,1]\n');
  const commands = [
    'train --dataset rows.csv --epochs 2 --threads 2 --out run --quiet',
    'train --resume run --quiet',
    'evaluate run',
    'predict run rows.jsonl',
    'inspect run',
    'experiment neuron',
    'doctor',
  ];
  for (const command of commands) {
    const child = startProgram(command.split(' '), folder, { preload: 'no-network' });
    const { code, signal, stderr } = await endOf(child);
    expect(stderr, command).not.toContain('NETWORK');
    expect({ code, signal }, command).toEqual({ code: 0, signal: null });
  }
  expect(existsSync(join(folder, 'run', 'model.gradloom'))).toBe(true);
});

test('the trap for connections and processes works', async () => {
  const { stderr } = await endOf(startProgram(['--version'], root, { preload: 'use-network' }));
  expect(stderr).toContain('NETWORK: fetch');
});
