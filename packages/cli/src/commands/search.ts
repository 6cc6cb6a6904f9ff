import type { Command } from './command.ts';

export const search: Command = {
  describe: 'Search for good options: grid, random search or successive halving',
  usage: '<config> [options]',
  examples: [
    ['search search.yaml', 'the search that the file describes, into runs/search-1'],
    ['search search.yaml --out runs/rates --at-once 4', 'four runs at a time'],
    ['search --resume runs/search-1', 'continue a search that was stopped or killed'],
  ],
  epilogue:
    'The file has options (those of train that are fixed, such as network: lenet5), search (lists of values, such as network: [lenet5, convnet], or ranges such as { from: 1e-4, to: 0.1, scale: log }), ' +
    'method (grid, random or halving), runs, seed, folds and metric: see docs/search.md. ' +
    'The result depends only on the file: not on threads, the number of runs at once, or interruptions.',
  options: async () => (await import('./search/options.ts')).searchOptions,
  run: async (request, io) => (await import('./search/run-search.ts')).runSearch(request, io),
};
