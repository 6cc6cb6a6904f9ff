import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { gradloomName, type Peer, type Precision, type Variant } from './peer.ts';
import { isDense, kindOf, type Workload } from './workloads.ts';

const cores = availableParallelism();
const threadCounts = cores === 1 ? [1] : [cores, 1];
const file = (name: string): string => join(import.meta.dirname, name);
export const node = (name: string, ...args: string[]): string[] => [
  process.execPath,
  ...process.execArgv,
  file(name),
  ...args,
];
const debianPython = process.platform === 'linux' ? ['/usr/bin/python3'] : ['python3'];
export const systemPython = (name: string): string[] => [...debianPython, file(name)];

export const NPM = 'pnpm bench:peers installs it';
export const TORCH = 'apt-get install python3-torch libopenblas0-openmp';

const isXor = ({ loss }: Workload): boolean => loss === 'mse';
const dense = (variants: Peer['variants']) => (workload: Workload) => (isDense(workload) ? variants(workload) : []);
const digits = (variants: readonly Variant[]) => dense((workload) => (isXor(workload) ? [] : variants));
/** Variants of a peer that also trains networks of images. `reasons`: why it leaves some of them out, by name. */
const images =
  (reasons: Readonly<Record<string, string>>, others: Peer['variants']): Peer['variants'] =>
  (workload) => {
    if (isDense(workload)) return others(workload);
    if (kindOf(workload.name) === 'text') return [];
    return Object.entries(reasons).find(([name]) => workload.name.startsWith(name))?.[1] ?? [{}];
  };
const small = dense(({ widths, batch }) => (widths.length > 3 || batch > 128 ? [] : [{}]));
// A network of images is never faster on one thread.
const onThreads = (workload: Workload): readonly number[] =>
  isXor(workload) ? [1] : kindOf(workload.name) === 'images' ? [cores] : threadCounts;

/**
 * How much rounding may change a loss relative to ours in float64. In float32 a relu whose input is 0 up to rounding
 * may be active in one program and not in another: one such row of 784-(64 x 20)-10 in the third step changed the loss
 * after an epoch by 3 %.
 */
const roundingOf = (precision: Precision): number => ({ float64: 1e-6, float32: 5e-2 })[precision];

const gradloom = (backend: string, precision: Precision): Peer => ({
  name: gradloomName(backend, precision),
  precision,
  command: node('gradloom.ts', precision, backend),
  get: {
    native: 'npm install koffi, on a system with machine code (docs/platforms.md)',
    blas: 'apt-get install libopenblas0-pthread',
    wasm: 'node .ci/prepare.mjs',
  }[backend] as string,
  environments: [{}],
  variants: (workload) => onThreads(workload).map((threads) => ({ backend, threads })),
  tolerance: roundingOf(precision),
});

/** The memory layouts of images in PyTorch. */
const LAYOUTS = ['contiguous_format', 'channels_last'];
const compiledTorch = (precision: Precision): Peer => ({
  ...torch('PyTorch compile', 'torch_compile_peer.py', precision, `${TORCH} libtorch-dev g++`),
  like: `PyTorch ${precision}`,
});

const torch = (name: string, program: string, precision: Precision, get = TORCH): Peer => ({
  name: `${name} ${precision}`,
  precision,
  get,
  command: systemPython(program),
  environments: blasEnvironments(['ACTIVE', 'PASSIVE']),
  variants: (workload) =>
    onThreads(workload).flatMap((threads) =>
      !isDense(workload)
        ? (kindOf(workload.name) === 'text' ? LAYOUTS.slice(0, 1) : LAYOUTS).map((layout) => ({
            dtype: precision,
            threads,
            update: 'fused',
            layout,
          }))
        : updatesOf(workload).map((update) => ({ dtype: precision, threads, update })),
    ),
  tolerance: roundingOf(precision),
});

const updatesOf = (workload: Workload): readonly string[] =>
  isXor(workload) ? ['plain', 'fused'] : ['plain', 'foreach', 'fused'];

const jaxJs = (precision: Precision): Peer => ({
  name: `jax-js ${precision}`,
  precision,
  command: node('jax-js.ts', precision),
  get: NPM,
  environments: threadCounts.map((threads) => ({ JAX_JS_THREADS: String(threads) })),
  variants: images(
    {
      'Keras convnet': 'a step takes 11 s',
      MobileNetV2: 'its program has no relu6',
      'U-Net': 'its program has no branches',
      'ResNet-20': 'the convolutions of a step take 2 minutes',
      depthwise: 'the convolutions of a step take 10 s',
    },
    // Without SIMD in float64, a step of a large batch takes seconds.
    ({ batch }) => (precision === 'float64' && batch > 256 ? [] : [{}]),
  ),
  tolerance: roundingOf(precision),
});

const tfjs = (backend: string, variants: Peer['variants']): Peer => ({
  name: `tfjs ${backend}`,
  precision: 'float32',
  command: node('tfjs.ts', backend),
  get: NPM,
  environments: [{}],
  variants,
  tolerance: roundingOf('float32'),
  note: 'computes weight gradients of convolutions as convolutions, since its own are missing on wasm and slow on cpu',
});

/** Ours come first: the ratios of the others are relative to them. */
export const peers: readonly Peer[] = [
  gradloom('native', 'float64'),
  gradloom('blas', 'float64'),
  gradloom('wasm', 'float64'),
  gradloom('native', 'float32'),
  gradloom('blas', 'float32'),
  gradloom('wasm', 'float32'),
  torch('PyTorch', 'torch_peer.py', 'float64'),
  torch('PyTorch', 'torch_peer.py', 'float32'),
  compiledTorch('float64'),
  compiledTorch('float32'),
  {
    name: 'PyTorch DDP float64',
    precision: 'float64',
    command: systemPython('ddp_peer.py'),
    get: TORCH,
    // Debian's build has no libuv, and gloo must be told the network interface of this machine.
    environments: blasEnvironments(['PASSIVE']).map((env) => ({ ...env, USE_LIBUV: '0', GLOO_SOCKET_IFNAME: 'lo' })),
    variants: dense((workload) => updatesOf(workload).map((update) => ({ dtype: 'float64', threads: 1, update }))),
    tolerance: roundingOf('float64'),
  },
  jaxJs('float64'),
  jaxJs('float32'),
  tfjs(
    'wasm',
    images(
      {
        MobileNetV2: 'its program has no relu6',
        'ResNet-20': 'the convolutions of a step take 6 s',
        'U-Net': 'its program has no branches',
        depthwise: "Kernel 'DepthwiseConv2dNativeBackpropInput' not registered for backend 'wasm'",
      },
      () => [{}],
    ),
  ),
  tfjs(
    'cpu',
    images(
      Object.fromEntries(
        ['ResNet-20', 'depthwise', 'MobileNetV2', 'U-Net'].map((name) => [name, 'a step takes over 5 s']),
      ),
      ({ batch }) => (batch > 256 ? [] : [{}]),
    ),
  ),
  {
    name: 'scikit-learn',
    precision: 'float64',
    command: systemPython('sklearn_peer.py'),
    get: 'apt-get install python3-sklearn libopenblas0-openmp',
    environments: blasEnvironments([undefined]),
    variants: digits(threadCounts.map((threads) => ({ threads }))),
    tolerance: 1e-3,
    note: "adds Adam's epsilon at another place",
  },
  {
    name: 'brain.js',
    precision: 'float32',
    command: node('brain.ts'),
    get: NPM,
    environments: [{}],
    variants: small,
    tolerance: null,
    note: 'has no batches and no softmax: it updates after each row, with its own loss and start, and needs a rate below 1',
  },
  {
    name: 'synaptic',
    precision: 'float64',
    command: node('synaptic.ts'),
    get: NPM,
    environments: [{}],
    variants: (workload) => (isXor(workload) ? [{}] : []),
    tolerance: null,
    note: 'has no batches and no Adam: it updates after each row, with its own start',
  },
  {
    name: 'NumPy',
    precision: 'float64',
    command: systemPython('numpy_peer.py'),
    get: 'apt-get install python3-numpy',
    environments: [{}],
    variants: (workload) => (isXor(workload) ? [{}] : []),
    tolerance: roundingOf('float64'),
  },
];

/** All BLAS libraries that Debian has installed, each with each way in which OpenMP's threads wait. */
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
