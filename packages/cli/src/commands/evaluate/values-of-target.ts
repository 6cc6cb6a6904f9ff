import { createLoss } from '@gradloom/core';
import { listed, show, suggest } from '@gradloom/core/internal';
import type { Dataset, Model } from '@gradloom/runtime';
import { scoringOf } from '@gradloom/runtime/internal';
import { UsageError } from '../../terminal/failure.ts';
import { type EvaluateValues, isByTarget, type ThresholdChoice } from './options.ts';

/** One of several targets, with the rows that it is measured on. */
export interface MeasuredTarget {
  readonly name: string;
  readonly model: Model;
  readonly dataset: Dataset;
}

/** Options of `evaluate` for a single target. */
export type ValuesOfTarget = Omit<EvaluateValues, 'threshold'> & { readonly threshold?: ThresholdChoice | undefined };

/** The options for a model with one target. @throws UsageError for thresholds by target. */
export function valuesOfOne({ threshold, ...values }: EvaluateValues): ValuesOfTarget {
  if (!isByTarget(threshold)) return { ...values, threshold };
  throw new UsageError(`--threshold has ${show(threshold)}, expected one threshold, since the model has one target`);
}

/**
 * The options for each of several targets: a threshold without names is that of each target with two classes, and
 * `--top-k` that of each with so many classes. @throws UsageError for one that no target can have.
 */
export function valuesByTarget(
  { threshold, 'top-k': k, ...values }: EvaluateValues,
  targets: readonly MeasuredTarget[],
): (name: string) => ValuesOfTarget {
  const binary = targets.filter(({ model, dataset }) => scoringOf(model, dataset).task === 'binary');
  const names = binary.map(({ name }) => name);
  if (threshold !== undefined && names.length === 0) {
    throw new UsageError(`--threshold has ${show(threshold)}, expected none, since no target has two classes`);
  }
  const stray = isByTarget(threshold) ? Object.keys(threshold).find((name) => !names.includes(name)) : undefined;
  if (stray !== undefined) {
    const expected = `expected one of ${listed(names)} (the targets with two classes)${suggest(stray, names)}`;
    throw new UsageError(`--threshold has target ${show(stray)}, ${expected}`);
  }
  const classesOf = ({ model, dataset }: MeasuredTarget): number =>
    model.loss !== undefined && createLoss(model.loss, model.parts?.customParts).targets === 'classes'
      ? (dataset.classes ?? 0)
      : 0;
  const maxClasses = Math.max(...targets.map(classesOf));
  if (k !== undefined && k > maxClasses) {
    const expected =
      maxClasses === 0 ? 'none, since no target has classes' : `at most ${maxClasses}, the most classes of a target`;
    throw new UsageError(`--top-k has ${k}, expected ${expected}`);
  }
  return (name) => {
    const classes = targets
      .filter((target) => target.name === name)
      .reduce((sum, target) => sum + classesOf(target), 0);
    // Top-k over all classes is always right.
    const isShown = k !== undefined && (k < classes || classes === maxClasses);
    const targetThreshold = isByTarget(threshold) ? threshold[name] : threshold;
    return {
      ...values,
      threshold: names.includes(name) ? targetThreshold : undefined,
      ...(isShown ? { 'top-k': k } : {}),
    };
  };
}
