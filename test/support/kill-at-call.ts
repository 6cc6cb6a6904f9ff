import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Loaded into the program by `--import`: it kills itself by SIGKILL at a given call that changes a given folder; a
 * write is killed in the middle of its bytes. GRADLOOM_TEST_KILL is '<call>:<folder>'.
 */
const [, call = '0', folder = ''] = /^(\d+):(.*)$/s.exec(process.env.GRADLOOM_TEST_KILL ?? '') ?? [];
let left = Number(call);
const files = new Set<unknown>();

type Call = (...args: unknown[]) => unknown;
const table = fs as unknown as Record<string, Call>;

function wrap(
  name: string,
  before: (args: unknown[], real: Call) => void,
  after: (args: unknown[], result: unknown) => void = () => {},
): void {
  const real = table[name];
  table[name] = (...args) => {
    before(args, real);
    const result = real(...args);
    after(args, result);
    return result;
  };
}

const isInside = (path: unknown): boolean => typeof path === 'string' && path.startsWith(folder);

function count(): boolean {
  left--;
  return left === 0;
}

const die = (): void => void process.kill(process.pid, 'SIGKILL');

// Each thread counts its own calls: the main thread writes lines, and the others write checkpoints.
if (left > 0) {
  for (const name of ['mkdirSync', 'rmSync', 'renameSync', 'linkSync', 'copyFileSync']) {
    wrap(name, ([from, to]) => {
      if ((isInside(from) || isInside(to)) && count()) die();
    });
  }
  wrap(
    'openSync',
    ([path]) => {
      if (isInside(path) && count()) die();
    },
    ([path], file) => {
      if (isInside(path)) files.add(file);
    },
  );
  wrap('closeSync', ([file]) => void files.delete(file));
  for (const name of ['fsyncSync', 'ftruncateSync']) {
    wrap(name, ([file]) => {
      if (files.has(file) && count()) die();
    });
  }
  wrap('writeSync', ([file, bytes, offset, length, ...rest], real) => {
    if (!files.has(file) || !count()) return;
    real(file, bytes, offset, Math.floor(Number(length) / 2), ...rest);
    die();
  });
  syncBuiltinESMExports();
}
