import type { Command } from './command.ts';

export const train: Command = {
  describe: 'Train a network',
  usage: '--dataset <name or path> [options]',
  examples: [
    ['train --dataset mnist', 'handwritten digits, on all cores'],
    ['train --dataset mnist --hidden 256,128 --dropout 0.2 --epochs 20', 'a larger network'],
    ['train --dataset xor --optimizer adam --lr 0.05 --epochs 500', 'another optimizer'],
    ['train --dataset spirals:rows=900,classes=3', 'options of a dataset'],
    ['train --dataset mnist --schedule step:every-epochs=4,gamma=0.5', 'options of a schedule'],
    ['train --dataset ./digits --batch full --steps 200 --json', 'your own files, for a script'],
    ['train --config runs/mnist-1/config.json --seed 7', 'an earlier run again, with another seed'],
    ['train --resume runs/mnist-1', 'continue a run that was stopped or killed'],
  ],
  epilogue:
    'Options of a name follow a colon: name:option=value,option=value. The number of threads never changes the result; --batch does. ' +
    'Ctrl-C stops after the current step and writes the model and a checkpoint for --resume.',
  options: async () => (await import('./train/options.ts')).trainOptions,
  run: async (request, io) => (await import('./train/run-train.ts')).runTrain(request, io),
};
