import { basename, resolve } from 'node:path';
import type { LayerFigures } from '@gradloom/core';
import type { Spread } from '@gradloom/runtime';
import { DIVISIONS_FILE, STEPS_FILE } from '../../train/run-directory.ts';
import type { Division, Findings } from '../findings/findings.ts';
import { numberOf, objectOf, readJson, readLines, textOf } from '../run-files.ts';

/** Behind a run's own files, so that a report is made of files alone. */
export const FINDINGS_FILE = 'findings.json';

export interface EpochFigures {
  readonly epoch: number;
  readonly step: number;
  readonly trainLoss: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
  readonly validationLoss: number; // NaN where there is none, as all of them
  readonly validationAccuracy: number;
}

/** Of the steps after the first `first` ones up to the first `step`. */
export interface StepFigures {
  readonly first: number;
  readonly step: number;
  readonly loss: Spread;
  readonly gradientNorm: Spread;
  readonly learningRate: Spread;
}

export interface LookFigures {
  readonly step: number;
  readonly layers: readonly LayerFigures[];
}

/** What the files of a run hold. */
export interface TrainRun {
  readonly folder: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly epochs: readonly EpochFigures[];
  readonly steps: readonly StepFigures[];
  readonly looks: readonly LookFigures[];
  readonly divisions: readonly Division[];
  readonly findings: Findings | null; // null where the run has not come to its end
}

/** Null where the folder holds no run. @throws Error where a file of it cannot be read. */
export function readTrainRun(folder: string): TrainRun | null {
  const config = readJson(folder, 'config.json');
  if (config === null) return null;
  const lines = readLines(folder, 'metrics.jsonl');
  const of = (event: string) => lines.filter((line) => line.event === event);
  return {
    folder,
    name: basename(resolve(folder)),
    config,
    options: objectOf(config.options),
    epochs: of('epoch').map((line) => ({
      epoch: numberOf(line.epoch),
      step: numberOf(line.step),
      trainLoss: numberOf(line.trainLoss),
      gradientNorm: numberOf(line.gradientNorm),
      learningRate: numberOf(line.learningRate),
      validationLoss: numberOf(line.validationLoss),
      validationAccuracy: numberOf(line.validationAccuracy),
    })),
    // Lines that this program wrote, whose shape the types state.
    steps: readLines(folder, STEPS_FILE) as unknown as StepFigures[],
    looks: of('probe') as unknown as LookFigures[],
    divisions: readLines(folder, DIVISIONS_FILE) as unknown as Division[],
    findings: ofThisEnd(readJson(folder, FINDINGS_FILE) as unknown as Findings | null, lines),
  };
}

/** A run that went on has findings of an earlier end until it comes to a new one. */
function ofThisEnd(findings: Findings | null, lines: readonly Readonly<Record<string, unknown>>[]): Findings | null {
  const steps = numberOf(findings?.result.steps);
  return lines.some(({ event, step }) => event === 'epoch' && numberOf(step) > steps) ? null : findings;
}

/** 'mnist', or the last word of a path. */
export function datasetOf({ options }: TrainRun): string {
  const source = textOf(options.dataset);
  return /[\\/]/.test(source) ? basename(source) : source.split(':')[0] || 'a dataset';
}
