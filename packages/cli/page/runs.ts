import type {
  EpochFigures,
  LinesMessage,
  ProblemMessage,
  RunMessage,
  StepFigures,
} from '../src/commands/live/messages.ts';

/** A run, as far as the stream has told of it. */
export interface Run {
  readonly place: number; // among the runs of the server
  readonly name: string; // differs from those of all other runs
  readonly facts: RunMessage;
  readonly steps: readonly StepFigures[];
  readonly epochs: readonly EpochFigures[];
}

export interface Runs {
  readonly list: readonly Run[]; // the newest first
  readonly problems: readonly string[];
}

export const noRuns: Runs = { list: [], problems: [] };

/** The runs after an event. */
export function afterEvent({ list, problems }: Runs, name: string, message: unknown): Runs {
  if (name === 'problem') {
    const { sentence } = message as ProblemMessage;
    return { list, problems: [...new Set([...problems, sentence])] };
  }
  if (name === 'run') {
    const facts = message as RunMessage;
    const known = list.find(({ place }) => place === facts.run);
    if (known !== undefined) return { list: list.map((run) => (run === known ? { ...run, facts } : run)), problems };
    const own = { place: facts.run, name: freeName(facts.name, list), facts, steps: [], epochs: [] };
    const newestFirst = (a: Run, b: Run): number => b.facts.started.localeCompare(a.facts.started);
    return { list: [...list, own].sort(newestFirst), problems };
  }
  const { run: place, restarts, steps, epochs } = message as LinesMessage;
  const further = (run: Run): Run => ({
    ...run,
    steps: restarts ? steps : [...run.steps, ...steps],
    epochs: restarts ? epochs : [...run.epochs, ...epochs],
  });
  return { list: list.map((run) => (run.place === place ? further(run) : run)), problems };
}

/** 'mnist-1', or 'mnist-1 (2)' for a second folder of that name. */
function freeName(name: string, list: readonly Run[]): string {
  const isTaken = (free: string) => list.some((run) => run.name === free);
  let free = name;
  for (let number = 2; isTaken(free); number++) free = `${name} (${number})`;
  return free;
}

/** The step that a run has reached. */
export const stepOf = ({ steps, epochs }: Run): number => Math.max(steps.at(-1)?.step ?? 0, epochs.at(-1)?.step ?? 0);

/** The newest value of a figure of epochs. */
export const newest = ({ epochs }: Run, figure: Exclude<keyof EpochFigures, 'step'>): number | null =>
  epochs.findLast((epoch) => typeof epoch[figure] === 'number')?.[figure] ?? null;

/** Options that differ between runs, with the value of each run, '' for none. */
export function differences(runs: readonly Run[]): { readonly name: string; readonly values: readonly string[] }[] {
  const names = [...new Set(runs.flatMap(({ facts }) => Object.keys(facts.options)))];
  const rows = names.map((name) => ({ name: `--${name}`, values: runs.map(({ facts }) => facts.options[name] ?? '') }));
  rows.push({ name: 'parameters', values: runs.map(({ facts }) => facts.parameters.toLocaleString('en')) });
  return rows.filter(({ values }) => new Set(values).size > 1);
}
