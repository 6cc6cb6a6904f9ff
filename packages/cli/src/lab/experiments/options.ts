import type { OptionTable } from '../../options/option.ts';
import { runOptions } from '../../options/run-options.ts';
import { text, toggle } from '../../options/words.ts';

/** Every experiment takes these. The backend is wasm unless told otherwise, so that everyone sees the same digits. */
export const commonOptions = {
  ...runOptions,
  backend: {
    ...runOptions.backend,
    describe: `${runOptions.backend.choices?.join(', ')} (default: wasm, so that everyone sees the same digits)`,
  },
  out: {
    group: 'Output',
    ...text('a directory'),
    describe: 'directory to write the full numbers (<experiment>.json) and the page (report.html) to',
  },
  json: { group: 'Output', ...toggle, describe: 'print one JSON document' },
  verbose: { group: 'Output', ...toggle, describe: 'print the stack trace of an error' },
} satisfies OptionTable;
