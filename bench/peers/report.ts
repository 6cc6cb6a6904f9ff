import type { Score } from './contest.ts';
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
    const tolerance = peers.find(({ name }) => name === peer)?.tolerance ?? null;
    const error = loss === null || ourLoss === null ? null : Math.abs(loss / ourLoss - 1);
    return {
      peer,
      'ms a step': decimal(stepMs),
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

const ownOf = (scores: readonly Score[]): Score | undefined =>
  OURS.map((name) => scores.find(({ peer }) => peer === name)).find((score) => score !== undefined);

const shortly = ([name, value]: [string, string]): string => {
  if (name === 'LD_LIBRARY_PATH') return value.split('/').at(-1) ?? '';
  return name === 'OMP_WAIT_POLICY' ? value.toLowerCase() : '';
};

/** Markdown: our times, and how many times as long the others take. */
export function readmeTable(results: Results): string[] {
  const { machine, workloads, digits, rounds, processes } = results;
  const others = Object.keys(results.peers).filter((peer) => !peer.startsWith('Gradloom'));
  const head = ['ms a step', ...OURS.map((ours) => ours.replace('Gradloom ', '')), ...others];
  const lines = [
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${digits === 'mnist' ? 'rows of MNIST' : 'random rows'}, adam, median of ${rounds} rounds in turns, ` +
      'float64 unless said. In brackets the share of the floor (the products alone and the update at the speed of memory); ' +
      'of the others how many times as long they take as our first (XOR: as wasm). Of noise no value is 0; of MNIST four of five are, and ours leave out terms of 0.',
    '',
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
  ];
  const gained = new Map<string, number[]>();
  for (const [name, workload] of Object.entries(workloads)) {
    const to = name.startsWith('XOR') ? 'Gradloom wasm' : (ownOf(workload.scores)?.peer ?? '');
    const cells = OURS.map((ours) => {
      const score = workload.scores.find(({ peer }) => peer === ours);
      const floor = workload.floors[ours];
      if (score === undefined) return '';
      if (name.startsWith('XOR'))
        return `${decimal(score.stepMs * 10_000)} ms for 10,000 epochs, ${decimal((score.coldStepMs ?? Number.NaN) * 10_000)} cold`;
      return floor === undefined
        ? decimal(score.stepMs)
        : `${decimal(score.stepMs)} (${Math.round((100 * floor.stepMs) / score.stepMs)} %)`;
    });
    const ratios = others.map((peer) => {
      const ratio = ratioOf(workload, peer, to);
      if (ratio === null) return '';
      if (isInMean(name)) gained.set(peer, [...(gained.get(peer) ?? []), ratio]);
      return `${decimal(ratio)} x`;
    });
    lines.push(`| ${[name, ...cells, ...ratios].join(' | ')} |`);
  }
  const means = others.map((peer) => {
    const own = gained.get(peer);
    return own === undefined ? '' : `**${decimal(geometricMean(own))} x**`;
  });
  lines.push(`| geometric mean, without XOR and noise |${' |'.repeat(OURS.length)} ${means.join(' | ')} |`);
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
