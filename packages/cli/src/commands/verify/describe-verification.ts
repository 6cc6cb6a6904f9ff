import type { Paint } from '../../terminal/paint.ts';
import { printable } from '../../terminal/printable.ts';
import { plural } from '../../terminal/text/format.ts';
import type { FileCheck } from './file-check.ts';
import type { Verification } from './verify-folder.ts';

/** One line per file, or per fault and note, and a summary. */
export function describeVerification({ path, files, notes }: Verification, paint: Paint): string[] {
  const width = Math.max(...files.map(({ name }) => printable(name).length));
  const lines = files.flatMap((file) => {
    const name = printable(file.name).padEnd(width);
    return statesOf(file).map(([state, text], at) => {
      const mark = paint(state === 'ok' ? 'green' : state === 'note' ? 'dim' : 'red', state.padEnd(5));
      return `${at === 0 ? name : ' '.repeat(width)}  ${mark}  ${text}`.trimEnd();
    });
  });
  const faulty = files.filter(({ faults }) => faults.length > 0).length;
  const end =
    faulty === 0
      ? `${path}: ${files.length === 1 ? 'its only file is undamaged' : `all ${files.length} files are undamaged and belong together`}`
      : `${path}: ${faulty} of ${plural(files.length, 'file')} ${faulty === 1 ? 'is' : 'are'} at fault`;
  return [...lines, '', ...notes, end];
}

function statesOf({ about, faults, notes }: FileCheck): [string, string][] {
  const noted = notes.map((text): [string, string] => ['note', text]);
  if (faults.length === 0) return [['ok', about], ...noted];
  return [...faults.map((text): [string, string] => ['fault', text]), ...noted];
}
