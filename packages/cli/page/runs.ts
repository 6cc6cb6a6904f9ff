import type {
  EpochFigures,
  LinesMessage,
  ProbeFigures,
  ProblemMessage,
  RunMessage,
  SpeedMessage,
  SteerLine,
  StepFigures,
  WrittenText,
} from '../src/commands/live/messages.ts';

/** A run, as far as the stream has described it. */
export interface Run {
  readonly index: number; // among the runs of the server
  readonly name: string; // differs from those of all other runs
  readonly facts: RunMessage;
  readonly steps: readonly StepFigures[];
  readonly epochs: readonly EpochFigures[];
  readonly probes: readonly ProbeFigures[];
  readonly steers: readonly SteerLine[];
  readonly speed: SpeedMessage | null; // of the newest span
  readonly texts: readonly WrittenText[];
}

export interface Runs {
  readonly list: readonly Run[]; // the newest first
  readonly problems: readonly string[];
}

/** Probes that are kept: a run with --probe 1 may have millions. */
const MAX_PROBES = 1000;

const noLines = { steps: [], epochs: [], probes: [], steers: [], texts: [] };

export const noRuns: Runs = { list: [], problems: [] };

/** The runs after an event. */
export function afterEvent({ list, problems }: Runs, name: string, message: unknown): Runs {
  if (name === 'problem') {
    const { sentence } = message as ProblemMessage;
    return { list, problems: [...new Set([...problems, sentence])] };
  }
  if (name === 'run') {
    const facts = message as RunMessage;
    const knownRun = list.find(({ index }) => index === facts.run);
    if (knownRun !== undefined)
      return { list: list.map((run) => (run === knownRun ? { ...run, facts } : run)), problems };
    const newRun = { index: facts.run, name: freeName(facts.name, list), facts, speed: null, ...noLines };
    const newestFirst = (a: Run, b: Run): number => b.facts.started.localeCompare(a.facts.started);
    return { list: [...list, newRun].sort(newestFirst), problems };
  }
  if (name === 'speed') {
    const speed = message as SpeedMessage;
    return { list: list.map((run) => (run.index === speed.run ? { ...run, speed } : run)), problems };
  }
  const { run: index, restarts, ...lines } = message as LinesMessage;
  const withLines = (run: Run): Run => {
    const before = restarts ? noLines : run;
    return {
      ...run,
      steps: [...before.steps, ...lines.steps],
      epochs: [...before.epochs, ...lines.epochs],
      probes: [...before.probes, ...lines.probes].slice(-MAX_PROBES),
      steers: [...before.steers, ...lines.steers],
      texts: [...before.texts, ...lines.texts],
    };
  };
  return { list: list.map((run) => (run.index === index ? withLines(run) : run)), problems };
}

/** 'mnist-1', or 'mnist-1 (2)' for a second folder of that name. */
function freeName(name: string, list: readonly Run[]): string {
  const isTaken = (candidate: string) => list.some((run) => run.name === candidate);
  let candidate = name;
  for (let number = 2; isTaken(candidate); number++) candidate = `${name} (${number})`;
  return candidate;
}

/** Whether a running run was told to pause, and not to continue since. */
export function isPaused({ facts, steers }: Run): boolean {
  const last = steers.findLast(({ action }) => action === 'pause' || action === 'continue');
  return facts.state === 'running' && last?.action === 'pause';
}

/** Whether a run takes steps now. */
export const isTraining = (run: Run): boolean => run.facts.state === 'running' && !isPaused(run);

/** Whether losses are shown as their roots: mse of values has no unit that a reader knows. */
export const isRooted = ({ facts, epochs }: Run): boolean =>
  facts.options.loss === 'mse' &&
  epochs.some(({ validationRmse }) => typeof validationRmse === 'number') &&
  epochs.every(({ validationAccuracy }) => typeof validationAccuracy !== 'number');

/** The step that a run has reached. */
export const stepOf = ({ steps, epochs, steers }: Run): number =>
  Math.max(...[steps, epochs, steers].map((rows) => rows.at(-1)?.step ?? 0));

/** Time that the steps of a run took so far, and that the others will take at the same speed; null if not known. */
export function timesOf(run: Run): { readonly elapsedMs: number | null; readonly leftMs: number | null } {
  const { facts, epochs, speed } = run;
  const { result, totalSteps } = facts;
  if (!isTraining(run)) return { elapsedMs: result?.elapsedMs ?? newest(run, 'elapsedMs'), leftMs: null };
  const { step = 0, elapsedMs = null } = speed ?? epochs.at(-1) ?? {};
  const isKnown = totalSteps !== null && elapsedMs !== null && step > 0;
  return { elapsedMs, leftMs: isKnown ? (elapsedMs * Math.max(0, totalSteps - step)) / step : null };
}

/** The newest value of a figure of epochs. */
export const newest = (
  { epochs }: Run,
  figure: Exclude<keyof EpochFigures, 'step' | 'validationTargets' | 'testTargets'>,
): number | null => epochs.findLast((epoch) => typeof epoch[figure] === 'number')?.[figure] ?? null;

/** Options that differ between runs, with the value of each run, '' for none. */
export function differences(runs: readonly Run[]): { readonly name: string; readonly values: readonly string[] }[] {
  const names = [...new Set(runs.flatMap(({ facts }) => Object.keys(facts.options)))];
  const rows = names.map((name) => ({ name: `--${name}`, values: runs.map(({ facts }) => facts.options[name] ?? '') }));
  rows.push({ name: 'parameters', values: runs.map(({ facts }) => facts.parameters.toLocaleString('en')) });
  return rows.filter(({ values }) => new Set(values).size > 1);
}
