import { CHAPTER } from '../lab/experiments/finding.ts';
import { experiments } from '../lab/experiments/index.ts';
import type { Command } from './command.ts';

const run: Command['run'] = async (request, io) =>
  (await import('./experiment/run-experiment.ts')).runExperiment(request, io);

const epilogue = 'gradloom experiment <name> --help lists the options of an experiment.';

export const experiment: Command = {
  describe: `Recompute the numbers of the chapter ${CHAPTER}, and show why gradients vanish`,
  usage: '[name] [options]',
  examples: [
    ['experiment', 'the list'],
    ['experiment backprop', 'one of them'],
    ['experiment all', 'all experiments, and how many numbers agree'],
    ['experiment xor --json', 'the full numbers, for a script'],
  ],
  epilogue,
  options: async () => (await import('../lab/experiments/experiment.ts')).commonOptions,
  members: {
    ...Object.fromEntries(Object.entries(experiments).map(([name, load]) => [name, () => memberOf(name, load)])),
    all: async () => allExperiments,
  },
  run,
};

const allExperiments: Command = {
  describe: 'Run all experiments, and count how many of their numbers agree',
  usage: 'all [options]',
  examples: [
    ['experiment all', 'takes about two minutes'],
    ['experiment all --only neuron,backprop', 'some of them'],
    ['experiment all --json --out numbers', 'the full numbers, printed and as files'],
  ],
  epilogue: 'Some run for fewer steps than on their own. The exit code is 1 if a number does not agree.',
  options: async () => (await import('../lab/experiments/all-options.ts')).allOptions,
  run,
};

async function memberOf(name: string, load: (typeof experiments)[keyof typeof experiments]): Promise<Command> {
  const { describe, examples, options } = await load();
  const commandExamples = examples.map(([line, meaning]) => [`experiment ${line}`, meaning] as const);
  return {
    describe,
    usage: `${name} [options]`,
    examples: [
      [`experiment ${name}`, 'its numbers beside the published ones'],
      ...commandExamples,
      [`experiment ${name} --json`, 'the full numbers, for a script'],
    ],
    epilogue: 'The number of threads never changes the result. The exit code is 1 if a number does not agree.',
    options: async () => options,
    run,
  };
}
