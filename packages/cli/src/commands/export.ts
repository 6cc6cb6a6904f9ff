import type { Command } from './command.ts';

export const exportCommand: Command = {
  describe: 'Write a trained model for other programs: ONNX, safetensors, NumPy, JSON or a folder of Hugging Face',
  usage: '<model or run> <file> [options]',
  examples: [
    ['export runs/mnist-1 digits.onnx', 'the whole model, for onnxruntime'],
    ['export runs/mnist-1 digits.safetensors', 'the weights under the names of PyTorch'],
    ['export runs/mnist-1 digits.npz', 'the same as arrays of NumPy'],
    ['export runs/tuned-1 tuned/', 'a folder of Hugging Face, if it was imported from one'],
    ['export model.gradloom weights --format json', 'a file with another ending'],
  ],
  epilogue: 'A run is a directory that train wrote. A model is a file such as model.gradloom in it.',
  options: async () => (await import('./export/options.ts')).exportOptions,
  run: async (request, io) => (await import('./export/run-export.ts')).runExport(request, io),
};
