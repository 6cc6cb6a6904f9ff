import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { BackendChoice } from '@gradloom/runtime';
import type { TestContext, TestOptions } from 'vitest';
import { findBlas } from '../../packages/runtime/src/engine/backends/native/find-blas.ts';
import { machineCode } from '../../packages/runtime/src/engine/backends/native/machine-code.ts';
import type { Lack } from './lack.ts';
import { SUITE } from './onnx-suite.ts';
import { lackOfPython } from './python.ts';

/** A part of the machine that some tests need, and that not every machine has. */
interface Part {
  readonly what: string;
  /** How to get it; null if this machine can never have it, which CI does not count as a failure. */
  readonly install: string | null;
  /** Why it is missing, null if it is here. Left out if only trying shows it: see `skipFor`. */
  readonly lack?: () => string | null;
}

/** A program on the PATH, from a Debian package. */
const tool = (name: string, debian: string): Part => ({
  what: name,
  install: `apt install ${debian}`,
  lack: () => (isOnPath(name) ? null : `${name} is not on the PATH`),
});

/** Debian's Python with these modules. */
const python = (what: string, ...modules: readonly string[]): Part => ({
  what,
  install: `apt install ${['python3', ...modules.map((name) => `python3-${name}`)].join(' ')}`,
  lack: () => lackOfPython(modules),
});

const onLinux = (what: string): Part => ({
  what,
  install: null,
  lack: () => (process.platform === 'linux' ? null : `the system is ${process.platform}, expected linux`),
});

const parts = {
  native: {
    what: 'machine code',
    install: 'npm install on Linux, x64 with AVX2 or AVX-512, or arm64, optional dependencies included',
    lack: () => machineCode().reason,
  },
  koffi: {
    what: 'koffi',
    install: 'npm install, optional dependencies included',
    lack() {
      const search = findBlas({ names: [] });
      return search.library === null && search.fault === 'koffi' ? 'it is not installed' : null;
    },
  },
  blas: { what: 'a BLAS library', install: 'apt install libopenblas0-pthread', lack: () => findBlas().reason },
  extension: { what: 'a wider processor', install: null },
  chromium: { what: 'Chromium', install: 'apt install chromium, or set CHROMIUM to its path' },
  disk: { what: 'the right to mount a disk', install: 'run as root, with CAP_SYS_ADMIN' },
  group: { what: 'the right to make a control group', install: 'run as root, with /sys/fs/cgroup writable' },
  machines: {
    what: 'the right to make namespaces of the network',
    install: 'run as root, with CAP_SYS_ADMIN and iproute2',
  },
  nobody: { what: 'the right to become another user', install: 'run as root, in a folder that all users may read' },
  links: {
    what: 'symbolic links',
    install: null,
    lack: () => (process.platform === 'win32' ? 'Windows allows them to administrators' : null),
  },
  addressSpace: onLinux('a limit of address space that processes see'),
  peaks: onLinux('the peak memory of a process, from /proc'),
  maps: onLinux('the memory maps of a process, from /proc'),
  descriptors: onLinux('the open files of a process, from /proc'),
  'Open MPI': tool('mpirun.openmpi', 'openmpi-bin'),
  MPICH: tool('mpirun.mpich', 'mpich'),
  srun: tool('srun', 'slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge'),
  slurm: { what: 'a Slurm of its own', install: null },
  bash: tool('bash', 'bash'),
  curl: tool('curl', 'curl'),
  'node:sqlite': {
    what: 'the SQLite of Node 24',
    install: null,
    lack: () => (Number.parseInt(process.versions.node, 10) >= 24 ? null : `this is Node ${process.version}`),
  },
  mkfifo: tool('mkfifo', 'coreutils'),
  prlimit: tool('prlimit', 'util-linux'),
  script: tool('script', 'bsdutils'),
  taskset: tool('taskset', 'util-linux'),
  python: python('Python'),
  torch: python('PyTorch', 'torch', 'numpy'),
  onnxruntime: python('onnxruntime', 'onnxruntime', 'numpy'),
  'onnx suite': {
    what: 'the official tests of ONNX',
    install: 'apt install libonnx-testdata',
    lack: () => (existsSync(SUITE) ? null : `${SUITE} is not there`),
  },
  'qemu-x86_64': tool('qemu-x86_64', 'qemu-user'),
  arm64: {
    what: 'Node for arm64',
    install: '.ci/arm64-node <folder>, and set GRADLOOM_ARM64_NODE to <folder>/node',
    lack: () => {
      if (!isOnPath('qemu-aarch64')) return 'qemu-aarch64 is not on the PATH';
      return process.env.GRADLOOM_ARM64_NODE === undefined ? 'GRADLOOM_ARM64_NODE does not say where' : null;
    },
  },
} satisfies Record<string, Part>;

type PartName = keyof typeof parts;

/**
 * Options for a test or describe that needs these parts: it is skipped if one is missing, and the summary of the run
 * says so. A backend may stand for the part that it needs.
 */
export function needs(...names: readonly (PartName | BackendChoice)[]): TestOptions {
  const lacks = names.flatMap((name) => lackOf(name) ?? []);
  return lacks.length === 0 ? {} : { skip: true, meta: { lacks } };
}

/** Skips the current test, because a part did not work when tried. */
export function skipFor(context: TestContext, name: PartName, why: string): never {
  const { what, install } = parts[name];
  context.task.meta.lacks = [{ what, why, install }];
  return context.skip(`needs ${what}: ${why}`);
}

const known = new Map<string, Lack | null>();

function lackOf(name: PartName | BackendChoice): Lack | null {
  if (!(name in parts)) return null;
  let lack = known.get(name);
  if (lack === undefined) {
    const { what, install, lack: find }: Part = parts[name as PartName];
    const why = find?.() ?? null;
    lack = why === null ? null : { what, why, install };
    known.set(name, lack);
  }
  return lack;
}

function isOnPath(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
