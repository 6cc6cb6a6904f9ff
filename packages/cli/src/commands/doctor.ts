import type { Command } from './command.ts';

export const doctor: Command = {
  describe: 'Show what this machine can do, and what would make it faster',
  usage: '[options]',
  examples: [
    ['doctor', 'Node, cores, backends and their speed'],
    ['doctor --json', 'the same for a script'],
    ['doctor --blas /opt/lib/libopenblas.so', 'try another BLAS library'],
  ],
  epilogue: 'The exit code is 1 if training cannot run here.',
  options: async () => (await import('./doctor/options.ts')).doctorOptions,
  run: async (request, io) => (await import('./doctor/run-doctor.ts')).runDoctor(request, io),
};
