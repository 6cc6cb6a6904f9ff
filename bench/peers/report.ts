import type { Score } from './contest.ts';
import { isOurs } from './guard.ts';
import type { Peer } from './peer.ts';
import { geometricMean, type Results, ratioOf, type WorkloadResults } from './results.ts';
import { NOISE } from './workloads.ts';

/** The first that is there is what the others are compared with. */
const OURS = ['Gradloom native', 'Gradloom blas', 'Gradloom wasm'];

/** Rows for console.table: a peer a row. */
export function workloadRows(
  { scores, floors }: WorkloadResults,
  peers: readonly Peer[],
): Record<string, string | number>[] {
  const own = ownOf(scores);
  const ourLoss = own?.loss ?? null;
  return scores.map(({ peer, stepMs, coldStepMs, loss, warmSteps, steps, variant, environment }) => {
    const floor = floors[peer];
    const tolerance = toleranceOf(peer, peers);
    const error = errorOf(loss, ourLoss);
    return {
      peer,
      'ms per step': decimal(stepMs),
      'times ours': own === undefined ? '' : (stepMs / own.stepMs).toFixed(2),
      'of its floor': floor === undefined ? '' : `${Math.round((100 * floor.stepMs) / stepMs)} %`,
      'cold ms': coldStepMs === null ? '' : decimal(coldStepMs * warmSteps),
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

/** How far a loss is from ours; NaN where theirs is no number, null where there is none of ours. */
const errorOf = (loss: number | null, ours: number | null): number | null =>
  ours === null ? null : Math.abs((loss ?? Number.NaN) / ours - 1);

/** Whether it should have come to our loss and has not: then its time is of other work. */
function isElsewhere({ peer, loss }: Score, ours: number | null, peers: readonly Peer[]): boolean {
  const [tolerance, error] = [toleranceOf(peer, peers), errorOf(loss, ours)];
  return tolerance !== null && error !== null && !(error <= tolerance);
}

const ownOf = (scores: readonly Score[]): Score | undefined =>
  OURS.map((name) => scores.find(({ peer }) => peer === name)).find((score) => score !== undefined);

const shortly = ([name, value]: [string, string]): string => {
  if (name === 'LD_LIBRARY_PATH') return value.split('/').at(-1) ?? '';
  return name === 'OMP_WAIT_POLICY' ? value.toLowerCase() : '';
};

/** Ends a cell whose loss is elsewhere. */
const MARK = ' ≠';

/** Markdown: our times, and how many times as long the others take. */
export function readmeTable(results: Results, peers: readonly Peer[]): string[] {
  const { machine, workloads, digits, rounds, processes } = results;
  const others = Object.keys(results.peers).filter((peer) => !isOurs(peer));
  const head = ['ms per step', ...OURS.map((ours) => ours.replace('Gradloom ', '')), ...others];
  const lines = [
    `Machine: ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}. Each figure is the median of ${rounds} rounds, in which the programs take turns.`,
    '',
    `- Gradloom's columns give the milliseconds of one training step on ${digits === 'mnist' ? 'rows of MNIST' : 'random rows'}, with Adam, in float64. In brackets: the time that the machine needs at least (the matrix products alone, and the update at the speed of memory) as a share of it.`,
    '- The other columns say how many times as long a step takes as in our first column (XOR: as on wasm), in float64 unless the column says otherwise.',
    '- XOR is trained by SGD on the mean squared error, with sigmoid units.',
    '- Four of five pixels of MNIST are 0, and Gradloom skips products with 0. The lines marked *noise* have no zeros.',
    '- Each program warms up for 300 steps (XOR: 10,000) or 4 s, whichever is less. Each of our runs is a new one: the first half of its steps is not counted (of XOR all are, and only the time inside its span).',
    '',
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
  ];
  const gained = new Map<string, number[]>();
  for (const [name, workload] of Object.entries(workloads)) {
    const ourLoss = ownOf(workload.scores)?.loss ?? null;
    const marked = workload.scores.filter((score) => isElsewhere(score, ourLoss, peers)).map(({ peer }) => peer);
    const markOf = (peer: string): string => (marked.includes(peer) ? MARK : '');
    const to = name.startsWith('XOR') ? 'Gradloom wasm' : (ownOf(workload.scores)?.peer ?? '');
    const cells = OURS.map((ours) => {
      const score = workload.scores.find(({ peer }) => peer === ours);
      const floor = workload.floors[ours];
      if (score === undefined) return '';
      if (name.startsWith('XOR'))
        return `${decimal(score.stepMs * 10_000)} ms for 10,000 epochs, ${decimal((score.coldStepMs ?? Number.NaN) * 10_000)} cold`;
      const share = floor === undefined ? '' : ` (${Math.round((100 * floor.stepMs) / score.stepMs)} %)`;
      return `${decimal(score.stepMs)}${share}${markOf(ours)}`;
    });
    const ratios = others.map((peer) => {
      const ratio = ratioOf(workload, peer, to);
      if (ratio === null) return '';
      if (isInMean(name) && !marked.includes(peer)) gained.set(peer, [...(gained.get(peer) ?? []), ratio]);
      return `${decimal(ratio)} x${markOf(peer)}`;
    });
    lines.push(`| ${[name, ...cells, ...ratios].join(' | ')} |`);
  }
  const means = others.map((peer) => {
    const own = gained.get(peer);
    return own === undefined ? '' : `**${decimal(geometricMean(own))} x**`;
  });
  lines.push(`| geometric mean, without XOR and noise |${' |'.repeat(OURS.length)} ${means.join(' | ')} |`);
  if (lines.some((line) => line.includes(MARK)))
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

/** XOR is a network of another kind, and noise stands beside digits. */
const isInMean = (name: string): boolean => !name.startsWith('XOR') && !name.endsWith(NOISE);

/** Three significant digits. */
const decimal = (value: number): string =>
  value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
