import { BEST_FILE, LAST_FILE } from '@gradloom/runtime';

/** The options of a run, and what it ran on. */
export const CONFIG_FILE = 'config.json';

export const METRICS_FILE = 'metrics.jsonl';

/** What losses, gradient norms and rates were step by step: of a long run by stretches of steps. */
export const STEPS_FILE = 'steps.jsonl';

/** How a network divided the plane of its inputs on the way: only of runs whose rows are points. */
export const DIVISIONS_FILE = 'divisions.jsonl';

/** Behind a run's own files, so that a report is made of files alone. */
export const FINDINGS_FILE = 'findings.json';

/** A run's model. */
export const MODEL_FILE = 'model.gradloom';

/** Beside each experiment's own document, which says nothing of the machine: how all of them came about. */
export const EXPERIMENTS_FILE = 'experiments.json';

export const SCALE_FILE = 'scale.json';

/** The files that a run of train writes to, or in the place of. */
export const RUN_FILES: readonly string[] = [
  ...[CONFIG_FILE, METRICS_FILE, STEPS_FILE, DIVISIONS_FILE, FINDINGS_FILE],
  ...[MODEL_FILE, LAST_FILE, BEST_FILE],
];
