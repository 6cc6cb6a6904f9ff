import type { Command } from './command.ts';

export const serve: Command = {
  describe: 'Answer requests over HTTP with a trained model',
  usage: '<model or run> [options]',
  examples: [
    ['serve runs/iris-1', 'on http://127.0.0.1:8080'],
    ['serve model.gradloom --port 0', 'on a free port, which is printed'],
    ['serve runs/iris-1 --host 0.0.0.0 --allow-host gpu.example.com', 'for other machines, by address or this name'],
    ['serve runs/iris-1 --reload', 'with the newest model: what train or a copy writes there is loaded anew'],
    ['serve runs/iris-1 --cors https://example.com', 'for pages of a site'],
  ],
  epilogue:
    'POST /predict takes a row or a list of rows as JSON: objects by column name, or lists of cells; of a model of images also a PNG or JPEG file. /schema describes them. ' +
    'POST /generate writes text with a model of text: {"prompt": "First", "tokens": 300}. ' +
    'Ctrl-C answers the requests that have arrived, then ends.',
  options: async () => (await import('./serve/options.ts')).serveOptions,
  run: async (request, io) => (await import('./serve/run-serve.ts')).runServe(request, io),
};
