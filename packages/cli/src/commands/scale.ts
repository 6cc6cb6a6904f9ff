import type { Command } from './command.ts';

export const scale: Command = {
  describe: 'Measure how training gets faster with more threads, and what bounds it',
  usage: '[options]',
  examples: [
    ['scale', 'the digits of MNIST, on 1 thread up to twice the cores'],
    ['scale --hidden 512,256 --batch 256', 'a larger network'],
    ['scale --batch 256 --shards 16 --max-threads 16', 'as many shards as threads'],
    ['scale --json', 'the same for a script'],
  ],
  epilogue:
    'Run it alone on the machine. Ctrl-C ends it with the figures of the finished rounds. Exit code 1 where the weights differ by threads, which must not be.',
  options: async () => (await import('../scale/options.ts')).scaleOptions,
  run: async (request, io) => (await import('../scale/run-scale.ts')).runScale(request, io),
};
