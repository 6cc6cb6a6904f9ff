import type { Command } from './command.ts';

export const doctor: Command = {
  describe: 'Show what this machine offers, and what would make it faster',
  usage: '[options]',
  examples: [
    ['doctor', 'Node, cores, backends and their speed'],
    ['doctor --json', 'the same for a script'],
    ['doctor --blas /opt/lib/libopenblas.so', 'try another library'],
  ],
  epilogue: 'Exit code 1 where training cannot run here.',
  options: async () => (await import('../doctor/options.ts')).doctorOptions,
  run: async (request, io) => (await import('../doctor/run-doctor.ts')).runDoctor(request, io),
};
