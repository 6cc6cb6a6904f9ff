import { basename, join, resolve } from 'node:path';
import { CONFIG_FILE, DIVISIONS_FILE, FINDINGS_FILE, METRICS_FILE, STEPS_FILE } from '../../files/run-files/names.ts';
import { isRecord } from '../../options/read-object.ts';
import type { Read } from '../../options/schema/schema.ts';
import { type DecisionRegions, decisionRegions, type Findings, findings } from '../findings/findings.ts';
import { readDocument, readLines } from '../run-files.ts';
import { runConfig } from './run-config.ts';
import {
  type EpochFigures,
  linesOf,
  type MetricsLine,
  metricsLine,
  type ProbeFigures,
  type StepFigures,
  stepsLine,
} from './run-lines.ts';

/** Contents of a run's files. */
export interface TrainRun {
  readonly folder: string;
  readonly name: string;
  readonly config: Read<typeof runConfig>;
  readonly lines: readonly MetricsLine[];
  readonly epochs: readonly EpochFigures[]; // in the lines
  readonly steps: readonly StepFigures[];
  readonly divisions: readonly DecisionRegions[];
  readonly findings: Findings | null; // null if the run has not ended
  /** 'RMSE': losses of epochs, steps and findings are roots of mse, in the unit of the target; 'loss': as minimized. */
  readonly lossName: 'RMSE' | 'loss';
}

/** Null if the folder has no run. @throws Error if one of its files is damaged. */
export function readTrainRun(folder: string): TrainRun | null {
  const config = readDocument(folder, CONFIG_FILE, runConfig);
  if (config === null) return null;
  const lines = readLines(folder, METRICS_FILE, metricsLine);
  const epochs = linesOf(lines, 'epoch');
  refuseOtherLayers(folder, linesOf(lines, 'probe'));
  return inUnitOfTarget({
    folder,
    name: basename(resolve(folder)),
    config,
    lines,
    epochs,
    steps: readLines(folder, STEPS_FILE, stepsLine),
    divisions: readLines(folder, DIVISIONS_FILE, decisionRegions),
    findings: currentFindings(readDocument(folder, FINDINGS_FILE, findings), epochs),
    lossName: 'loss',
  });
}

/** The run with the roots of its losses, if it minimized the mse of values. */
function inUnitOfTarget(run: TrainRun): TrainRun {
  const { loss } = run.config.options;
  const accuracies = [
    ...run.epochs.map(({ validationAccuracy }) => validationAccuracy),
    run.findings?.result.testAccuracy,
  ];
  const errors = [...run.epochs.map(({ validationRmse }) => validationRmse), run.findings?.result.testRmse];
  const isKnown = (value = Number.NaN): boolean => !Number.isNaN(value);
  const isMse = loss === 'mse' || (isRecord(loss) && loss.kind === 'mse');
  if (!isMse || accuracies.some(isKnown) || !errors.some(isKnown)) return run;
  const rooted = <T extends object, K extends keyof T>(line: T, names: readonly K[]): T => ({
    ...line,
    ...Object.fromEntries(names.flatMap((name) => (name in line ? [[name, Math.sqrt(line[name] as number)]] : []))),
  });
  return {
    ...run,
    lossName: 'RMSE',
    epochs: run.epochs.map((line) => rooted(line, ['trainLoss', 'validationLoss', 'testLoss'])),
    steps: run.steps.map((line) => ({ ...line, loss: rooted(line.loss, ['low', 'mean', 'high']) })),
    findings: run.findings && { ...run.findings, result: rooted(run.findings.result, ['trainLoss', 'testLoss']) },
  };
}

/** A continued run has findings of its earlier end until it ends again. */
const currentFindings = (findings: Findings | null, epochs: readonly EpochFigures[]): Findings | null =>
  findings !== null && epochs.some(({ step }) => step > findings.result.steps) ? null : findings;

/** All probes of a run must show the same network. */
function refuseOtherLayers(folder: string, probes: readonly ProbeFigures[]): void {
  const [first] = probes;
  for (const { step, layers } of probes) {
    if (layers.length === first.layers.length) continue;
    throw new Error(
      `report: ${join(folder, METRICS_FILE)} has a look of step ${step} at ${layers.length} layers, expected ${first.layers.length}, as at step ${first.step}`,
    );
  }
}

/** 'mnist', or the last word of a path. */
export function datasetName({ config: { options } }: TrainRun): string {
  const source = typeof options.dataset === 'string' ? options.dataset : '';
  return /[\\/]/.test(source) ? basename(source) : source.split(':')[0] || 'a dataset';
}
