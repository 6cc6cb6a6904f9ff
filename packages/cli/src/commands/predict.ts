import type { Command } from './command.ts';

export const predict: Command = {
  describe: 'Predict rows with a trained model',
  usage: '<model or run> [file] [options]',
  examples: [
    ['predict runs/mnist-1 --dataset mnist --rows 0..9', 'the first ten rows of the test set'],
    ["predict runs/xor-1 --json <<< '[0, 1]'", 'one row from standard input'],
    ['predict runs/iris-1 rows.csv', 'a table, with the columns that the model was trained with'],
    ['predict runs/pets-1 cat.jpg more-pets/', 'images, and folders of them, of any size'],
    ["predict runs/input.txt-1 <<< 'To be or not to'", 'the token that follows each line'],
    ['predict model.gradloom rows.jsonl', 'a file with one JSON array per line'],
  ],
  epilogue:
    'A model of a table takes its columns: a CSV file, or JSON objects by column name, one a line. A model of images takes PNG and JPEG files, a model of text takes lines of text. Another model, and one of images too, takes JSON arrays with one number per input, scaled as in training (MNIST: bytes divided by 255).',
  options: async () => (await import('./predict/options.ts')).predictOptions,
  run: async (request, io) => (await import('./predict/run-predict.ts')).runPredict(request, io),
};
