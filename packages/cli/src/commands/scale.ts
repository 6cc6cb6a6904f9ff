import type { Command } from './command.ts';

export const scale: Command = {
  describe: 'Measure how much faster training gets with more threads, and what limits it',
  usage: '[options]',
  examples: [
    ['scale', 'MNIST on 1 thread up to twice the number of cores'],
    ['scale --hidden 512,256 --batch 256', 'a larger network'],
    ['scale --batch 256 --max-threads 16', 'a batch with work for 16 threads'],
    ['scale --model-cores 16,32,64', 'predicted times on machines with so many cores'],
    ['scale --ranks 1,2,4', 'MPI ranks too, and the network between them'],
    ['scale --json', 'the same for a script'],
  ],
  epilogue:
    'Run it alone on the machine. Ctrl-C ends it and prints the results of the finished rounds. The exit code is 1 if the number of threads changed the weights, which must not happen.',
  options: async () => (await import('./scale/options.ts')).scaleOptions,
  run: async (request, io) => (await import('./scale/run-scale.ts')).runScale(request, io),
};
