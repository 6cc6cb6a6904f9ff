import { defineOptions, type Named, type OptionsOf } from '../../checks/options/index.ts';
import { createDecision, type Decision, decisionTable } from './decision.ts';

const probabilityTable = {
  /** 'classes': one index per row, one output per class. 'values': one-hot rows, or 0 and 1 with one output. */
  targets: decisionTable.targets,
};

/** Options of a metric of probabilities. Outputs are the probability of each class, or a single one of class 1. */
export interface ProbabilityOptions extends OptionsOf<typeof probabilityTable>, Named {}

/** Reads targets as classes. @throws OptionError if an option of `where` is wrong. */
export const targetsOf = (where: string, options: ProbabilityOptions): Decision =>
  createDecision(where, defineOptions(where, probabilityTable).read(options));
