import type { Command } from './command.ts';

export const report: Command = {
  describe: 'Write an HTML page about a run, or one that compares several',
  usage: '<run> [<run> ...] [options]',
  examples: [
    ['report runs/mnist-1', "report.html from the run's files, and its pictures as SVG"],
    ['report runs/mnist-1 runs/mnist-2 --out both', 'losses, metrics and different options, side by side'],
    ['report numbers', 'the experiments that experiment --out numbers wrote'],
  ],
  epilogue:
    'A run is a directory that train, search, lr-find, explain, experiment or scale wrote. The page needs no network and no server.',
  options: async () => (await import('../report/options.ts')).reportOptions,
  run: async (request, io) => (await import('../report/run-report.ts')).runReport(request, io),
};
