import { show, type ThresholdCriterion, thresholdCriteria } from '@gradloom/core/internal';
import { numeric } from './numbers.ts';
import type { Kind } from './option.ts';

/** A threshold, or what it is chosen by. */
export type ThresholdChoice = number | ThresholdCriterion;

const STANDARD: ThresholdCriterion = 'f1';

/** A number, or a criterion; 'auto' is the first. */
export const thresholdChoice: Kind<ThresholdChoice> = {
  parse(name, raw) {
    if (raw === 'auto') return STANDARD;
    const criterion = Object.keys(thresholdCriteria).find((key) => key === raw);
    if (criterion !== undefined) return criterion as ThresholdCriterion;
    const value = numeric(raw);
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw new Error(`${name} has ${show(raw)}, expected a number such as 0.3, or auto, f1 or youden`);
  },
  choices: ['auto', ...Object.keys(thresholdCriteria)],
};
