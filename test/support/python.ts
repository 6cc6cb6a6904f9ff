import { execFileSync, type StdioOptions, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Debian's Python, which has the modules; a Python on the PATH may lack them. */
export const PYTHON = '/usr/bin/python3';

/** Why a Python lacks some of these modules; null if it has all. Modules are looked up, not imported. */
export function lackOfPython(modules: readonly string[], python = PYTHON): string | null {
  // An empty folder would be found as a package without an origin.
  const missing =
    'import sys; from importlib.util import find_spec as f; print(*(m for m in sys.argv[1:] if not getattr(f(m), "origin", 0)))';
  const { status, error, stdout, stderr } = spawnSync(python, ['-c', missing, ...modules], { encoding: 'utf8' });
  if (status !== 0) return `${python} does not run: ${error?.message ?? stderr.trim()}`;
  return stdout.trim() === '' ? null : `${python} has no ${stdout.trim().replaceAll(' ', ' and no ')}`;
}

/** Runs a program of test/support/python with Debian's Python and returns the JSON that it prints. */
export function python(program: string, ...args: readonly string[]): unknown {
  const path = fileURLToPath(new URL(`python/${program}`, import.meta.url));
  // -B: no compiled files are written next to the sources. Its stderr, where Debian's onnxruntime lists all of its
  // operators, is only shown in an error.
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe'];
  const options = { encoding: 'utf8', maxBuffer: 1 << 28, stdio } as const;
  return JSON.parse(execFileSync(PYTHON, ['-B', path, ...args], options));
}
