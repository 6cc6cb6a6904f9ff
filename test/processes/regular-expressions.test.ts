import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { check } from 'recheck';
import { parseAst } from 'rolldown/parseAst';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NamedArrays } from '../../packages/runtime/src/data/named-arrays.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const files = ['core/src', 'runtime/src', 'cli/src', 'cli/page']
  .map((folder) => join(root, 'packages', folder))
  .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))
  .filter((file) => /\.tsx?$/.test(file));

type Node = Readonly<Record<string, unknown>>;

/** The nodes of a syntax tree. */
function* nodesIn(value: unknown): Generator<Node> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Node;
  for (const child of Object.values(value)) yield* nodesIn(child);
}

/** 'file:line' of each call of RegExp, and all literals by their text. */
const calls = new Set<string>();
const patterns = new Map<string, RegExp>();
for (const file of files) {
  const code = readFileSync(file, 'utf8');
  for (const { type, start, callee, regex } of nodesIn(parseAst(code, { lang: file.endsWith('x') ? 'tsx' : 'ts' }))) {
    if ((callee as Node | undefined)?.name === 'RegExp') {
      calls.add(`${file}:${code.slice(0, start as number).split('\n').length}`);
    }
    if (type !== 'Literal' || regex === undefined) continue;
    const { pattern, flags } = regex as { pattern: string; flags: string };
    patterns.set(`/${pattern}/${flags}`, new RegExp(pattern, flags));
  }
}

const plain = RegExp;
const made = new Set<string>(); // calls of RegExp that have been recorded
let folder = '';

function record(pattern: RegExp): RegExp {
  globalThis.RegExp = plain; // what reads the stack has expressions of its own
  const [, file, line] = /(\/packages\/(?:core|runtime|cli)\/.*?):(\d+):\d+\)?$/m.exec(new Error().stack ?? '') ?? [];
  globalThis.RegExp = recording;
  const call = `${root.slice(0, -1)}${file}:${line}`;
  if (!calls.has(call)) return pattern;
  made.add(call);
  patterns.set(String(pattern), pattern);
  return pattern;
}

const recording = new Proxy(RegExp, {
  construct: (target, words: [string, string]) => record(Reflect.construct(target, words)),
  apply: (target, _, words: [string, string]) => record(Reflect.construct(target, words)),
});

/**
 * The processor time of a pattern on a text. recheck takes a pattern for slow when a process that applies it answers
 * late, which a busy machine makes true of any pattern; its attacks take seconds, harmless texts milliseconds.
 */
function secondsOf(pattern: RegExp, text: string): number {
  const start = process.cpuUsage();
  try {
    runInNewContext('text.replace(pattern, "")', { text, pattern }, { timeout: 20_000 });
  } catch {
    return Number.POSITIVE_INFINITY; // it takes longer still
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'expressions-'));
  globalThis.RegExp = recording;
  const [{ numberReader }, { isIdxFolder }, { loadNamedArrays }, { gpt2 }, { servePage }, { breakLine }] =
    await Promise.all([
      import('../../packages/core/src/inference/preprocessing/cell-format.ts'),
      import('../../packages/runtime/src/data/idx.ts'),
      import('../../packages/runtime/src/data/named-arrays.ts'),
      import('../../packages/runtime/src/data/text/gpt2.ts'),
      import('../../packages/cli/src/commands/http/page-server.ts'),
      import('../../packages/cli/src/terminal/live-area.ts'),
      import('../../packages/cli/src/terminal/printable.ts'),
      import('../../packages/cli/src/files/run-files/seal.ts'),
      import('../../packages/runtime/src/data/tables/columns/format-evidence.ts'),
    ]);
  for (const unit of ['€', 'US$', '%']) numberReader({ decimal: 'comma', thousands: 'point', unit });
  isIdxFolder(folder);
  const arrays = { names: ['x'], describe: String, describeMissing: String } as Partial<NamedArrays> as NamedArrays;
  await loadNamedArrays('loadNpyFolder', arrays, {}).catch(() => {});
  gpt2();
  servePage({ get() {} } as never, 'live.html');
  breakLine('some words', 40);
  globalThis.RegExp = plain;
});

afterAll(() => {
  globalThis.RegExp = plain;
  rmSync(folder, { recursive: true });
});

test('every call of RegExp is listed here', () => {
  expect(made).toEqual(calls);
});

test('no text makes a regular expression take more than linear time', async () => {
  const rest = [...patterns.values()];
  const slow: string[] = [];
  async function worker(): Promise<void> {
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
      const { source, flags } = next;
      const verdict = await check(source, flags, { timeout: 120_000 });
      if (verdict.status === 'vulnerable' && secondsOf(next, verdict.attack.string) > 0.5) {
        slow.push(`${next}: ${verdict.complexity.summary}, ${verdict.attack.pattern}`);
      }
      if (verdict.status === 'unknown') slow.push(`${next}: ${JSON.stringify(verdict.error)}`);
    }
  }
  await Promise.all([worker(), worker()]);
  expect(patterns.size).toBeGreaterThan(250);
  expect(slow).toEqual([]);
}, 300_000);
