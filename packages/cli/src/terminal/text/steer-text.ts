const actionTexts: Readonly<Record<string, string>> = {
  pause: 'the run pauses',
  continue: 'the run goes on',
  checkpoint: 'a checkpoint is written',
  stop: 'the run stops',
};

/** Describes the effect of a steering action: 'the learning rate is 0.01, which the schedule scales'. */
export const steerText = ({ action, rate }: { readonly action: string; readonly rate?: number | undefined }): string =>
  rate === undefined ? (actionTexts[action] ?? action) : `the learning rate is ${rate}, which the schedule scales`;
