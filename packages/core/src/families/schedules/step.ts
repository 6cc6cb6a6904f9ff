import { OptionError } from '../../checks/option-error.ts';
import { defineOptions, type OptionsOf, positive, positiveInteger } from '../../checks/options/index.ts';
import { show } from '../../checks/show.ts';
import { pow } from '../../math/pow.ts';
import type { ScheduleIn } from './schedule.ts';

const stepOptions = defineOptions('schedule step', {
  /** Epochs between drops. @default 10 */
  everyEpochs: positiveInteger(10),
  /** Steps between drops, instead of epochs. */
  everySteps: positiveInteger(),
  /** γ > 0: the factor of each drop. @default 0.1 */
  gamma: positive(0.1),
});

/** Options of the step schedule. */
export interface StepDecayOptions extends OptionsOf<typeof stepOptions.table> {}

/** γ^⌊epoch / everyEpochs⌋, or γ^⌊step / everySteps⌋: PyTorch's StepLR, stepped at each epoch or at each batch. */
export function step(options: StepDecayOptions = {}): ScheduleIn {
  const { everyEpochs, everySteps, gamma } = stepOptions.read(options);
  if (options.everyEpochs !== undefined && everySteps !== undefined) {
    const problem = `has ${show(everySteps)} although epochs are given, expected only one of the two`;
    throw new OptionError('schedule step', 'everySteps', problem);
  }
  return ({ stepsPerEpoch }) => ({
    initialState: [],
    needsTotalSteps: false,
    factor: (currentStep) => pow(gamma, Math.floor(currentStep / (everySteps ?? everyEpochs * stepsPerEpoch))),
  });
}
