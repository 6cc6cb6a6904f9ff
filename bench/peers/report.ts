import type { Score } from './contest.ts';
import { gradloomName, isOurs, type Peer, type Precision } from './peer.ts';
import { geometricMean, type Results, ratioOf, type WorkloadResults } from './results.ts';
import { kindOf, type WorkloadKind } from './workloads.ts';

const PRECISIONS: readonly Precision[] = ['float64', 'float32'];

/** The first one measured is the reference for others of its precision. */
const BACKENDS = ['native', 'blas', 'wasm'];

const precisionOf = (peer: string, peers: readonly Peer[]): Precision =>
  peers.find(({ name }) => name === peer)?.precision ?? 'float64';

/** Our first backend of a precision. Without a precision that of float64, whose losses all others are compared with. */
const ourScore = (scores: readonly Score[], precision: Precision = 'float64'): Score | undefined =>
  [precision, 'float64' as const]
    .flatMap((type) => BACKENDS.map((backend) => scores.find(({ peer }) => peer === gradloomName(backend, type))))
    .find((score) => score !== undefined);

/** Rows for console.table, one per peer. */
export function workloadRows(
  { scores, floors }: WorkloadResults,
  peers: readonly Peer[],
): Record<string, string | number>[] {
  const ourLoss = ourScore(scores)?.loss ?? null;
  return scores.map(({ peer, stepMs, coldStepMs, peakMiB, loss, warmSteps, steps, variant, environment }) => {
    const ours = ourScore(scores, precisionOf(peer, peers));
    const floor = floors[peer];
    const tolerance = toleranceOf(peer, peers);
    const error = errorOf(loss, ourLoss);
    return {
      peer,
      'ms per step': decimal(stepMs),
      'times ours': ours === undefined ? '' : (stepMs / ours.stepMs).toFixed(2),
      'of its floor': floor === undefined ? '' : `${Math.round((100 * floor.stepMs) / stepMs)} %`,
      'cold ms': coldStepMs === null ? '' : decimal(coldStepMs * warmSteps),
      'peak MiB': peakMiB === null ? '' : Math.round(peakMiB),
      'same loss':
        tolerance === null
          ? 'not the same work'
          : error === null
            ? '-'
            : `${error.toExponential(0)}${error <= tolerance ? '' : ' NO'}`,
      'warm steps': warmSteps,
      'steps a round': Math.round(steps),
      best: [...Object.values(variant), ...Object.entries(environment).map(shortly)]
        .filter((word) => word !== '')
        .join(' '),
    };
  });
}

const toleranceOf = (peer: string, peers: readonly Peer[]): number | null =>
  peers.find(({ name }) => name === peer)?.tolerance ?? null;

/** Relative difference of a loss from ours; NaN if theirs is not a number, null if we have none. */
const errorOf = (loss: number | null, ours: number | null): number | null =>
  ours === null ? null : Math.abs((loss ?? Number.NaN) / ours - 1);

/** Whether its loss should equal ours but does not: then its time is for other work. */
function hasOtherLoss({ peer, loss }: Score, ours: number | null, peers: readonly Peer[]): boolean {
  const [tolerance, error] = [toleranceOf(peer, peers), errorOf(loss, ours)];
  return tolerance !== null && error !== null && !(error <= tolerance);
}

const shortly = ([name, value]: [string, string]): string => {
  if (name === 'LD_LIBRARY_PATH') return value.split('/').at(-1) ?? '';
  if (name === 'JAX_JS_THREADS') return value;
  return name === 'OMP_WAIT_POLICY' ? value.toLowerCase() : '';
};

/** Mark at the end of a cell whose loss differs. */
const MARK = ' ≠';

/** Markdown: a table for each precision, with our times, and the others' times as multiples of ours. */
export function fullTables(results: Results, peers: readonly Peer[]): string[] {
  const { machine, digits, rounds, processes } = results;
  const names = Object.keys(results.peers);
  const tables = PRECISIONS.filter((precision) => names.some((peer) => precisionOf(peer, peers) === precision)).flatMap(
    (precision) => ['', `### ${precision}`, '', ...precisionTable(results, peers, precision)],
  );
  const lines = [
    `Machine: ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}. Each figure is the median of ${rounds} rounds, in which the programs take turns.`,
    '',
    `- Gradloom's columns give the milliseconds of one training step on ${digits === 'mnist' ? 'rows of MNIST' : 'random rows'}, with Adam. In brackets: the time that the machine needs at least (the matrix products alone, and the update at the speed of memory) as a share of it.`,
    '- The other columns say how many times as long a step takes as in our first column of the same table (XOR: as on wasm). All programs of a table compute in its precision.',
    '- XOR is trained by SGD on the mean squared error, with sigmoid units.',
    '- Four of five pixels of MNIST are 0, and Gradloom skips products with 0. The lines marked *noise* have no zeros.',
    '- The lines marked *images* are networks with convolutions: LeNet-5 (with relu, max-pool and a padding of 2) and the convnet of Keras on digits of 28 x 28, ResNet-20, and convolutions of 3 x 3 within and 1 x 1 between channels (32, 64, 128, 128, 256), both on random images of 32 x 32 x 3, MobileNetV2 of width 0.35 on images of 96 x 96 x 3, and a U-Net of four levels from 32 channels on, which tells the bright pixels of 128 x 128 x 3.',
    "- The lines marked *text* are language models on random tokens of 65 kinds: GPTs of layers/heads/width, and one gru or lstm of 256. A step's loss is that of all positions.",
    '- Each program warms up for 300 steps (XOR: 10,000) or 4 s, whichever is less. Each of our runs is a new one: the first half of its steps is not counted (of XOR all are, and only the time inside its span).',
    ...tables,
  ];
  if (tables.some((line) => line.includes(MARK)))
    lines.push(
      '',
      '≠: after the same number of steps its loss differs from ours by more than rounding and the differences named below explain. The mean leaves it out.',
    );
  const notes = Object.entries(results.peers).flatMap(([peer, { note }]) =>
    note === null ? [] : [`${peer} ${note}.`],
  );
  if (notes.length > 0) lines.push('', notes.join(' '));
  const whole = Object.entries(processes).map(([program, ms]) => `${program} ${decimal(ms)} ms`);
  if (whole.length > 0) lines.push('', `Whole programs that learn XOR: ${whole.join(', ')}.`);
  return lines;
}

/** Markdown: how many times as long as ours the steps of the others take, a line for each precision and kind. */
export function meansTable(results: Results, peers: readonly Peer[]): string[] {
  const others = Object.keys(results.peers).filter((peer) => !isOurs(peer));
  const bare = (peer: string): string => peer.replace(/ float(32|64)$/, '');
  const { cpu, cores, node } = results.machine;
  const rows = PRECISIONS.flatMap((precision) => {
    const compared = others.filter((peer) => precisionOf(peer, peers) === precision);
    return meansByKind(results, peers, precision, compared).map(([kind, means]) => ({
      title: `${kind}, ${precision}`,
      means: new Map(means.map((mean, k) => [bare(compared[k]), mean])),
    }));
  });
  const columns = [...new Set(others.map(bare))].filter((name) => rows.some(({ means }) => means.get(name)));
  return [
    `Geometric means over the networks of each kind, on ${cores} cores of ${cpu}, Node ${node}:`,
    '',
    `| a step takes times Gradloom's | ${columns.join(' | ')} |`,
    `|---|${columns.map(() => '---').join('|')}|`,
    ...rows.map(({ title, means }) => `| ${title} | ${columns.map((name) => means.get(name) ?? '').join(' | ')} |`),
  ];
}

/** Whether results have our times of a precision. */
const hasOurs = ({ peers }: Results, precision: Precision): boolean =>
  BACKENDS.some((backend) => Object.hasOwn(peers, gradloomName(backend, precision)));

/** Our time that the others of a workload are compared with. */
const comparedWith = (
  name: string,
  { scores }: WorkloadResults,
  precision: Precision,
  hasPrecision: boolean,
): string =>
  kindOf(name) === 'XOR'
    ? gradloomName('wasm', hasPrecision ? precision : 'float64')
    : (ourScore(scores, precision)?.peer ?? '');

/** For each kind of networks the geometric means of some programs, '' where one has no figure. */
function meansByKind(
  results: Results,
  peers: readonly Peer[],
  precision: Precision,
  others: readonly string[],
): [kind: WorkloadKind, means: string[]][] {
  const hasPrecision = hasOurs(results, precision);
  return (['digits', 'noise', 'images', 'text'] as const).flatMap((kind) => {
    const workloads = Object.entries(results.workloads).filter(([name]) => kindOf(name) === kind);
    const means = others.map((peer) => {
      const ratios = workloads.flatMap(([name, workload]) => {
        const score = workload.scores.find((one) => one.peer === peer);
        const isSame = score !== undefined && !hasOtherLoss(score, ourScore(workload.scores)?.loss ?? null, peers);
        const ratio = isSame ? ratioOf(workload, peer, comparedWith(name, workload, precision, hasPrecision)) : null;
        return ratio === null ? [] : [ratio];
      });
      return ratios.length === 0 ? '' : `**${decimal(geometricMean(ratios))} x**`;
    });
    return means.some((mean) => mean !== '') ? [[kind, means] as [WorkloadKind, string[]]] : [];
  });
}

/** Our columns, those of the others, and means over the lines. */
function precisionTable(results: Results, peers: readonly Peer[], precision: Precision): string[] {
  const { workloads } = results;
  const hasPrecision = hasOurs(results, precision);
  const ours = hasPrecision ? BACKENDS.map((backend) => gradloomName(backend, precision)) : [];
  const all = Object.keys(results.peers).filter((peer) => !isOurs(peer) && precisionOf(peer, peers) === precision);
  // Our float64 next to our float32.
  const doubles = gradloomName('native', 'float64');
  const others =
    precision === 'float32' && hasPrecision && Object.hasOwn(results.peers, doubles) ? [doubles, ...all] : all;
  const short = (peer: string): string =>
    peer === doubles && precision === 'float32'
      ? 'native float64'
      : peer.replace(` ${precision}`, '').replace('Gradloom ', '');
  const head = ['ms per step', ...ours, ...others].map(short);
  const lines = hasPrecision ? [] : ["This record has no float32 of Gradloom's: times are to its float64.", ''];
  lines.push(`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`);
  for (const [name, workload] of Object.entries(workloads)) {
    const { scores, floors } = workload;
    const ourLoss = ourScore(scores)?.loss ?? null;
    const marked = scores.filter((score) => hasOtherLoss(score, ourLoss, peers)).map(({ peer }) => peer);
    const markOf = (peer: string): string => (marked.includes(peer) ? MARK : '');
    const isXor = kindOf(name) === 'XOR';
    const to = comparedWith(name, workload, precision, hasPrecision);
    const cells = ours.map((peer) => {
      const score = scores.find((one) => one.peer === peer);
      const floor = floors[peer];
      if (score === undefined) return '';
      if (isXor)
        return `${decimal(score.stepMs * 10_000)} ms for 10,000 epochs, ${decimal((score.coldStepMs ?? Number.NaN) * 10_000)} cold`;
      const share = floor === undefined ? '' : ` (${Math.round((100 * floor.stepMs) / score.stepMs)} %)`;
      return `${decimal(score.stepMs)}${share}${markOf(peer)}`;
    });
    const times = others.map((peer) => {
      const ratio = ratioOf(workload, peer, to);
      return ratio === null ? '' : `${decimal(ratio)} x${markOf(peer)}`;
    });
    lines.push(`| ${[name, ...cells, ...times].join(' | ')} |`);
  }
  for (const [kind, means] of meansByKind(results, peers, precision, others))
    lines.push(`| geometric mean, ${kind} |${' |'.repeat(ours.length)} ${means.join(' | ')} |`);
  return lines;
}

/** Three significant digits. */
export const decimal = (value: number): string =>
  value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
