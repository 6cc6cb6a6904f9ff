import type { Experiment } from './experiment.ts';

/** Every experiment, loaded when needed. To add one, write a file and list it here. */
export const experiments = {
  neuron: async () => (await import('./neuron.ts')).neuron,
  layer: async () => (await import('./layer.ts')).layer,
  loss: async () => (await import('./loss.ts')).loss,
  backprop: async () => (await import('./backprop.ts')).backprop,
  cost: async () => (await import('./cost/cost.ts')).cost,
  descent: async () => (await import('./descent/descent.ts')).descent,
  optimizers: async () => (await import('./optimizers.ts')).optimizers,
  perceptron: async () => (await import('./perceptron.ts')).perceptron,
  xor: async () => (await import('./xor.ts')).xor,
  vanishing: async () => (await import('./vanishing/vanishing.ts')).vanishing,
  remedies: async () => (await import('./remedies/remedies.ts')).remedies,
  'next-token': async () => (await import('./next-token/next-token.ts')).nextToken,
  'next-letter': async () => (await import('./next-letter.ts')).nextLetter,
} satisfies Record<string, () => Promise<Experiment>>;
