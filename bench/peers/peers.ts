import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Peer, Variant } from './peer.ts';
import type { Workload } from './workloads.ts';

const cores = availableParallelism();
const threadCounts = cores === 1 ? [1] : [cores, 1];
const file = (name: string): string => join(import.meta.dirname, name);
const node = (name: string, ...args: string[]): string[] => [
  process.execPath,
  ...process.execArgv,
  file(name),
  ...args,
];
const debianPython = process.platform === 'linux' ? ['/usr/bin/python3'] : ['python3'];
const systemPython = (name: string): string[] => [...debianPython, file(name)];

const npm = 'pnpm bench:peers installs it';

const isXor = ({ loss }: Workload): boolean => loss === 'mse';
const digits = (variants: readonly Variant[]) => (workload: Workload) => (isXor(workload) ? [] : variants);
const small = (workload: Workload): readonly Variant[] =>
  workload.widths.length > 3 || workload.batch > 128 ? [] : [{}];

const gradloom = (backend: string) => (workload: Workload) =>
  (isXor(workload) ? [1] : threadCounts).map((threads) => ({ backend, threads }));

const torch = (dtype: string) => (workload: Workload) =>
  (isXor(workload) ? [1] : threadCounts).flatMap((threads) =>
    (isXor(workload) ? ['plain', 'fused'] : ['plain', 'foreach', 'fused']).map((update) => ({
      dtype,
      threads,
      update,
    })),
  );

const ddp = ['plain', 'foreach', 'fused'].map((update) => ({ dtype: 'float64', threads: 1, update }));

/** Ours first: the others' ratios are to these. */
export const peers: readonly Peer[] = [
  {
    name: 'Gradloom native',
    command: node('gradloom.ts'),
    get: 'npm install koffi, on Linux and a processor with AVX-512 or AVX2',
    environments: [{}],
    variants: gradloom('native'),
    tolerance: 1e-6,
  },
  {
    name: 'Gradloom blas',
    command: node('gradloom.ts'),
    get: 'apt-get install libopenblas0-pthread',
    environments: [{}],
    variants: gradloom('blas'),
    tolerance: 1e-6,
  },
  {
    name: 'Gradloom wasm',
    command: node('gradloom.ts'),
    get: 'node .ci/prepare.mjs',
    environments: [{}],
    variants: gradloom('wasm'),
    tolerance: 1e-6,
  },
  {
    name: 'PyTorch float64',
    command: systemPython('torch_peer.py'),
    get: 'apt-get install python3-torch libopenblas0-openmp',
    environments: blasEnvironments(['ACTIVE', 'PASSIVE']),
    variants: torch('float64'),
    tolerance: 1e-6,
  },
  {
    name: 'PyTorch float32',
    command: systemPython('torch_peer.py'),
    get: 'apt-get install python3-torch libopenblas0-openmp',
    environments: blasEnvironments(['ACTIVE', 'PASSIVE']),
    variants: (workload) => (isXor(workload) ? [] : torch('float32')(workload)),
    tolerance: 1e-2,
    note: 'computes in float32',
  },
  {
    name: 'PyTorch DDP float64',
    command: systemPython('ddp_peer.py'),
    get: 'apt-get install python3-torch libopenblas0-openmp',
    // Debian's build has no libuv; gloo needs to be told which network is this machine's own.
    environments: blasEnvironments(['PASSIVE']).map((env) => ({ ...env, USE_LIBUV: '0', GLOO_SOCKET_IFNAME: 'lo' })),
    variants: digits(ddp),
    tolerance: 1e-6,
  },
  {
    name: 'tfjs wasm',
    command: node('tfjs.ts', 'wasm'),
    get: npm,
    environments: [{}],
    variants: () => [{}],
    tolerance: 1e-2,
    note: 'computes in float32',
  },
  {
    name: 'tfjs cpu',
    command: node('tfjs.ts', 'cpu'),
    get: npm,
    environments: [{}],
    variants: (workload) => (workload.batch > 256 ? [] : [{}]),
    tolerance: 1e-2,
    note: 'computes in float32',
  },
  {
    name: 'scikit-learn',
    command: systemPython('sklearn_peer.py'),
    get: 'apt-get install python3-sklearn libopenblas0-openmp',
    environments: blasEnvironments([undefined]),
    variants: digits(threadCounts.map((threads) => ({ threads }))),
    tolerance: 1e-3,
    note: "adds Adam's epsilon at another place",
  },
  {
    name: 'brain.js',
    command: node('brain.ts'),
    get: npm,
    environments: [{}],
    variants: small,
    tolerance: null,
    note: 'has no batches and no softmax: it updates after each row, with its own loss and start, and needs a rate below 1',
  },
  {
    name: 'synaptic',
    command: node('synaptic.ts'),
    get: npm,
    environments: [{}],
    variants: (workload) => (isXor(workload) ? [{}] : []),
    tolerance: null,
    note: 'has no batches and no Adam: it updates after each row, with its own start',
  },
  {
    name: 'NumPy',
    command: systemPython('numpy_peer.py'),
    get: 'apt-get install python3-numpy',
    environments: [{}],
    variants: (workload) => (isXor(workload) ? [{}] : []),
    tolerance: 1e-6,
  },
];

/** Debian keeps several BLAS libraries beside each other: each with each way that OpenMP's threads wait. */
function blasEnvironments(policies: readonly (string | undefined)[]): Readonly<Record<string, string>>[] {
  const folders = openblasFolders();
  return (folders.length === 0 ? [undefined] : folders).flatMap((folder) =>
    policies.map((policy) => ({
      ...(folder === undefined ? {} : { LD_LIBRARY_PATH: folder }),
      ...(policy === undefined ? {} : { OMP_WAIT_POLICY: policy }),
    })),
  );
}

function openblasFolders(): string[] {
  try {
    return readdirSync('/usr/lib').flatMap((triplet) => {
      if (!triplet.includes('linux-gnu')) return [];
      const parent = join('/usr/lib', triplet);
      return readdirSync(parent)
        .filter((name) => /^openblas-(openmp|pthread)$/.test(name))
        .map((name) => join(parent, name));
    });
  } catch {
    return [];
  }
}
