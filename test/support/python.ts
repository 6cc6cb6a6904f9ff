import { execFileSync, type StdioOptions, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Debian's Python, which has the modules; one on the PATH may be another. */
export const PYTHON = '/usr/bin/python3';

/** Why a Python cannot run what imports these modules; null where it can. It looks for them, and imports none. */
export function lackOfPython(modules: readonly string[], python = PYTHON): string | null {
  // An empty folder is found as a package without an origin.
  const missing =
    'import sys; from importlib.util import find_spec as f; print(*(m for m in sys.argv[1:] if not getattr(f(m), "origin", 0)))';
  const { status, error, stdout, stderr } = spawnSync(python, ['-c', missing, ...modules], { encoding: 'utf8' });
  if (status !== 0) return `${python} does not run: ${error?.message ?? stderr.trim()}`;
  return stdout.trim() === '' ? null : `${python} has no ${stdout.trim().replaceAll(' ', ' and no ')}`;
}

/** The JSON that a program of test/support/python prints, run by Debian's Python. */
export function python(program: string, ...args: readonly string[]): unknown {
  const path = fileURLToPath(new URL(`python/${program}`, import.meta.url));
  // -B: it leaves no compiled files beside the sources. Its stderr, where Debian's onnxruntime lists all of its
  // operators, is in the error if there is one.
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe'];
  const options = { encoding: 'utf8', maxBuffer: 1 << 28, stdio } as const;
  return JSON.parse(execFileSync(PYTHON, ['-B', path, ...args], options));
}
