import { withoutPlace } from '../failure.ts';

/** What came of the check of one file. */
export interface FileCheck {
  readonly name: string;
  readonly about: string; // what is in it, in a few words
  readonly notes: readonly string[]; // what is worth knowing and no fault, such as half a line that a crash left
  readonly faults: readonly string[];
}

/** A check that goes on. */
export interface OpenCheck extends FileCheck {
  about: string;
  readonly notes: string[];
  readonly faults: string[];
}

export const openCheck = (name: string): OpenCheck => ({ name, about: '', notes: [], faults: [] });

/**
 * What `read` gives; null, and a fault, where it throws. The name of the file stands before its faults: `path` is left
 * out.
 */
export function reading<T>(check: OpenCheck, path: string, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    const message = withoutPlace(error);
    check.faults.push(message.startsWith(`${path} `) ? message.slice(path.length + 1) : message);
    return null;
  }
}
