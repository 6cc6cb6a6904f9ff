import type { Command } from './command.ts';

export const importCommand: Command = {
  describe: 'Make a model from an ONNX file, a folder of Hugging Face, or weights that PyTorch or NumPy wrote',
  usage: '<file or folder> --out <model> [options]',
  examples: [
    ['import model.onnx --out model.gradloom', 'a network of another program, with its weights'],
    ['import net.safetensors --spec net.json --out net.gradloom', 'layers from a file, weights from PyTorch'],
    ['import net.npz --spec net.json --labels cat,dog --out net.gradloom', 'names of its classes'],
    ['import net.npz --spec net.json --rename fc=0 --out net.gradloom', 'a layer under another name'],
    [
      'import net.npz --spec net.json --divisor 255 --out net.gradloom',
      'a network for images: predict then takes pictures',
    ],
    ['import gpt2 --out gpt2.gradloom', 'a folder with config.json, model.safetensors and tokenizer.json'],
    ['import digits.safetensors --out digits.gradloom', 'a file that export wrote, which contains the network'],
  ],
  epilogue:
    'Of an .onnx file the operators become layers, which train; images have channels last then. Else tensors have the names of nn.Sequential: 0.weight [out, in], 0.bias; of a convolution, 0.weight [out, in, height, width]. The input of a network for images is [height, width, channels], though PyTorch has channels first. --divisor, --mean and --deviation say how pictures become inputs, as ToTensor (255) and Normalize do in torchvision. A folder of Hugging Face has a network of one of the families bert, gpt2, llama, mistral and qwen2. Nothing in the file is executed; pickled files (.pt) are not read.',
  options: async () => (await import('./import/options.ts')).importOptions,
  run: async (request, io) => (await import('./import/run-import.ts')).runImport(request, io),
};
