import type { Experiment } from './experiment.ts';

/** Every experiment: one file and one word here. Each loads when it is asked for. */
export const experiments = {
  neuron: async () => (await import('./neuron.ts')).neuron,
} satisfies Record<string, () => Promise<Experiment>>;
