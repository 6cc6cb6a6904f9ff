import { option, show, type ThresholdCriterion, thresholdCriteria } from '@gradloom/core/internal';

/** A threshold, or what it is chosen by. */
export type ThresholdChoice = number | ThresholdCriterion;

const DEFAULT_CRITERION: ThresholdCriterion = 'f1';

/** A number, or a criterion; 'auto' is the first. */
export const thresholdChoice = option.kind(
  (_where, name, raw): ThresholdChoice => {
    if (raw === 'auto') return DEFAULT_CRITERION;
    const criterion = Object.keys(thresholdCriteria).find((key) => key === raw);
    if (criterion !== undefined) return criterion as ThresholdCriterion;
    if (option.finite.isValid(raw)) return raw;
    throw new Error(`${name} has ${show(raw)}, expected a number such as 0.3, or auto, f1 or youden`);
  },
  { fromText: option.numeric, choices: ['auto', ...Object.keys(thresholdCriteria)] },
);
